"""Annealed transient time: a diffusion coefficient that changes, and stays the longer the smaller it is.

    Δx = √(2 D D_i) ε,    P(D_i < d) = d^α,  D_i in (0, 1],    for a time τ_i = 1 / D_i

(Massignan et al. 2014, doi:10.1103/PhysRevLett.112.150603, with σ = α and γ = 1). The mean squared displacement of the
ensemble grows as t^α, 0 < α < 1.
"""

import jax
import jax.numpy as jnp
import numpy as np
import numpyro.distributions as dist
from jaxtyping import Array, Float

from ...priors import Prior
from ._process import registry
from ._renewal import events_before, waiting_times
from ._trajectory import AbstractTrajectory


@registry.register("annealed_transient_time")
class AnnealedTransientTime(AbstractTrajectory):
    """`steps` displacements; parameters `alpha` in [0.2, 1] and `D`, log-uniform from 1e-5 to 1e-2.

    The coefficient is that at the middle of a step.
    """

    @property
    def prior(self) -> Prior:
        return Prior(alpha=dist.Uniform(0.2, 1.0), D=dist.LogUniform(1e-5, 1e-2))

    def displacements(self, key: Array, theta: Float[Array | np.ndarray, " p"]) -> Float[Array, "steps dims"]:
        for_times, for_steps = jax.random.split(key)
        times = waiting_times(for_times, theta[0], self.steps + 1, 2.0 * self.steps)
        now = events_before(times, jnp.arange(self.steps) + 0.5)
        spread = jnp.sqrt(2 * theta[1] / times[now])
        return spread[:, None] * jax.random.normal(for_steps, (self.steps, self.dims))
