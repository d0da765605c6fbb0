"""Pooling of feature maps to a fixed size: averages over segments, and maxima over all."""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float


def summarise_positions(x: Float[Array, "c *space"], segments: int) -> Float[Array, " f"]:
    """Averages of each channel over at most `segments` segments an axis, and its maximum.

    >>> summarise_positions(jnp.arange(8.0).reshape(1, 8), 2).tolist()
    [1.5, 5.5, 7.0]
    """
    largest = x.max(axis=tuple(range(1, x.ndim)))
    for axis in range(1, x.ndim):
        x = jnp.moveaxis(jnp.tensordot(_averages(x.shape[axis], segments), x, axes=(1, axis)), 0, axis)
    return jnp.concatenate([jnp.ravel(x), largest])


def _averages(n: int, segments: int) -> np.ndarray:
    """A matrix that averages `n` positions over segments as equal as can be."""
    owner = np.minimum(np.arange(n) * min(segments, n) // n, segments - 1)
    matrix = (owner == np.arange(min(segments, n))[:, None]).astype(np.float32)
    return matrix / matrix.sum(axis=1, keepdims=True)
