"""A posterior times a factor: another prior, or an exact likelihood where there is one.

Importance sampling with q, the posterior at hand, as the proposal: weights w(θ) ∝ target(θ) / q(θ). What the draws are
then worth is Kish's effective sample size; where it is small the answer is noise, and a warning says so.
"""

import math
from collections.abc import Callable
from typing import Any, ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from scipy.special import logsumexp

from ..core import as_key, check_whole, in_short, KeyLike, kind_of, warn
from ..priors import AbstractPrior
from ..train import Fit
from ._drawn import AbstractDrawn
from ._weighted_draws import WeightedDraws

_FEW = 100.0
_MORE = 8


class OtherPrior(eqx.Module):
    """log of a prior's density over that of the base's prior."""

    prior: AbstractPrior
    far: ClassVar[str] = (
        "the prior hardly reaches to where the posterior under that of the simulations lies. Draw simulations from it, "
        "and train on those"
    )

    def __call__(self, base: AbstractDrawn, theta: Float[np.ndarray, "m n p"]) -> Float[np.ndarray, "m n"]:
        return _on_rows(self.prior.log_prob, theta) - _on_rows(base.prior.log_prob, theta)


class ExactPosterior(eqx.Module):
    """log of likelihood times prior over the base's own density.

    `log_likelihood`, of one parameter vector, is written with JAX, or (`traced` is false) is called once for each.
    """

    log_likelihood: Callable
    batch: int = eqx.field(static=True)
    traced: bool = eqx.field(static=True)
    far: ClassVar[str] = (
        "the posterior that was learned is far from the target. Train it better, or near the observation (sf.rounds)"
    )

    def __call__(self, base: AbstractDrawn, theta: Float[np.ndarray, "m n p"]) -> Float[np.ndarray, "m n"]:
        log = _on_rows(self._likelihoods, theta)
        return log + _on_rows(base.prior.log_prob, theta) - base.log_prob_each(theta)

    def _likelihoods(self, flat: Array) -> Any:
        if self.traced:
            return _likelihoods(self.log_likelihood, flat, self.batch)
        return [float(np.asarray(self.log_likelihood(row)).reshape(())) for row in np.asarray(flat, np.float64)]


class Reweighted(AbstractDrawn):
    """Draws of `base` weighted by `exp(log_factor(base, theta))`.

    `log_evidence` `(m,)` is the log of their mean weight.
    """

    base: AbstractDrawn
    prior: AbstractPrior
    log_factor: OtherPrior | ExactPosterior
    draws: WeightedDraws
    log_density: Float[np.ndarray, "m n"]
    log_evidence: Float[np.ndarray, " m"]
    single: bool = eqx.field(static=True)
    names: tuple[str, ...] = eqx.field(static=True)

    def draw_each(self, n: int, *, key: Array) -> Float[np.ndarray, "m n p"]:
        """Resampled from eight times as many draws of the base, and from the kept ones where these have no weight."""
        for_base, *for_rows = jax.random.split(key, 1 + len(self.draws.theta))
        theta = self.base.draw_each(_MORE * n, key=for_base)
        many = WeightedDraws(theta, _finite(self.log_factor(self.base, theta)))
        return np.stack([many.one_of(self.draws, i).resample(n, key=k) for i, k in enumerate(for_rows)])

    def log_prob_each(self, theta: Float[np.ndarray, "m n p"]) -> Float[np.ndarray, "m n"]:
        return self.base.log_prob_each(theta) + _finite(self.log_factor(self.base, theta)) - self.log_evidence[:, None]


def reweighted(base: AbstractDrawn, prior: AbstractPrior, log_factor: OtherPrior | ExactPosterior) -> Reweighted:
    """`base` times a factor; **warns** where few draws carry the weight."""
    factor = log_factor(base, base.draws.theta)
    if isinstance(log_factor, ExactPosterior):
        _tell_no_numbers(factor, base)
    weight = _finite(factor)
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
        warn(f"{weight.shape[1]} weighted draws are worth only {least:.0f} independent ones: {log_factor.far}")
    return found


def under_prior(found: AbstractDrawn, prior: AbstractPrior) -> AbstractDrawn:
    """The posterior under another prior than that of the simulations, beyond which it must not reach."""
    if prior is found.prior or eqx.tree_equal(prior, found.prior):
        return found
    return reweighted(found, prior, OtherPrior(prior))


