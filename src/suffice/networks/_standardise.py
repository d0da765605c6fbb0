"""Standardise: subtract the training mean, divide by the training standard deviation.

The statistics are frozen leaves: no gradient reaches them and no optimiser decays them.
"""

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from ..core import Frozen
from ._data_dependent import AbstractDataDependent, altered, record


def moments(x: np.ndarray, shape: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation over the rows, and over every axis where `shape` is 1.

    Non-finite numbers are left out; a column without spread gets a standard deviation of
    one, so that a constant input stays finite.
    """
    x = np.where(np.isfinite(x), x, np.nan).astype(np.float64)
    axes = (0, *(1 + i for i, size in enumerate(shape) if size == 1))
    count = np.isfinite(x).sum(axis=axes, keepdims=True)
    mean = np.nansum(x, axis=axes, keepdims=True) / np.maximum(count, 1)
    deviation = np.sqrt(np.nansum((x - mean) ** 2, axis=axes, keepdims=True) / np.maximum(count, 1))
    flat = deviation <= 1e-6 * np.maximum(np.abs(mean), 1e-30)
    return mean[0], np.where(flat, 1.0, deviation)[0]


class Standardise(AbstractDataDependent):
    """Shift and scale an array by statistics of the training rows, frozen once they are known.

    **Arguments:**

    - `shape`: shape of the statistics, of the same rank as the input. A `1` pools that
      axis: `(3, 1, 1)` keeps one mean for each of three channels of an image.

    `x` may hold integers (raw images); the result is floating.
    """

    mean: Frozen
    scale: Frozen
    shape: tuple[int, ...] = eqx.field(static=True)
    fitted: bool = eqx.field(static=True)
    slot: int = eqx.field(static=True)

    def __init__(self, shape: tuple[int, ...]):
        self.shape = tuple(shape)
        self.mean = Frozen(jnp.zeros(shape))
        self.scale = Frozen(jnp.ones(shape))
        self.fitted = False
        self.slot = -1

    def __call__(self, x: Array) -> Array:
        record(self.slot, x)
        return (jnp.asarray(x) - self.mean.value) / self.scale.value

    def fit(self, inputs: np.ndarray, theta: np.ndarray | None) -> "AbstractDataDependent":
        mean, scale = moments(np.asarray(inputs), self.shape)
        dtype = self.mean.value.dtype
        return altered(
            self, mean=Frozen(jnp.asarray(mean, dtype)), scale=Frozen(jnp.asarray(scale, dtype)), fitted=True
        )
