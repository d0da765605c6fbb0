"""Brownian motion between walls that reflect it, a box of side L in every dimension.

    r_{k+1} = reflect(r_k + √(2 D) ε_k),    ε_k ~ N(0, 1),  r_0 uniform in the box

Reflection is that of a folded line, r ↦ L - |L - (r mod 2L)|, exact for one wall and any number of them.
"""

import jax
import jax.numpy as jnp
import numpy as np
import numpyro.distributions as dist
from jaxtyping import Array, Float

from ...priors import Prior
from ._process import registry
from ._trajectory import AbstractTrajectory


@registry.register("confined_brownian")
class ConfinedBrownian(AbstractTrajectory):
    """`steps` displacements; parameters `D`, log-uniform from 1e-5 to 1e-2, and `L`, log-uniform from 0.1 to 10."""

    @property
    def prior(self) -> Prior:
        return Prior(D=dist.LogUniform(1e-5, 1e-2), L=dist.LogUniform(0.1, 10.0))

    def displacements(self, key: Array, theta: Float[Array | np.ndarray, " p"]) -> Float[Array, "steps dims"]:
        for_start, for_steps = jax.random.split(key)
        start = theta[1] * jax.random.uniform(for_start, (1, self.dims))
        free = jnp.sqrt(2 * theta[0]) * jax.random.normal(for_steps, (self.steps, self.dims))
        path = jnp.concatenate([start, start + jnp.cumsum(free, axis=0)])  # folding a free path is reflecting it
        return jnp.diff(theta[1] - jnp.abs(theta[1] - jnp.mod(path, 2 * theta[1])), axis=0)
