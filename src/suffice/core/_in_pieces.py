"""A compiled function of rows, in pieces of two lengths: however many rows come, two programs are compiled at most."""

from collections.abc import Callable
from typing import Any

import jax
import numpy as np
from jax.core import Tracer
from jaxtyping import Int, PyTree

MOST = 4096
_SHARE = 16


def in_pieces(f: Callable[[Int[np.ndarray, " l"]], PyTree], n: int, *, most: int = MOST) -> PyTree:
    """What a function gives for the rows 0 … n − 1, as NumPy arrays with leading axis n.

    **Arguments:**

    - `f`: numbers of rows -> arrays of as many; it calls a compiled function of these rows.
    - `n`: how many rows there are, at least one.
    - `most`: rows at once, the memory that is needed; a sixteenth of it where no more than these come. The last piece
      is filled up with the last row.

    >>> squares = np.arange(5.0) ** 2
    >>> in_pieces(lambda rows: squares[rows], 5, most=2).tolist()
    [0.0, 1.0, 4.0, 9.0, 16.0]
    """
    length = most if n > most else max(1, most // _SHARE)
    pieces = []
    for start in range(0, n, length):
        found = f(np.minimum(np.arange(start, start + length), n - 1))
        pieces.append(jax.tree.map(lambda leaf, start=start: np.asarray(leaf)[: n - start], found))
    return jax.tree.map(lambda *parts: np.concatenate(parts), *pieces)


def is_traced(tree: Any) -> bool:
    """Whether JAX is tracing any leaf, so that there are no numbers to cut in pieces yet."""
    return any(isinstance(leaf, Tracer) for leaf in jax.tree.leaves(tree))
