"""The Ornstein-Uhlenbeck process: a particle that diffuses and is drawn back to the origin at a rate κ.

    dr = -κ r dt + √(2 D) dW,    γ_k = (D / κ) (2 e^(-κ|k|) - e^(-κ|k-1|) - e^(-κ|k+1|))

the covariance of its displacements k steps apart, once its position has its stationary variance D / κ
(Uhlenbeck & Ornstein 1930, doi:10.1103/PhysRev.36.823).
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


@registry.register("ornstein_uhlenbeck")
class OrnsteinUhlenbeck(AbstractGaussianTrajectory):
    """`steps` displacements; parameters `rate`, log-uniform from 0.01 to 1, and `D`, log-uniform from 1e-5 to 1e-2."""

    steps: int = eqx.field(static=True)
    dims: int = eqx.field(static=True)
    noise: float = eqx.field(static=True)

    def __init__(self, steps: int = 399, dims: int = 1, noise: float = 0.0):
        refuse_settings(steps, dims, noise)
        self.steps, self.dims, self.noise = int(steps), int(dims), float(noise)

    @property
    def prior(self) -> Prior:
        return Prior(rate=dist.LogUniform(0.01, 1.0), D=dist.LogUniform(1e-5, 1e-2))

    def displacements(self, key: Array, theta: Float[Array | np.ndarray, " p"]) -> Float[Array, "steps dims"]:
        return jnp.sqrt(theta[1]) * draw_stationary(_gamma(theta[0], self.steps + 1, jnp), self.dims, key)

    def path_covariance(self, theta: Float[Array | np.ndarray, " p"]) -> np.ndarray:
        rate, d = (np.float64(value) for value in theta)
        return d * toeplitz(_gamma(rate, self.steps, np))


def _gamma(rate: Any, n: int, xp: Any) -> Any:
    """γ_k / D: at lag zero 2 (1 - e^-κ) / κ, at others -e^(-κ(k-1)) (1 - e^-κ)² / κ."""
    fall = -xp.expm1(-rate)
    first = (2 * fall / rate) * xp.ones(1)
    return xp.concatenate([first, -xp.exp(-rate * np.arange(n - 1)) * fall**2 / rate])
