"""Scaled Brownian motion: the diffusion coefficient grows or falls as a power of time, D(t) = α D0 t^(α-1).

    Δx_k = √(2 D0 [k^α - (k-1)^α]) ε_k,    ε_k ~ N(0, 1),    k = 1 … n

(Lim & Muniandy 2002, doi:10.1103/PhysRevE.66.021114). Its mean squared displacement is 2 D0 t^α. Time is counted from
the origin of the power law: a series that starts later has another α where that is not taken into account.
"""

from collections.abc import Mapping
from typing import ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import numpyro.distributions as dist
from jaxtyping import Array, Float

from ...priors import Prior
from ._gaussian_trajectory import AbstractGaussianTrajectory
from ._process import registry


@registry.register("scaled_brownian")
class ScaledBrownian(AbstractGaussianTrajectory):
    """`steps` displacements; parameters `alpha` in [0.2, 1.8] and `D0`, log-uniform from 1e-5 to 1e-2.

    - `origin`: steps that went by between the origin of time and the first displacement.
    """

    domain: ClassVar[Mapping[str, tuple[float, float]]] = {"alpha": (0.0, np.inf), "D0": (0.0, np.inf)}
    origin: int = eqx.field(static=True, default=0)

    def __check_init__(self):
        if self.origin < 0:
            raise ValueError(f"origin must not be negative, but {self.origin} came")

    @property
    def prior(self) -> Prior:
        return Prior(alpha=dist.Uniform(0.2, 1.8), D0=dist.LogUniform(1e-5, 1e-2))

    def displacements(self, key: Array, theta: Float[Array | np.ndarray, " p"]) -> Float[Array, "steps dims"]:
        k = np.arange(self.steps) + self.origin + 1.0
        # (k^α - (k-1)^α) without the difference of large numbers.
        growth = jnp.exp(theta[0] * np.log(k)) * -jnp.expm1(theta[0] * np.log1p(-1 / np.maximum(k, 1.5)))
        growth = jnp.where(k == 1, 1.0, growth)
        return jnp.sqrt(2 * theta[1] * growth)[:, None] * jax.random.normal(key, (self.steps, self.dims))

    def path_covariance(self, theta: Float[Array | np.ndarray, " p"]) -> np.ndarray:
        return np.diag(self.exact_variances(theta))

    def exact_variances(self, theta: Float[Array | np.ndarray, " p"]) -> Float[np.ndarray, " steps"]:
        """Variance of each displacement, 2 D(t) averaged over the step."""
        k = np.arange(self.steps) + self.origin + 1.0
        alpha, d0 = (float(value) for value in theta)
        return 2 * d0 * (k**alpha - (k - 1) ** alpha)
