"""What trajectories share: displacements per unit of time, several dimensions, localisation noise.

    Δx_k = Δr_k + η_{k+1} - η_k,    η ~ N(0, noise²)

with Δr the displacements of the particle, and η the error of localising it, one for each position.
"""

import abc

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ._process import AbstractProcess


class AbstractTrajectory(AbstractProcess):
    """A process whose simulations are `steps` displacements in each of `dims` dimensions.

    Its shape is `(steps,)` in one dimension and `(steps, dims)` in more; positions are the cumulative sums. `noise` is
    the standard deviation of the localisation error. To write one, define `prior`, and `displacements`, which are free
    of noise; further settings are fields with defaults.
    """

    steps: int = eqx.field(static=True, default=399)
    dims: int = eqx.field(static=True, default=1)
    noise: float = eqx.field(static=True, default=0.0)

    def __check_init__(self):
        whole = all(isinstance(size, int | np.integer) and size >= 1 for size in (self.steps, self.dims))
        if not whole or not 0 <= self.noise < np.inf:
            raise ValueError(
                "steps and dims must be whole numbers, at least 1, and noise finite and not negative; "
                f"{self.steps}, {self.dims} and {self.noise} came"
            )

    @abc.abstractmethod
    def displacements(self, key: Array, theta: Float[Array | np.ndarray, " p"]) -> Float[Array, "steps dims"]:
        """Displacements of the particle itself."""

    def __call__(self, key: Array, theta: Float[Array | np.ndarray, " p"]) -> Array:
        for_path, for_noise = jax.random.split(key)
        x = self.displacements(for_path, theta)
        if self.noise > 0:
            error = self.noise * jax.random.normal(for_noise, (self.steps + 1, self.dims))
            x = x + jnp.diff(error, axis=0)
        return x[:, 0] if self.dims == 1 else x
