"""The density that a flow starts from: the linear-Gaussian one, cut off at the ends of the prior.

    y = W (v − t(s)) / (σ r(s)),   t(s) = A s̃ + b,   log r(s) = G s̃,   s̃ = (s − mean) / scale

with t the regression of the target on the context, σ what it leaves, W the triangle that makes the residuals
independent normal numbers, and r how their widths depend on the context, so that what is left to learn is of size one
however narrow the density is. The target v is the place u on the real line; or, where u stands for parameters of a
`prior`, the parameter θ itself. Then the normal distribution of each, given those before it, is cut off at the ends of
θ, and z is the whole one (`_truncated_normal.py`): of a linear model with normal noise and a uniform prior, z is normal
without any learning. Which of both is taken, the training rows decide. All of it is fixed once they are known.

A network that is to follow what is left, is told by how much t lies beyond the ends, and where u is to be expected,
besides the context: near an end a density changes shape within one width.
"""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from scipy.stats import kurtosis

from ..core import Frozen
from ..networks import moments
from ..priors import AbstractPrior
from ._truncated_normal import from_normal, to_normal
from ._truncated_regression import truncated_regression

_MARGIN = 0.02  # nats a parameter
_EDGE = 1e-6  # of the width of the prior: what lies closer to an end is taken as that far away
_FLAT = -0.7  # excess kurtosis; that of a uniform distribution is -1.2, of two far modes -2


class GaussianStart(eqx.Module):
    """The map from u to z given s, and back; in θ where there is a `prior` whose parameters u stands for.

    - `context`: mean and scale of s; `regression`: A, b and σ; `whiten`: W; `widths`: G, and between what log r lies.
    - `ends`: of the target, infinite where it has none.
    """

    context: Frozen
    regression: Frozen
    whiten: Frozen
    widths: Frozen
    ends: Frozen
    prior: Frozen | None

    def features(self, s: Float[Array, " k"]) -> Float[Array, " f"]:
        """What a network is told of the context, in its own units."""
        own = _slow(self._linear(s))
        if self.prior is None:
            return own
        expected, spread = self._expected(s)
        spread = spread * self._relative_width(s)
        prior = self.prior.value
        low, high = self.ends.value
        edge = jnp.where(jnp.isfinite(high - low), _EDGE * (high - low), 0.0)
        inside = jnp.clip(expected, low + edge, high - edge)
        ends = prior.to_unconstrained(jnp.stack([inside - spread, inside + spread]))
        width = jnp.maximum(0.5 * (ends[1] - ends[0]), 1e-6)
        return jnp.concatenate([own, ends.mean(axis=0), jnp.log(width), _slow((expected - inside) / spread)])

    @property
    def n_features(self) -> int:
        """How many numbers `features` gives."""
        dim, k = self.regression.value[0].shape
        return k if self.prior is None else k + 3 * dim

    def __call__(self, s: Float[Array, " k"], u: Float[Array, " p"]) -> tuple[Float[Array, " p"], Float[Array, ""]]:
        """z and log |∂z/∂u|."""
        whiten = self.whiten.value
        expected, spread = self._expected(s)
        width = self._relative_width(s)
        unit = jnp.diag(whiten) / (spread * width)
        if self.prior is None:
            return whiten @ ((u - expected) / spread) / width, jnp.log(unit).sum()
        theta, rate = _in_theta(self.prior.value, u)
        y = whiten @ ((theta - expected) / spread) / width
        z, slope = to_normal(y, *(_further(y, unit, end - theta) for end in self.ends.value))
        return z, (slope + jnp.log(unit) + jnp.log(rate)).sum()

    def inverse(self, s: Float[Array, " k"], z: Float[Array, " p"]) -> tuple[Float[Array, " p"], Float[Array, ""]]:
        """u and log |∂z/∂u|."""
        expected, spread = self._expected(s)
        width = self._relative_width(s)
        if self.prior is None:
            whiten = self.whiten.value
            residual = jax.scipy.linalg.solve_triangular(whiten, z * width, lower=True)
            return expected + spread * residual, jnp.log(jnp.diag(whiten) / (spread * width)).sum()
        theta = expected + spread * self._residual(z, width, *((end - expected) / spread for end in self.ends.value))
        u = self.prior.value.to_unconstrained(theta[None])[0]
        return u, self(s, u)[1]

    def _residual(self, z: Array, width: Array, low: Array, high: Array) -> Float[Array, " p"]:
        """(θ − t) / σ, one after the other, since where each is cut off depends on those before it."""
        whiten = self.whiten.value

        def one(known: Array, i: Array) -> tuple[Array, None]:
            before, unit = whiten[i] @ known / width[i], whiten[i, i] / width[i]
            y = from_normal(z[i], _further(before, unit, low[i]), _further(before, unit, high[i]))
            return known.at[i].set((y - before) / unit), None

        return jax.lax.scan(one, jnp.zeros_like(z), jnp.arange(len(z)))[0]

    def _expected(self, s: Float[Array, " k"]) -> tuple[Array, Array]:
        """t and σ."""
        slope, offset, spread = self.regression.value
        return slope @ self._linear(s) + offset, spread

    def _relative_width(self, s: Float[Array, " k"]) -> Float[Array, " p"]:
        """r, no further than in the rows that the start was made of."""
        weights, least, most = self.widths.value
        return jnp.exp(jnp.clip(weights @ self._linear(s), least, most))

    def _linear(self, s: Float[Array, " k"]) -> Float[Array, " k"]:
        mean, scale = self.context.value
        return (s - mean) / scale


