"""Brownian motion of diffusion coefficient D.

Δx_k = √(2 D) ε_k,    ε_k ~ N(0, 1)
"""

from collections.abc import Mapping
from typing import ClassVar

import jax
import jax.numpy as jnp
import numpy as np
import numpyro.distributions as dist
from jaxtyping import Array, Float

from ...priors import Prior
from ._gaussian_trajectory import AbstractGaussianTrajectory
from ._process import registry


@registry.register("brownian")
class Brownian(AbstractGaussianTrajectory):
    """`steps` displacements; parameter `D`, log-uniform from 1e-5 to 1e-2.

    >>> Brownian(50).exact_fisher(np.array([0.1])).round(3).tolist()
    [[2500.0]]
    """

    domain: ClassVar[Mapping[str, tuple[float, float]]] = {"D": (0.0, np.inf)}

    @property
    def prior(self) -> Prior:
        return Prior(D=dist.LogUniform(1e-5, 1e-2))

    def displacements(self, key: Array, theta: Float[Array | np.ndarray, " p"]) -> Float[Array, "steps dims"]:
        return jnp.sqrt(2 * theta[0]) * jax.random.normal(key, (self.steps, self.dims))

    def path_covariance(self, theta: Float[Array | np.ndarray, " p"]) -> np.ndarray:
        return 2 * float(theta[0]) * np.eye(self.steps)