def reweight(
    posterior: AbstractDrawn, log_likelihood: Callable, *, n: int = 10_000, batch: int = 1000, key: KeyLike = 0
) -> Reweighted:
    """The exact posterior from an approximate one and a likelihood that can be evaluated.

    **Arguments:**

    - `posterior`: of one observation, such as `sf.posterior` gives for a fit of `sf.Flow`; not one of `sf.Ratio`.
    - `log_likelihood`: `theta (p,) -> log p(x_obs | theta)`, up to a constant; in JAX, or in NumPy, which takes longer.
    - `n`: draws to weight.
    - `batch`: how many are evaluated at once, in JAX.
    - `key`: of the draws.

    **Returns:** a posterior whose `.ess` says what its draws are worth, `.log_evidence` is log p(x_obs) (where the
    likelihood is normalised), and `.mean .std .quantile .sample .log_prob` are as usual. **Warns** where few draws
    carry the weight.
    """
    _refuse(posterior, log_likelihood)
    check_whole(n=n, batch=batch)
    factor = ExactPosterior(log_likelihood, batch, _traced(log_likelihood, posterior.draws.theta[0, 0]))
    if n != posterior.draws.theta.shape[1]:
        theta = posterior.draw_each(n, key=as_key(key))
        fresh = WeightedDraws(theta, np.zeros(theta.shape[:2]))
        posterior = _with_draws(posterior, fresh, posterior.log_prob_each(theta))
    return reweighted(posterior, posterior.prior, factor)


def _refuse(posterior: Any, log_likelihood: Any) -> None:
    if not isinstance(posterior, AbstractDrawn):
        kind = type(posterior).__name__
        how = "sf.posterior(fit, prior, x_obs)" if isinstance(posterior, Fit) else "sf.posterior of a fit of sf.Flow"
        raise TypeError(
            "posterior must have draws and a density of all parameters together, as those of sf.Flow, sf.FlowMatching, "
            f"sf.Gaussian and sf.Likelihood have, but a {kind} came; pass {how}"
        )
    if not posterior.single:
        raise ValueError("reweight takes the posterior of one observation, for the likelihood is that of one")
    if not callable(log_likelihood):
        raise TypeError(f"log_likelihood must be a function of theta, but {kind_of(log_likelihood)} came")


def _traced(log_likelihood: Callable, theta: np.ndarray) -> bool:
    """Whether JAX can trace the likelihood; **raises** `ValueError` where it gives no single number."""
    wanted = f"log_likelihood must give one number for one theta {theta.shape}"
    try:
        one = jax.ShapeDtypeStruct(theta.shape, jnp.zeros(()).dtype)
        found, traced = eqx.filter_eval_shape(lambda theta: jnp.asarray(log_likelihood(theta)), one), True
    except Exception:  # whatever a function of NumPy says of a tracer
        found, traced = _by_hand(log_likelihood, theta, wanted), False
    if found.shape not in ((), (1,)):
        raise ValueError(f"{wanted}, but an array of shape {found.shape} came")
    if np.dtype(found.dtype).kind in "cOSU":
        raise ValueError(f"{wanted}, but it is of type {found.dtype}")
    return traced


def _by_hand(log_likelihood: Callable, theta: np.ndarray, wanted: str) -> np.ndarray:
    try:
        found = log_likelihood(theta)
        found = None if found is None else np.asarray(found)
    except Exception as error:
        raise ValueError(f"{wanted}, an array, but it fails: {in_short(error)}") from error
    if found is None:
        raise ValueError(f"{wanted}, but None came")
    return found


@eqx.filter_jit
def _likelihoods(log_likelihood: Callable, theta: Array, batch: int) -> Array:
    return jax.lax.map(lambda row: jnp.reshape(log_likelihood(row), ()), theta, batch_size=batch)


def _with_draws(posterior: AbstractDrawn, draws: WeightedDraws, density: np.ndarray) -> AbstractDrawn:
    return eqx.tree_at(
        lambda p: (p.draws, p.log_density), posterior, (draws, density), is_leaf=lambda n: isinstance(n, WeightedDraws)
    )


def _on_rows(f: Callable[[Any], Any], theta: np.ndarray) -> np.ndarray:
    """`f` of rows `(n, p)` at points `(m, n, p)`."""
    flat = theta.reshape(-1, theta.shape[-1])
    return np.asarray(f(jnp.asarray(flat, float)), np.float64).reshape(theta.shape[:-1])


def _tell_no_numbers(factor: np.ndarray, base: AbstractDrawn) -> None:
    """**Warns** where a likelihood is no number, and **raises** `ValueError` where it is none anywhere."""
    # Where the base has no density, at an end of the prior say, that is not the likelihood's fault.
    wrong = (np.isnan(factor) | (factor == math.inf)) & np.isfinite(base.log_density)
    if not wrong.any():
        return
    at = ", ".join(f"{name}={value:.4g}" for name, value in zip(base.names, base.draws.theta[wrong][0]))
    told = f"log_likelihood is nan or infinite at {wrong.sum()} of {wrong.size} draws, such as {at}"
    if wrong.all():
        raise ValueError(f"{told}; it must be a number, or -inf where the data are impossible")
    warn(f"{told}; they are left out, as if the data were impossible there")


def _finite(weight: np.ndarray) -> np.ndarray:
    return np.where(np.isnan(weight) | (weight == math.inf), -np.inf, weight)
