"""Continuous-time random walk: jumps separated by waiting times without a mean.

    P(τ > t) = t^(-α),    r(t) = Σ √(2 D) ε_i over the jumps until t

(Montroll & Weiss 1965, doi:10.1063/1.1704269). The ensemble's mean squared displacement grows as t^α, 0 < α < 1, that
of one trajectory averaged over time grows linearly: it does not forget when it began.
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


@registry.register("continuous_time_random_walk")
class ContinuousTimeRandomWalk(AbstractTrajectory):
    """`steps` displacements; parameters `alpha` in [0.2, 1] and `D`, log-uniform from 1e-5 to 1e-2."""

    @property
    def prior(self) -> Prior:
        return Prior(alpha=dist.Uniform(0.2, 1.0), D=dist.LogUniform(1e-5, 1e-2))

    def displacements(self, key: Array, theta: Float[Array | np.ndarray, " p"]) -> Float[Array, "steps dims"]:
        for_times, for_jumps = jax.random.split(key)
        times = waiting_times(for_times, theta[0], self.steps, 2.0 * self.steps)
        count = events_before(times, jnp.arange(self.steps + 1.0))
        jumps = jnp.sqrt(2 * theta[1]) * jax.random.normal(for_jumps, (self.steps, self.dims))
        path = jnp.concatenate([jnp.zeros((1, self.dims)), jnp.cumsum(jumps, axis=0)])
        return jnp.diff(path[count], axis=0)
