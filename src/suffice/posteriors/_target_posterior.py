"""Posteriors of which only the density up to a constant is known: likelihoods, and several observations together.

Weighted draws by adaptive importance sampling, for many observations at once; where they are worth too little, and one
posterior is asked for, gradient-based chains (NUTS) that start from them. Nothing here can run on without end.
"""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PyTree

from ..core import compiled_rows, in_pieces, warn
from ..objectives import Likelihood
from ..priors import AbstractPrior
from ._adaptive import adaptive_draws
from ._drawn import AbstractDrawn
from ._nuts import nuts
from ._of_objective import of_objective
from ._target import Target
from ._weighted_draws import WeightedDraws

_ONE, _MANY, _CHAINS = 20_000, 2_000, 4
_ENOUGH = 0.05
_POINTS = 2**12


class TargetPosterior(AbstractDrawn):
    """prior(θ) exp(target(context, θ)), normalised, for one set of observations `(r, k)` or for several such sets.

    `log_evidence` `(m,)` is the log of ∫ prior × exp(target); `.ess` says what the weighted draws are worth, and
    `.acceptance` which share of them that is.
    """

    target: Target
    prior: AbstractPrior
    context: Float[Array, "m r k"]
    draws: WeightedDraws
    log_density: Float[np.ndarray, "m n"]
    log_evidence: Float[np.ndarray, " m"]
    single: bool = eqx.field(static=True)
    names: tuple[str, ...] = eqx.field(static=True)

    def draw_each(self, n: int, *, key: Array) -> Float[np.ndarray, "m n p"]:
        """Resampled from weighted draws, or by NUTS where these are worth too little."""
        for_draws, *keys = jax.random.split(key, 1 + len(self.context))
        fresh = _weighted(self.target, self.prior, self.context, max(4 * n, self.draws.theta.shape[1]), for_draws)[0]
        each = [fresh.one_of(self.draws, i) for i in range(len(keys))]
        return np.stack(
            [
                self._by_chains(i, n, k)
                if self.single and one.ess < _ENOUGH * len(one.theta)
                else one.resample(n, key=k)
                for i, (one, k) in enumerate(zip(each, keys))
            ]
        )

    def log_prob_each(self, theta: Float[np.ndarray, "m n p"]) -> Float[np.ndarray, "m n"]:
        return _log_target(self.target, self.prior, self.context, theta) - self.log_evidence[:, None]

    def _by_chains(self, observation: int, n: int, key: Array) -> np.ndarray:
        for_starts, for_chains = jax.random.split(key)
        starts = self.draws.one(observation).resample(_CHAINS, key=for_starts)
        density = _Unconstrained(self.target, self.prior, self.context[observation])
        found = nuts(density, self.prior.to_unconstrained(starts), n, key=for_chains)
        return np.asarray(self.prior.from_unconstrained(jnp.asarray(found)), np.float64)


class _Unconstrained(eqx.Module):
    target: Target
    prior: AbstractPrior
    context: Array

    def __call__(self, u: Float[Array, " p"]) -> Float[Array, ""]:
        theta = self.prior.from_unconstrained(u[None])[0]
        return self.target(self.context, theta) + self.prior.log_prob_unconstrained(u[None])[0]


@of_objective.register
def _(objective: Likelihood, prior: AbstractPrior, rows: PyTree, *, single: bool, key: Array) -> TargetPosterior:
    context = compiled_rows(objective.summary, rows)[:, None]
    return target_posterior(Target(objective), prior, context, single=single, key=key)


def target_posterior(
    target: Target, prior: AbstractPrior, context: Float[Array, "m r k"], *, single: bool, key: Array
) -> TargetPosterior:
    """For m sets of r observations; **warns** where draws of a single posterior are worth little."""
    draws, log_ratio = _weighted(target, prior, context, _ONE if single else _MANY, key)
    lost = int((~np.isfinite(draws.log_weight).any(axis=1)).sum())
    if lost:
        raise ValueError(
            f"the learned density is zero or not a number at all draws for {lost} of {len(context)} observations: they "
            "lie too far outside of the simulations; simulate with a wider prior, or leave them out"
        )
    peak = draws.log_weight.max(axis=1)
    evidence = peak + np.log(np.exp(draws.log_weight - peak[:, None]).mean(axis=1))
    if single:
        draws.one().warn_if_few()
    elif (draws.ess < 50).any():
        warn(f"{int((draws.ess < 50).sum())} of {len(draws.ess)} posteriors stand on fewer than 50 effective draws")
    theta = draws.theta.reshape(-1, prior.dim)
    log_prior = np.asarray(prior.log_prob(theta), np.float64).reshape(log_ratio.shape)
    return TargetPosterior(
        target=target,
        prior=prior,
        context=context,
        draws=draws,
        log_density=log_ratio + log_prior - evidence[:, None],
        log_evidence=evidence,
        single=single,
        names=tuple(prior.names),
    )


def _weighted(
    target: Target, prior: AbstractPrior, context: Array, n: int, key: Array
) -> tuple[WeightedDraws, np.ndarray]:
    found = adaptive_draws(prior, lambda theta: _log_ratio(target, context, theta), len(context), n, key=key)
    return WeightedDraws(found.theta, found.log_weight), found.log_ratio


def _log_target(target: Target, prior: AbstractPrior, context: Array, theta: np.ndarray) -> np.ndarray:
    flat = theta.reshape(-1, theta.shape[-1])
    log_prior = np.asarray(prior.log_prob(flat), np.float64).reshape(theta.shape[:-1])
    with np.errstate(invalid="ignore"):
        return np.where(np.isfinite(log_prior), _log_ratio(target, context, theta) + log_prior, -np.inf)


def _log_ratio(target: Target, context: Array, theta: np.ndarray) -> np.ndarray:
    s, (m, n, p) = np.asarray(context), theta.shape
    flat, most = theta.reshape(-1, p), max(1, _POINTS // s.shape[1])

    def some(rows: np.ndarray) -> Array:
        # Of one set of observations, what is the same for all points is computed once.
        own = s[0] if m == 1 else s[rows // n]
        return _compiled(target, jnp.asarray(own), jnp.asarray(flat[rows], float))

    return in_pieces(some, m * n, most=most).astype(np.float64).reshape(m, n)


@eqx.filter_jit
def _compiled(target: Target, context: Array, theta: Array) -> Array:
    return jax.vmap(target, in_axes=(0 if context.ndim == 3 else None, 0))(context, theta)
