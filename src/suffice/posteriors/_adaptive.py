"""Weighted draws from ratio × prior by adaptive importance sampling, for many observations at once.

Each pass draws from a Student t with the weighted mean and covariance of the pass before, on
the prior's unconstrained space, mixed with a tenth of prior draws so that no weight can grow
beyond ten times the ratio (defensive mixture: Hesterberg 1995; population Monte Carlo: Cappé
et al. 2004). While few draws carry the weight, it is tempered for the mean and covariance.
"""

from collections.abc import Callable
from typing import NamedTuple

import jax
import numpy as np
from jaxtyping import Float
from scipy.special import gammaln, logsumexp

from ..core import as_key, KeyLike
from ..priors import AbstractPrior

_FREEDOM = 5.0
_FROM_PRIOR = 0.1
_PASSES = 6


class Draws(NamedTuple):
    """For m observations, n draws each: `theta` `(m, n, d)`, `log_ratio` and `log_weight` `(m, n)`."""

    theta: np.ndarray
    log_ratio: np.ndarray
    log_weight: np.ndarray


class _Proposal(NamedTuple):
    """Student t by its centre `(m, d)` and scale `(m, d, d)`, lower triangular."""

    centre: np.ndarray
    scale: np.ndarray

    def draw(self, n: int, rng: np.random.Generator) -> np.ndarray:
        m, d = self.centre.shape
        normal = rng.normal(size=(m, n, d))
        chi = rng.chisquare(_FREEDOM, size=(m, n, 1)) / _FREEDOM
        return self.centre[:, None] + np.einsum("mij,mnj->mni", self.scale, normal / np.sqrt(chi))

    def log_prob(self, u: np.ndarray) -> np.ndarray:
        d = u.shape[-1]
        z = np.einsum("mij,mnj->mni", np.linalg.inv(self.scale), u - self.centre[:, None])
        constant = gammaln((_FREEDOM + d) / 2) - gammaln(_FREEDOM / 2) - d / 2 * np.log(_FREEDOM * np.pi)
        constant = constant - np.log(np.diagonal(self.scale, axis1=1, axis2=2)).sum(axis=1)
        return constant[:, None] - (_FREEDOM + d) / 2 * np.log1p((z**2).sum(axis=-1) / _FREEDOM)


def adaptive_draws(
    prior: AbstractPrior, log_ratio: Callable[[np.ndarray], np.ndarray], m: int, n: int, *, key: KeyLike
) -> Draws:
    """Draws weighted such that the mean weight is ∫ ratio × prior and the weighted draws are the posterior's.

    - `log_ratio`: takes points `(m, n, d)`, gives `(m, n)`.
    """
    first, *keys = jax.random.split(as_key(key), 1 + _PASSES)
    rng = np.random.default_rng(np.asarray(jax.random.key_data(first)).ravel())
    found: Draws | None = None
    proposal: _Proposal | None = None
    for k in keys:
        from_prior = _unconstrained(prior, np.asarray(prior.sample(m * n, key=k))).reshape(m, n, -1)
        u, density = _drawn(prior, proposal, from_prior, rng)
        theta = np.asarray(prior.from_unconstrained(_flat(u)), np.float64).reshape(u.shape)
        ratio = np.asarray(log_ratio(theta), np.float64)
        weight = ratio + _log_prior(prior, u) - density
        weight = np.where(np.isfinite(weight), weight, -np.inf)
        found = Draws(theta, ratio, weight)
        proposal = _fitted(u, weight)
    assert found is not None
    return found


def _drawn(
    prior: AbstractPrior, proposal: _Proposal | None, from_prior: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Points of one pass and the log-density they were drawn from."""
    if proposal is None:
        return from_prior, _log_prior(prior, from_prior)
    n = from_prior.shape[1]
    u = proposal.draw(n, rng)
    share = max(1, round(_FROM_PRIOR * n))
    u[:, :share] = from_prior[:, :share]
    # The mixture by shares that are fixed, not drawn: the balance heuristic of Veach & Guibas (1995).
    both = np.stack([_log_prior(prior, u) + np.log(share / n), proposal.log_prob(u) + np.log(1 - share / n)])
    return u, np.asarray(logsumexp(both, axis=0))


def _fitted(u: np.ndarray, log_weight: np.ndarray) -> _Proposal:
    """Mean and covariance of the weighted draws, tempered until at least `10 d` draws count."""
    d = u.shape[-1]
    weights = np.stack([_tempered(row, 10.0 * d) for row in log_weight])
    centre = np.einsum("mn,mnd->md", weights, u)
    offset = u - centre[:, None]
    covariance = np.einsum("mn,mni,mnj->mij", weights, offset, offset)
    size = np.maximum(np.trace(covariance, axis1=1, axis2=2) / d, 1e-12)
    covariance = covariance + 1e-6 * size[:, None, None] * np.eye(d)
    return _Proposal(centre, np.linalg.cholesky(1.2 * covariance))


def _tempered(log_weight: Float[np.ndarray, " n"], wanted: float) -> np.ndarray:
    """Weights to the largest power of at most one for which `wanted` draws count."""
    if not np.isfinite(log_weight).any():  # nothing was found yet: as wide as what was tried
        return np.full(len(log_weight), 1 / len(log_weight))
    log_weight = log_weight - log_weight.max()
    power = 1.0
    for _ in range(40):
        weights = np.exp(power * log_weight)
        weights /= weights.sum()
        if 1.0 / (weights**2).sum() >= min(wanted, 0.5 * len(weights)):
            break
        power *= 0.75
    return weights


def _flat(u: np.ndarray) -> np.ndarray:
    return u.reshape(-1, u.shape[-1])


def _unconstrained(prior: AbstractPrior, theta: np.ndarray) -> np.ndarray:
    return np.asarray(prior.to_unconstrained(theta), np.float64)


def _log_prior(prior: AbstractPrior, u: np.ndarray) -> np.ndarray:
    found = np.asarray(prior.log_prob_unconstrained(_flat(u)), np.float64).reshape(u.shape[:2])
    return np.where(np.isnan(found), -np.inf, found)
