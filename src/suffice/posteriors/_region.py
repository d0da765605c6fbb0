"""The prior inside the region that holds the posterior of one observation.

Truncated sequential neural posterior estimation (Deistler, Goncalves & Macke 2022, arXiv:2210.04815): the region is
where the learned density is above its `mass` quantile among its own draws. Inside it simulations are drawn from the
prior as it is, so that what is learned from them needs no importance weights.
"""

from typing import NamedTuple

import jax
import numpy as np
from jaxtyping import Array, Bool, Float

from ..core import as_key, KeyLike, warn
from ..priors import AbstractPrior
from ._drawn import AbstractDrawn
from ._weighted import Weighted

_PIECE, _PIECES, _OVER = 20_000, 25, 16


class Region(NamedTuple):
    """The highest-density regions of one posterior or of several, all of which must hold a point.

    - `prior`: what is cut.
    - `parts`: posteriors, each with the log-density that its points must reach.
    """

    prior: AbstractPrior
    parts: tuple[tuple[AbstractDrawn, float], ...] = ()

    def contains(self, theta: Float[np.ndarray, "n p"]) -> Bool[np.ndarray, " n"]:
        """Whether each point lies inside."""
        inside = np.asarray(self.prior.contains(theta))
        for part, least in self.parts:
            inside = inside & (part.log_prob(theta) >= least)
        return inside

    def sample(self, n: int, *, key: KeyLike) -> Float[np.ndarray, "n p"]:
        """`n` draws of the prior inside: by rejection, and by resampling draws of the posterior once that takes long.

        Resampling: draws of the last posterior that lie inside, 16 times as many as are wanted, weighted by prior over
        density.
        """
        keys = jax.random.split(as_key(key), _PIECES + 1)
        found = np.empty((0, self.prior.dim))
        for piece, k in enumerate(keys[:-1]):
            drawn = np.asarray(self.prior.sample(_PIECE, key=k), np.float64)
            found = np.concatenate([found, drawn[self.contains(drawn)]])
            if len(found) >= n:
                return found[:n]
            if piece == 1 and len(found) * _PIECES < 2 * n:
                break  # the region is so small a part of the prior that rejection would not end in time
        return self._resampled(n, keys[-1])

    def narrowed(self, posterior: AbstractDrawn, mass: float) -> "Region":
        """This region where the density of a posterior is above what a share `mass` of its draws stay below."""
        density, weights = posterior.log_density[0], posterior.draws.weights[0]
        order = np.argsort(density)
        least = density[order][np.searchsorted(np.cumsum(weights[order]), mass)]
        return Region(self.prior, (*self.parts, (posterior, float(least))))

    def share_inside(self, other: "Region", *, n: int = 2000, key: KeyLike) -> float:
        """Which share of this region lies in another."""
        return float(other.contains(self.sample(n, key=key)).mean())

    def _resampled(self, n: int, key: Array) -> np.ndarray:
        for_draws, for_choice = jax.random.split(key)
        part = self.parts[-1][0]
        drawn = part.sample(_OVER * n, key=for_draws)
        inside = self.contains(drawn)
        if not inside.any():
            warn(
                "the regions of several rounds have nothing in common: one of the posteriors is wrong. What follows is "
                "drawn from the last alone; simulate more in each round, or train an ensemble"
            )
            inside = Region(self.prior, self.parts[-1:]).contains(drawn)
        drawn = drawn[inside]
        weights = np.asarray(self.prior.log_prob(drawn), np.float64) - part.log_prob(drawn)
        return Weighted(drawn, weights).resample(n, key=for_choice)
