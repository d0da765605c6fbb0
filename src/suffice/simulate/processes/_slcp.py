"""Simple likelihood, complex posterior: four points of a normal distribution whose spreads enter squared.

    x_i ~ N(m, S), i = 1…4,   m = (θ0, θ1),   S = [[s₀², ρ s₀ s₁], [ρ s₀ s₁, s₁²]] + 10⁻⁶ 1,
    s₀ = θ2²,  s₁ = θ3²,  ρ = tanh θ4,   θ ~ U(-3, 3)⁵

Papamakarios, Sterratt & Murray (2019), arXiv:1805.07226; tasks T.3 and T.4 of Lueckmann et al. (2021),
arXiv:2101.04653. The signs of θ2 and θ3 cannot be told, so that there are four modes. With distractors the eight
numbers stand at fixed places among 92 that say nothing: draws of a mixture of 20 Student distributions of two degrees
of freedom, with centres N(0, 15²), scales 3 exp(N(0, 1)) and shears N(0, 9).
"""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import numpyro.distributions as dist
from jaxtyping import Array, Float

from ...priors import Prior
from ._process import AbstractProcess, registry

_POINTS, _LENGTH, _PARTS, _FREEDOM = 4, 100, 20, 2.0


@registry.register("slcp")
class SLCP(AbstractProcess):
    """Five parameters, eight numbers, or a hundred of which these are eight.

    **Arguments:** `distractors`: whether to add numbers that say nothing.
    """

    distractors: bool = eqx.field(static=True)

    def __init__(self, distractors: bool = False):
        self.distractors = bool(distractors)

    @property
    def prior(self) -> Prior:
        """Uniform in [-3, 3]⁵: `theta[0]`, …"""
        return Prior(theta=dist.Uniform(-3, 3).expand([5]))

    def __call__(self, key: Array, theta: Float[Array | np.ndarray, "5"]) -> Float[Array, " n"]:
        """Simulate once."""
        for_points, for_rest = jax.random.split(key)
        points = jnp.asarray(theta)[:2] + jax.random.normal(for_points, (_POINTS, 2)) @ _triangle(theta).T
        if not self.distractors:
            return points.ravel()
        return jnp.concatenate([points.ravel(), _distractors(for_rest)])[_places()]

    def log_likelihood(self, theta: Float[Array | np.ndarray, "5"], x: Float[Array | np.ndarray, " n"]) -> Array:
        """log p(of the eight numbers | θ)."""
        if self.distractors:
            x = jnp.asarray(x)[np.argsort(_places())[: 2 * _POINTS]]
        triangle = _triangle(theta)
        z = jax.scipy.linalg.solve_triangular(triangle, (x.reshape(_POINTS, 2) - theta[:2]).T, lower=True)
        volume = jnp.log(jnp.diag(triangle)).sum() + jnp.log(2 * jnp.pi)
        return -0.5 * (z**2).sum() - _POINTS * volume


def _triangle(theta: Array | np.ndarray) -> Float[Array, "2 2"]:
    """The Cholesky factor of S."""
    s0, s1, rho = theta[2] ** 2, theta[3] ** 2, jnp.tanh(theta[4])
    first = jnp.sqrt(s0**2 + 1e-6)
    across = rho * s0 * s1 / first
    rest = jnp.sqrt(s1**2 + 1e-6 - across**2)
    return jnp.stack([jnp.stack([first, jnp.zeros_like(first)]), jnp.stack([across, rest])])


def _places() -> np.ndarray:
    return np.random.default_rng(42).permutation(_LENGTH)


def _mixture() -> tuple[np.ndarray, np.ndarray]:
    """Centres `(20, 92)` and triangles `(20, 92, 92)`, the same ones each time."""
    rng, n = np.random.default_rng(42), _LENGTH - 2 * _POINTS
    centres = rng.normal(scale=15.0, size=(_PARTS, n))
    triangles = np.tril(rng.normal(scale=3.0, size=(_PARTS, n, n)), -1)
    scales = 3 * np.exp(rng.normal(size=(_PARTS, n)))
    return centres, triangles + np.einsum("pi,ij->pij", scales, np.eye(n))


def _distractors(key: Array) -> Float[Array, " n"]:
    for_part, for_normal, for_size = jax.random.split(key, 3)
    centres, triangles = (jnp.asarray(part, float) for part in _mixture())
    part = jax.random.randint(for_part, (), 0, _PARTS)
    normal = jax.random.normal(for_normal, (centres.shape[1],))
    chi = jax.random.chisquare(for_size, _FREEDOM) / _FREEDOM
    return centres[part] + triangles[part] @ normal / jnp.sqrt(chi)
