"""Posteriors that are described by draws of them."""

import abc
from typing import Any

import equinox as eqx
import numpy as np
from jaxtyping import Array, Float

from ..core import as_key, check_whole, KeyLike
from ..priors import AbstractPrior
from ._abstract import AbstractDensity
from ._arviz import as_arviz
from ._asked import as_points, check_share
from ._weighted_draws import WeightedDraws

DRAWS_ONE, DRAWS_MANY = 10_000, 500


class AbstractDrawn(AbstractDensity):
    """A joint posterior of all parameters for one observation, or for several at once (a leading axis m).

    To write one: keep `draws` of every posterior, drawn when it was made, with `log_density` at each of them, and
    give `draw_each` and `log_prob_each`, for all observations; what is told of a posterior comes from these.
    """

    prior: eqx.AbstractVar[AbstractPrior]
    draws: eqx.AbstractVar[WeightedDraws]
    log_density: eqx.AbstractVar[Float[np.ndarray, "m n"]]
    single: eqx.AbstractVar[bool]

    @abc.abstractmethod
    def draw_each(self, n: int, *, key: Array) -> Float[np.ndarray, "m n p"]:
        """`n` new draws of each observation's posterior."""

    @abc.abstractmethod
    def log_prob_each(self, theta: Float[np.ndarray, "m n p"]) -> Float[np.ndarray, "m n"]:
        """Log-density of each observation's own points."""

    @property
    def mean(self) -> np.ndarray:
        """Posterior means, `(p,)` or `(m, p)`."""
        return self._out(self.draws.mean)

    @property
    def std(self) -> np.ndarray:
        """Posterior standard deviations, `(p,)` or `(m, p)`."""
        return self._out(self.draws.std)

    def quantile(self, q: float) -> np.ndarray:
        """The value below which a share `q` of each parameter's mass lies, `(p,)` or `(m, p)`."""
        check_share(q)
        return self._out(self.draws.quantile(q))

    def sample(self, n: int, *, key: KeyLike) -> np.ndarray:
        """`n` draws of all parameters, `(n, p)` or `(m, n, p)`."""
        check_whole(n=n)
        return self._out(self.draw_each(n, key=as_key(key)))

    def log_prob(self, theta: Any) -> np.ndarray:
        """Log-density of parameter vectors `(n, p)`, an array or a table, `(n,)` or `(m, n)`; minus infinity outside of
        the prior.
        """
        theta, m = as_points(theta, self.names), len(self.draws.theta)
        if not len(theta):
            return self._out(np.zeros((m, 0)))
        return self._out(self.log_prob_each(np.broadcast_to(theta, (m, *theta.shape))))

    @property
    def map(self) -> np.ndarray:
        """The parameters of the highest density, `(p,)` or `(m, p)`: the best draw, and uphill from there."""
        return self._out(_uphill(self))

    @property
    def ess(self) -> Any:
        """What the kept draws are worth in independent ones, a number or `(m,)`."""
        return self._out(self.draws.ess)

    @property
    def acceptance(self) -> Any:
        """Which share of the kept draws that is, a number or `(m,)`."""
        return self._out(self.draws.ess / self.draws.theta.shape[1])

    @property
    def regions(self) -> tuple[tuple[int, ...], ...]:
        """Of which parameters together `levels` speaks: one region, of all."""
        return (tuple(range(len(self.names))),)

    def ranks(self, theta: Float[Array | np.ndarray, "m p"], *, key: KeyLike = 0) -> np.ndarray:
        """Posterior mass below each observation's true parameters, `(m, p)`."""
        return self.draws.cdf(np.asarray(theta, np.float64))

    def levels(self, theta: Float[Array | np.ndarray, "m p"], *, key: KeyLike = 0) -> np.ndarray:
        """Mass of the smallest credible region (highest density) that holds the true parameters, `(m, 1)`."""
        own = self.log_prob_each(np.asarray(theta, np.float64)[:, None])
        return self.draws.mass(self.log_density > own)[:, None]

    def region_draws(self, n: int, *, key: KeyLike) -> list[np.ndarray]:
        """`n` draws for each region, `(m, n, p)`."""
        return [self.draw_each(n, key=as_key(key))]

    def to_arviz(self, n: int = 4000, *, key: KeyLike = 0) -> Any:
        """`n` draws as ArviZ data (an xarray `DataTree` with the group `posterior`)."""
        if not self.single:
            raise ValueError("to_arviz takes the posterior of one observation; ask for one at a time")
        return as_arviz(self.names, self.sample(n, key=key))

    def _out(self, values: np.ndarray) -> Any:
        return values[0] if self.single else values


def _uphill(posterior: AbstractDrawn, rounds: int = 40, tries: int = 64) -> np.ndarray:
    """From the best draw of each observation to the top, by ever smaller random steps on the unconstrained space.

    No gradient is asked for, so that any density can be climbed; steps have the spread of the draws at first.
    """
    prior, draws = posterior.prior, posterior.draws.theta
    rng, (m, _, p) = np.random.default_rng(0), draws.shape
    best = np.take_along_axis(draws, posterior.log_density.argmax(axis=1)[:, None, None], axis=1)
    value = posterior.log_density.max(axis=1)
    start = _real(prior, draws)
    spread = start.std(axis=1, keepdims=True)
    size = np.full((m, 1, 1), 0.5)
    for _ in range(rounds):
        steps = size * spread * rng.standard_normal((m, tries, p))
        tried = np.asarray(prior.from_unconstrained((_real(prior, best) + steps).reshape(-1, p)))
        tried = tried.reshape(m, tries, p).astype(np.float64)
        found = posterior.log_prob_each(tried)
        top = found.argmax(axis=1)
        better = found.max(axis=1) > value
        best = np.where(better[:, None, None], tried[np.arange(m), top][:, None], best)
        value = np.where(better, found.max(axis=1), value)
        size = np.where(better[:, None, None], size, 0.6 * size)
    return best[:, 0]


def _real(prior: AbstractPrior, theta: np.ndarray) -> np.ndarray:
    flat = theta.reshape(-1, theta.shape[-1])
    return np.asarray(prior.to_unconstrained(flat), np.float64).reshape(theta.shape)
