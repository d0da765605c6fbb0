"""Lévy walk: flights of one speed in random directions, whose durations have no variance.

    P(τ > t) = t^(-σ),    σ = 3 - α;    Δr = v n_i during flight i,  n_i a unit vector of random direction

(Zaburdaev, Denisov & Klafter 2015, doi:10.1103/RevModPhys.87.483). The mean squared displacement grows as t^α for
1 < α < 2.
"""

import jax
import jax.numpy as jnp
import numpy as np
import numpyro.distributions as dist
from jaxtyping import Array, Float

from ...priors import Prior
from ._process import registry
from ._renewal import waiting_times
from ._trajectory import AbstractTrajectory


@registry.register("levy_walk")
class LevyWalk(AbstractTrajectory):
    """`steps` displacements; parameters `alpha` in [1.05, 1.95] and the speed `v`, log-uniform from 1e-3 to 1e-1."""

    @property
    def prior(self) -> Prior:
        return Prior(alpha=dist.Uniform(1.05, 1.95), v=dist.LogUniform(1e-3, 1e-1))

    def displacements(self, key: Array, theta: Float[Array | np.ndarray, " p"]) -> Float[Array, "steps dims"]:
        for_times, for_directions = jax.random.split(key)
        times = waiting_times(for_times, 3 - theta[0], self.steps, 2.0 * self.steps)
        directions = jax.random.normal(for_directions, (self.steps, self.dims))
        directions = directions / jnp.linalg.norm(directions, axis=1, keepdims=True)
        turns = jnp.concatenate([jnp.zeros(1), jnp.cumsum(times)])
        flights = jnp.cumsum(times[:, None] * directions, axis=0)
        path = jnp.concatenate([jnp.zeros((1, self.dims)), flights])
        at = jax.vmap(lambda one: jnp.interp(jnp.arange(self.steps + 1.0), turns, one), in_axes=1, out_axes=1)
        return theta[1] * jnp.diff(at(path), axis=0)
