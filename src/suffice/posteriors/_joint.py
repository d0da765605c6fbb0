"""The posterior of a group of three or more parameters: weighted draws, and NUTS."""

import dataclasses
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ..core import as_key, KeyLike
from ..priors import AbstractPrior
from ._adaptive import adaptive_draws
from ._asked import as_points, check_share
from ._evaluate import group_ratio
from ._nuts import nuts
from ._weighted import Weighted
from ._weighted_draws import WeightedDraws

_CHAINS = 4


@dataclasses.dataclass(frozen=True)
class Joint:
    """Posterior of several parameters for m observations, `ratio × prior`.

    - `prior`: the prior of these parameters alone.
    - `head`, `context`: the learned ratio, and the summaries `(m, k)` of the observations.
    - `draws`: weighted draws of each posterior, from which moments, quantiles and levels are taken, with `log_ratio`
      `(m, n)` at each of them.
    """

    names: tuple[str, ...]
    prior: AbstractPrior
    head: Any
    context: Array
    draws: WeightedDraws
    log_ratio: Float[np.ndarray, "m n"]
    single: bool

    def weighted(self, observation: int = 0) -> Weighted:
        """The weighted draws of one observation."""
        return self.draws.one(observation)

    @property
    def evidence(self) -> np.ndarray:
        """∫ ratio × prior, `(m,)`: one, where the ratios are learned without error."""
        return np.exp([self.weighted(i).log_mean_weight for i in range(len(self.log_ratio))])

    @property
    def mean(self) -> np.ndarray:
        """Posterior means, `(d,)` or `(m, d)`."""
        return self._out(self.draws.mean)

    @property
    def std(self) -> np.ndarray:
        """Posterior standard deviations, `(d,)` or `(m, d)`."""
        return self._out(self.draws.std)

    def quantile(self, q: float) -> np.ndarray:
        """The value below which a share `q` of each parameter's mass lies, `(d,)` or `(m, d)`."""
        check_share(q)
        return self._out(self.draws.quantile(q))

    def cdf(self, theta: Float[np.ndarray, "m d"]) -> np.ndarray:
        """Mass below each observation's own `theta`, for each parameter, `(m, d)`."""
        return self.draws.cdf(theta)

    def level(self, theta: Float[np.ndarray, "m d"]) -> np.ndarray:
        """Mass of the smallest credible region (highest density) that holds `theta`, `(m,)`."""
        theta = np.asarray(theta, np.float64)
        own = group_ratio(self.head, self.context)(theta[:, None])[:, 0] + self._log_prior(theta)
        flat = self._log_prior(self.draws.theta.reshape(-1, theta.shape[1]))
        density = self.log_ratio + flat.reshape(self.log_ratio.shape)
        return self.draws.mass(density > own[:, None])

    def log_prob(self, theta: Float[Array | np.ndarray, "n d"]) -> np.ndarray:
        """Log-density, `(n,)` or `(m, n)`, normalised by the evidence that the weighted draws give."""
        theta, m = as_points(theta, self.names), len(self.context)
        if not len(theta):
            return self._out(np.zeros((m, 0)))
        points = np.broadcast_to(theta, (m, *theta.shape))
        ratio = group_ratio(self.head, self.context)(points)
        return self._out(ratio + self._log_prior(theta) - np.log(self.evidence)[:, None])

    def sample(self, n: int, *, key: KeyLike) -> np.ndarray:
        """`n` draws, `(n, d)` or `(m, n, d)`, by NUTS on the unconstrained space."""
        keys = jax.random.split(as_key(key), len(self.context))
        return self._out(np.stack([self._sample_one(i, n, k) for i, k in enumerate(keys)]))

    def _sample_one(self, observation: int, n: int, key: Array) -> np.ndarray:
        for_starts, for_chains = jax.random.split(key)
        starts = self.weighted(observation).resample(_CHAINS, key=for_starts)
        unconstrained = self.prior.to_unconstrained(starts)
        target = _Target(self.prior, self.head, self.context[observation])
        return np.asarray(self.prior.from_unconstrained(jnp.asarray(nuts(target, unconstrained, n, key=for_chains))))

    def _log_prior(self, theta: np.ndarray) -> np.ndarray:
        return np.asarray(self.prior.log_prob(theta), np.float64)

    def _out(self, values: np.ndarray) -> np.ndarray:
        return values[0] if self.single else values


class _Target(eqx.Module):
    prior: AbstractPrior
    head: Any
    context: Array

    def __call__(self, u: Float[Array, " d"]) -> Float[Array, ""]:
        theta = self.prior.from_unconstrained(u[None])[0]
        return self.head.pair(self.head.about(self.context), theta) + self.prior.log_prob_unconstrained(u[None])[0]


def joint(
    names: tuple[str, ...], prior: AbstractPrior, head: Any, context: Array, *, single: bool, key: Array
) -> Joint:
    """Weighted draws for a group: 20,000 for one observation, 2,000 for each of several."""
    log_ratio = group_ratio(head, context)
    draws = adaptive_draws(prior, log_ratio, len(context), 20_000 if single else 2_000, key=key)
    found = Joint(names, prior, head, context, WeightedDraws(draws.theta, draws.log_weight), draws.log_ratio, single)
    if single:
        found.weighted().warn_if_few()
    return found
