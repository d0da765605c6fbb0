"""Compiled evaluation of ratios at many points for many observations, a chunk at a time."""

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from ..core import in_pieces

# Pairs of observation and point evaluated at once: hidden layers of 64 take 4 MB each, which are still in the cache.
_PAIRS = 2**14


@eqx.filter_jit
def _ratios_of_group(head: Any, s: Array, points: Array) -> Array:
    def row(s: Array, points: Array) -> Array:
        about = head.about(s)
        return jax.vmap(lambda theta: head.pair(about, theta))(points)

    return jax.vmap(row)(s, points)


def group_ratio(head: Any, s: Array) -> Callable[[np.ndarray], np.ndarray]:
    """The log-ratio of one group as a function of points `(m, n, d)`, for observations with contexts `s`."""
    context = np.asarray(s)

    def evaluate(points: np.ndarray) -> np.ndarray:
        def some(rows: np.ndarray) -> Array:
            return _ratios_of_group(head, jnp.asarray(context[rows]), jnp.asarray(points[rows], float))

        return in_pieces(some, len(points), most=max(1, _PAIRS // points.shape[1]))

    return evaluate