def gaussian_start(
    s: Float[np.ndarray, "n k"],
    u: Float[np.ndarray, "n p"],
    theta: Float[np.ndarray, "n p"] | None = None,
    prior: AbstractPrior | None = None,
    *,
    widths: bool = True,
) -> GaussianStart:
    """From rows of contexts and targets; regressed in `theta` of a `prior` where these are given.

    Without `widths` they are the same everywhere.
    """
    target, ends = (u, _endless(u.shape[1])) if theta is None or prior is None else (theta, _ends(prior))
    mean, scale = moments(s, s.shape[1:])
    standard = (s - mean) / scale
    design = np.column_stack([standard, np.ones(len(s))])
    whole = np.abs(target).max(axis=0) + 1e-30
    of_spread = standard if widths else None
    # Each given the context and those before it: what is left is independent.
    each = [
        truncated_regression(
            np.column_stack([design, target[:, :i] / whole[:i]]), target[:, i], low, high, of_spread=of_spread
        )
        for i, (low, high) in enumerate(zip(*ends))
    ]
    k, whiten = design.shape[1], np.eye(len(each))
    for i, one in enumerate(each):
        whiten[i, :i] = -one.weights[k:] / whole[:i]
    weights = np.linalg.solve(whiten, np.stack([one.weights[:k] for one in each]))
    spread = np.maximum((target - design @ weights.T).std(axis=0), 1e-9 * whole)
    whiten = whiten * spread / np.array([one.spread for one in each])[:, None]
    regression = (weights[:, :-1], weights[:, -1], spread)
    of_widths = np.stack([one.of_spread if widths else np.zeros(standard.shape[1]) for one in each])
    rows = standard @ of_widths.T
    return _start((mean, scale), regression, whiten, (of_widths, rows.min(axis=0), rows.max(axis=0)), ends, prior)


def better_start(starts: list[GaussianStart], s: list[Float[np.ndarray, "n k"]], u: Float[np.ndarray, "n p"]) -> int:
    """Which of several starts, each with contexts of its own, to take: the last, the simplest, or a much better one.

    Better is what gives the training rows the higher density, by more than 0.02 nats a parameter: for less, the flow
    gains more from the simplest, as of SLCP. Residuals with much less kurtosis than normal ones are of several modes,
    between which the regression lies; what a start fits best is then little of what is to be learned, and one without
    them, if there is any, is taken, as of two moons.
    """
    density, of_modes = [], []
    for start, context in zip(starts, s, strict=True):
        z, log_det = (
            np.asarray(part, np.float64) for part in _rows(start, jnp.asarray(context, float), jnp.asarray(u, float))
        )
        density.append(float((log_det - 0.5 * (z**2).sum(axis=1)).mean()))
        of_modes.append(bool((kurtosis(z) < _FLAT).any()))
    density[-1] += _MARGIN * u.shape[1]
    return int(np.argmax([-np.inf if several and not all(of_modes) else d for d, several in zip(density, of_modes)]))


def _in_theta(prior: AbstractPrior, u: Float[Array, " p"]) -> tuple[Float[Array, " p"], Float[Array, " p"]]:
    """θ and ∂θ/∂u, parameter by parameter."""
    theta, rate = jax.jvp(prior.from_unconstrained, (u[None],), (jnp.ones_like(u)[None],))
    return theta[0], jnp.maximum(rate[0], 1e-30)


def _further(y: Array, unit: Array, distance: Array) -> Array:
    """y + unit · distance, with derivatives that are numbers where the distance is infinite too."""
    finite = jnp.isfinite(distance)
    return jnp.where(finite, y + unit * jnp.where(finite, distance, 0.0), distance)


def _slow(z: Array) -> Array:
    """z, but what lies further off than five grows slowly, so that a network stays finite there."""
    return jnp.sign(z) * (jnp.minimum(jnp.abs(z), 5.0) + jnp.log1p(jnp.maximum(jnp.abs(z) - 5.0, 0.0)))


def _ends(prior: AbstractPrior) -> tuple[np.ndarray, np.ndarray]:
    far = np.full((1, prior.dim), np.inf)
    low, high = (np.asarray(prior.from_unconstrained(end), np.float64)[0] for end in (-far, far))
    return low, high


def _endless(dim: int) -> tuple[np.ndarray, np.ndarray]:
    return np.full(dim, -np.inf), np.full(dim, np.inf)


def _start(
    context: Any, regression: Any, whiten: Any, widths: Any, ends: Any, prior: AbstractPrior | None
) -> GaussianStart:
    def fixed(part: Any) -> Frozen:
        return Frozen(jax.tree.map(lambda v: jnp.asarray(v, float), part))

    kept = None if prior is None else Frozen(prior)
    return GaussianStart(fixed(context), fixed(regression), fixed(whiten), fixed(widths), fixed(ends), kept)


@eqx.filter_jit
def _rows(start: GaussianStart, s: Array, u: Array) -> tuple[Array, Array]:
    return jax.vmap(start)(s, u)
