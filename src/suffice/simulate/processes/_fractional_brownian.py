"""Fractional Brownian motion: stationary displacements that remember, of mean squared displacement 2 D t^α.

    γ_k = D (|k+1|^α - 2 |k|^α + |k-1|^α)

the covariance of displacements k steps apart (Mandelbrot & Van Ness 1968, doi:10.1137/1010093). For α < 1 they turn
back, for α > 1 they go on, and α = 1 is Brownian motion.
"""

from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import numpyro.distributions as dist
from jaxtyping import Array, Float

from ...priors import Prior
from ._gaussian_trajectory import AbstractGaussianTrajectory
from ._process import registry
from ._stationary import draw_stationary, toeplitz
from ._trajectory import refuse_settings


@registry.register("fractional_brownian")
class FractionalBrownian(AbstractGaussianTrajectory):
    """`steps` displacements; parameters `alpha` in [0.2, 1.8] and `D`, log-uniform from 1e-5 to 1e-2."""

    steps: int = eqx.field(static=True)
    dims: int = eqx.field(static=True)
    noise: float = eqx.field(static=True)

    def __init__(self, steps: int = 399, dims: int = 1, noise: float = 0.0):
        refuse_settings(steps, dims, noise)
        self.steps, self.dims, self.noise = int(steps), int(dims), float(noise)

    @property
    def prior(self) -> Prior:
        return Prior(alpha=dist.Uniform(0.2, 1.8), D=dist.LogUniform(1e-5, 1e-2))

    def displacements(self, key: Array, theta: Float[Array | np.ndarray, " p"]) -> Float[Array, "steps dims"]:
        unit = draw_stationary(_gamma(theta[0], self.steps + 1, jnp), self.dims, key)
        return jnp.sqrt(theta[1]) * unit

    def path_covariance(self, theta: Float[Array | np.ndarray, " p"]) -> np.ndarray:
        alpha, d = (np.float64(value) for value in theta)
        return d * toeplitz(_gamma(alpha, self.steps, np))


def _gamma(alpha: Any, n: int, xp: Any) -> Any:
    """γ_k / D at lags below n, without differences of large numbers: k^α ((1+1/k)^α + (1-1/k)^α - 2)."""
    k = np.arange(2, max(n, 2)) * 1.0
    far = xp.exp(alpha * np.log(k)) * (xp.expm1(alpha * np.log1p(1 / k)) + xp.expm1(alpha * np.log1p(-1 / k)))
    near = xp.stack([2.0 * xp.ones_like(alpha), 2.0**alpha - 2.0])
    return xp.concatenate([near, far])[:n]
