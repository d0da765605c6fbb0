"""A posterior times a factor: another prior, or an exact likelihood where there is one.

Importance sampling with q, the posterior at hand, as the proposal: weights w(θ) ∝ target(θ) / q(θ). What the draws are
then worth is Kish's effective sample size; where it is small the answer is noise, and a warning says so.
"""

import math
from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from scipy.special import logsumexp

from ..core import as_key, KeyLike, warn
from ..priors import AbstractPrior
from ._drawn import AbstractDrawn
from ._weighted_draws import WeightedDraws

_FEW = 100.0
_MORE = 8


class Reweighted(AbstractDrawn):
    """Draws of `base` weighted by `exp(log_factor(theta))`; `log_evidence` `(m,)` is the log of their mean weight."""

    base: AbstractDrawn
    prior: AbstractPrior
    log_factor: Callable
    draws: WeightedDraws
    log_density: Float[np.ndarray, "m n"]
    log_evidence: Float[np.ndarray, " m"]
    single: bool = eqx.field(static=True)
    names: tuple[str, ...] = eqx.field(static=True)

    def draw_each(self, n: int, *, key: Array) -> Float[np.ndarray, "m n p"]:
        """Resampled from eight times as many draws of the base, and from the kept ones where these have no weight."""
        for_base, *for_rows = jax.random.split(key, 1 + len(self.draws.theta))
        theta = self.base.draw_each(_MORE * n, key=for_base)
        many = WeightedDraws(theta, _finite(self.log_factor(theta)))
        return np.stack([many.one_of(self.draws, i).resample(n, key=k) for i, k in enumerate(for_rows)])

    def log_prob_each(self, theta: Float[np.ndarray, "m n p"]) -> Float[np.ndarray, "m n"]:
        return self.base.log_prob_each(theta) + _finite(self.log_factor(theta)) - self.log_evidence[:, None]


def reweighted(base: AbstractDrawn, prior: AbstractPrior, log_factor: Callable) -> Reweighted:
    """`base` times a factor; **warns** where few draws carry the weight."""
    weight = _finite(log_factor(base.draws.theta))
    if not np.isfinite(weight).any(axis=1).all():
        raise ValueError("no draw of the posterior has any weight left: the target has no density where they are")
    draws = WeightedDraws(base.draws.theta, weight + base.draws.log_weight)
    # The mean of the factor over the base, whose own draws may have weights.
    evidence = np.subtract(*(np.asarray(logsumexp(own.log_weight, axis=1)) for own in (draws, base.draws)))
    found = Reweighted(
        base=base,
        prior=prior,
        log_factor=log_factor,
        draws=draws,
        log_density=base.log_density + weight - evidence[:, None],
        log_evidence=evidence,
        single=base.single,
        names=base.names,
    )
    least = float(draws.ess.min())
    if least < min(_FEW, 0.2 * weight.shape[1]):
        warn(
            f"{weight.shape[1]} weighted draws are worth only {least:.0f} independent ones: the posterior that was "
            "learned is far from the target. Train it better, or near the observation (sf.rounds)"
        )
    return found


def under_prior(found: AbstractDrawn, prior: AbstractPrior) -> AbstractDrawn:
    """The posterior under another prior than that of the simulations, beyond which it must not reach."""
    if prior is found.prior or eqx.tree_equal(prior, found.prior):
        return found
    own = found.prior

    def log_factor(theta: np.ndarray) -> np.ndarray:
        return _on_rows(prior.log_prob, theta) - _on_rows(own.log_prob, theta)

    return reweighted(found, prior, log_factor)


def reweight(
    posterior: AbstractDrawn, log_likelihood: Callable, *, n: int = 10_000, batch: int = 1000, key: KeyLike = 0
) -> Reweighted:
    """The exact posterior from an approximate one and a likelihood that can be evaluated.

    **Arguments:**

    - `posterior`: of one observation, such as `sf.posterior` gives for a fit of `sf.Flow`.
    - `log_likelihood`: `theta (p,) -> log p(x_obs | theta)`, in JAX; up to a constant.
    - `n`: draws to weight.
    - `batch`: how many are evaluated at once.
    - `key`: of the draws.

    **Returns:** a posterior whose `.ess` says what its draws are worth, `.log_evidence` is log p(x_obs) (where the
    likelihood is normalised), and `.mean .std .quantile .sample .log_prob` are as usual. **Warns** where few draws
    carry the weight.
    """
    if not posterior.single:
        raise ValueError("reweight takes the posterior of one observation, for the likelihood is that of one")
    if n < 1 or batch < 1:
        raise ValueError(f"n and batch must be at least 1, but {n} and {batch} came")
    if n != posterior.draws.theta.shape[1]:
        theta = posterior.draw_each(n, key=as_key(key))
        fresh = WeightedDraws(theta, np.zeros(theta.shape[:2]))
        posterior = _with_draws(posterior, fresh, posterior.log_prob_each(theta))
    likelihood = jax.jit(lambda theta: jax.lax.map(log_likelihood, theta, batch_size=batch))
    prior, plain = posterior.prior, posterior

    def log_factor(theta: np.ndarray) -> np.ndarray:
        log = _on_rows(lambda flat: likelihood(jnp.asarray(flat, float)), theta)
        return log + _on_rows(prior.log_prob, theta) - plain.log_prob_each(theta)

    return reweighted(posterior, prior, log_factor)


def _with_draws(posterior: AbstractDrawn, draws: WeightedDraws, density: np.ndarray) -> AbstractDrawn:
    return eqx.tree_at(
        lambda p: (p.draws, p.log_density), posterior, (draws, density), is_leaf=lambda n: isinstance(n, WeightedDraws)
    )


def _on_rows(f: Callable[[Any], Any], theta: np.ndarray) -> np.ndarray:
    """`f` of rows `(n, p)` at points `(m, n, p)`."""
    flat = theta.reshape(-1, theta.shape[-1])
    return np.asarray(f(jnp.asarray(flat, float)), np.float64).reshape(theta.shape[:-1])


def _finite(weight: np.ndarray) -> np.ndarray:
    return np.where(np.isnan(weight) | (weight == math.inf), -np.inf, weight)
