"""Functions of parameter vectors, as part of a program that is being traced, or as few programs of their own."""

from collections.abc import Callable
from typing import TypeVar

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ..core import in_pieces, is_traced

_MANY = 2**16  # grids of thousands of posteriors have millions of rows

T = TypeVar("T")
Rows = Float[Array | np.ndarray, "n p"]


def numbers(rows: Rows) -> Rows:
    """In the precision of JAX; by NumPy where it can be, since JAX compiles a conversion for every shape."""
    return jnp.asarray(rows, float) if is_traced(rows) else np.asarray(rows, jnp.zeros(()).dtype)


def of_rows(f: Callable[[T, Array], Array], fixed: T, rows: Rows) -> Array:
    """`f(fixed, rows)`, compiled and of every row its own; in pieces, so that more rows are no other program."""
    rows = numbers(rows)
    if is_traced((fixed, rows)):
        return f(fixed, jnp.asarray(rows))
    own = rows if len(rows) else np.zeros((1, rows.shape[1]), rows.dtype)
    sizes = {"most": _MANY} if len(own) > _MANY else {}
    found = in_pieces(lambda some: f(fixed, jnp.asarray(own[some])), len(own), **sizes)
    return jax.device_put(found[: len(rows)])  # which, unlike jnp.asarray, compiles nothing
