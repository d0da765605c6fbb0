"""The density that a flow starts from: the linear-Gaussian one.

    z = W [(u − c(s)) / w(s) − m],   t(s) = A s̃ + b,   s̃ = (s − mean) / scale

with t the regression of the target on the context, and W what whitens the residuals, so that what is left to learn is
of size one however narrow the density is. The target u is on the real line. Where it stands for parameters θ in an
interval, the regression may be the better one in θ: then c and w are the middle and half the distance of the places on
the real line of t ± σ, σ the standard deviation of the residuals, so that a width that is constant in θ is constant in
z. Which of both is taken, the training rows decide. All of it is fixed once they are known.

Near the ends of an interval the density changes shape within one width, however narrow that is: a network that is to
follow it is told c, log w, and by how much t lies beyond the end, besides the context.
"""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ..core import Frozen
from ..networks import moments
from ..priors import AbstractPrior


class GaussianStart(eqx.Module):
    """The map from u to z given s, and back; in θ where there is a `prior` whose parameters u stands for."""

    context: Frozen
    regression: Frozen
    residuals: Frozen
    prior: Frozen | None

    @staticmethod
    def identity(dim: int, n_context: int, prior: AbstractPrior | None = None) -> "GaussianStart":
        """The map that changes nothing."""
        return _start(
            (np.zeros(n_context), np.ones(n_context)),
            (np.zeros((dim, n_context)), np.zeros(dim), np.ones(dim)),
            (np.eye(dim), np.zeros(dim)),
            prior,
        )

    def features(self, s: Float[Array, " k"]) -> Float[Array, " f"]:
        """What a network is told of the context, in its own units."""
        own = _slow(self._linear(s))
        if self.prior is None:
            return own
        expected, inside, spread = self._expected(s)
        centre, width = self.place(s)
        return jnp.concatenate([own, centre, jnp.log(width), _slow((expected - inside) / spread)])

    @property
    def n_features(self) -> int:
        """How many numbers `features` gives."""
        dim, k = self.regression.value[0].shape
        return k if self.prior is None else k + 3 * dim

    def __call__(self, s: Float[Array, " k"], u: Float[Array, " p"]) -> tuple[Float[Array, " p"], Float[Array, ""]]:
        """z and log |∂z/∂u|."""
        whiten, middle = self.residuals.value
        centre, width = self.place(s)
        return whiten @ ((u - centre) / width - middle), self._log_det(width)

    def inverse(self, s: Float[Array, " k"], z: Float[Array, " p"]) -> tuple[Float[Array, " p"], Float[Array, ""]]:
        """u and log |∂z/∂u|."""
        whiten, middle = self.residuals.value
        centre, width = self.place(s)
        residual = jax.scipy.linalg.solve_triangular(whiten, z, lower=True)
        return centre + width * (residual + middle), self._log_det(width)

    def place(self, s: Float[Array, " k"]) -> tuple[Float[Array, " p"], Float[Array, " p"]]:
        """Where u is expected, and in which unit its distance from there is measured."""
        expected, inside, spread = self._expected(s)
        if self.prior is None:
            return expected, spread
        ends = self.prior.value.to_unconstrained(jnp.stack([inside - spread, inside + spread]))
        return ends.mean(axis=0), jnp.maximum(0.5 * (ends[1] - ends[0]), 1e-6)

    def _expected(self, s: Float[Array, " k"]) -> tuple[Array, Array, Array]:
        """t, the nearest place inside the prior, and σ."""
        slope, offset, spread = self.regression.value
        expected = slope @ self._linear(s) + offset
        if self.prior is None:
            return expected, expected, spread
        prior = self.prior.value
        return expected, prior.from_unconstrained(prior.to_unconstrained(expected[None]))[0], spread

    def _log_det(self, width: Float[Array, " p"]) -> Float[Array, ""]:
        return jnp.log(jnp.diag(self.residuals.value[0])).sum() - jnp.log(width).sum()

    def _linear(self, s: Float[Array, " k"]) -> Float[Array, " k"]:
        mean, scale = self.context.value
        return (s - mean) / scale


def gaussian_start(
    s: Float[np.ndarray, "n k"],
    u: Float[np.ndarray, "n p"],
    theta: Float[np.ndarray, "n p"] | None = None,
    prior: AbstractPrior | None = None,
) -> GaussianStart:
    """From rows of contexts and targets; regressed in `theta` of a `prior` where these are given."""
    target = u if theta is None else theta
    mean, scale = moments(s, s.shape[1:])
    design = np.column_stack([(s - mean) / scale, np.ones(len(s))])
    weights = np.linalg.lstsq(design, target, rcond=1e-6)[0]
    spread = np.maximum((target - design @ weights).std(axis=0), 1e-9 * np.abs(target).max(axis=0) + 1e-30)
    regression = (weights[:-1].T, weights[-1], spread)
    plain = (np.eye(u.shape[1]), np.zeros(u.shape[1]))
    first = _start((mean, scale), regression, plain, prior)
    left = np.asarray(_rows(first, jnp.asarray(s, float), jnp.asarray(u, float))[0], np.float64)
    middle = left.mean(axis=0)
    covariance = (left - middle).T @ (left - middle) / len(left) + 1e-8 * np.eye(u.shape[1])
    whiten = np.linalg.inv(np.linalg.cholesky(covariance))
    return _start((mean, scale), regression, (whiten, middle), prior)


def _slow(z: Array) -> Array:
    """z, but what lies further off than five grows slowly, so that a network stays finite there."""
    return jnp.sign(z) * (jnp.minimum(jnp.abs(z), 5.0) + jnp.log1p(jnp.maximum(jnp.abs(z) - 5.0, 0.0)))


def better_start(starts: list[GaussianStart], s: list[Float[np.ndarray, "n k"]], u: Float[np.ndarray, "n p"]) -> int:
    """Which of several starts, each with contexts of its own, gives the training rows the higher density."""
    density = []
    for start, context in zip(starts, s, strict=True):
        z, log_det = (
            np.asarray(part, np.float64) for part in _rows(start, jnp.asarray(context, float), jnp.asarray(u, float))
        )
        density.append(float((log_det - 0.5 * (z**2).sum(axis=1)).mean()))
    return int(np.argmax(density))


def _start(context: Any, regression: Any, residuals: Any, prior: AbstractPrior | None) -> GaussianStart:
    first, second, third = (
        Frozen(tuple(jnp.asarray(v, float) for v in part)) for part in (context, regression, residuals)
    )
    return GaussianStart(first, second, third, None if prior is None else Frozen(prior))


@eqx.filter_jit
def _rows(start: GaussianStart, s: Array, u: Array) -> tuple[Array, Array]:
    return jax.vmap(start)(s, u)
