"""A weight that changes while training goes on."""

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array


class Schedule(eqx.Module):
    """Values at steps, on straight lines between them, or constant until the next where `stages`.

    >>> annealed = Schedule(steps=(100, 200), values=(0.0, 1.0))
    >>> [float(annealed(step)) for step in (0, 150, 300)]
    [0.0, 0.5, 1.0]
    >>> staged = Schedule(steps=(0, 100), values=(0.1, 1.0), stages=True)
    >>> [round(float(staged(step)), 3) for step in (99, 100)]
    [0.1, 1.0]
    """

    steps: tuple[int, ...] = eqx.field(static=True, converter=tuple)
    values: tuple[float, ...] = eqx.field(static=True, converter=tuple)
    stages: bool = eqx.field(static=True, default=False)

    def __check_init__(self):
        if not np.isfinite([*self.steps, *self.values]).all():
            raise ValueError(f"steps and values must be finite, but {self.steps} and {self.values} came")
        if len(self.steps) != len(self.values) or not self.steps or list(self.steps) != sorted(set(self.steps)):
            raise ValueError(f"steps must rise and have one value each, but {self.steps} and {self.values} came")

    def __call__(self, step: Array | int) -> Array:
        if not self.stages:
            return jnp.interp(jnp.asarray(step, float), jnp.asarray(self.steps, float), jnp.asarray(self.values, float))
        which = jnp.searchsorted(jnp.asarray(self.steps), jnp.asarray(step), side="right") - 1
        return jnp.asarray(self.values, float)[jnp.maximum(which, 0)]
