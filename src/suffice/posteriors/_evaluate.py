"""Compiled evaluation of ratios at many points for many observations, a chunk at a time."""

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

# Pairs of observation and point evaluated at once: hidden layers of 64 take 16 MB each.
_PAIRS = 2**16


@eqx.filter_jit
def _ratios_of_group(head: Any, s: Array, points: Array, chunk: int) -> Array:
    def row(pair: tuple[Array, Array]) -> Array:
        about = head.about(pair[0])
        return jax.vmap(lambda theta: head.pair(about, theta))(pair[1])

    return jax.lax.map(row, (s, points), batch_size=chunk)


def group_ratio(head: Any, s: Array) -> Callable[[np.ndarray], np.ndarray]:
    """The log-ratio of one group as a function of points `(m, n, d)`, for observations with contexts `s`."""

    def evaluate(points: np.ndarray) -> np.ndarray:
        chunk = max(1, _PAIRS // points.shape[1])
        return np.asarray(_ratios_of_group(head, s, jnp.asarray(points, float), min(chunk, len(points))))

    return evaluate
