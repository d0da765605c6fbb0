"""A summary of every row of data: compiled where JAX can trace it, called row by row where it cannot."""

from collections.abc import Callable

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PyTree

from ._in_pieces import in_pieces, is_traced
from ._in_short import in_short

_MOST = 256


def compiled_rows(summary: Callable, x: PyTree) -> Array:
    """Summaries `(n, k)` of rows of arrays, by a summary that JAX can trace."""
    n = len(jax.tree.leaves(x)[0])
    if n < 2 or is_traced((summary, x)):
        return _of_each(summary, x)
    rows = jax.tree.map(np.asarray, x)

    def some(index: np.ndarray) -> Array:
        return _of_each(summary, jax.tree.map(lambda leaf: jnp.asarray(leaf[index]), rows))

    return jax.device_put(in_pieces(some, n, most=_MOST))


@eqx.filter_jit
def _of_each(summary: Callable, x: PyTree) -> Array:
    return jax.lax.map(lambda row: jnp.ravel(jnp.asarray(summary(row))), x, batch_size=_MOST)


def summary_rows(summary: Callable, x: PyTree, what: str = "the summary") -> Float[np.ndarray, "n k"]:
    """Summaries of rows of data (leading axis n of every leaf); `what` is how sentences call the summary.

    **Raises** `ValueError` for a summary that cannot be computed of a row, has no numbers, or not the same many for
    every row; `TypeError` for one that gives no real numbers.

    >>> summary_rows(lambda row: [row.min(), row.max()], np.arange(6.0).reshape(2, 3)).tolist()
    [[0.0, 2.0], [3.0, 5.0]]
    """
    try:
        found = np.asarray(compiled_rows(summary, jax.tree.map(jnp.asarray, x)))
    except Exception:  # whatever a function of NumPy says of a tracer; what is wrong with it shows when it is called
        found = _by_hand(summary, x, what)
    if found.dtype.kind not in "buif":
        raise TypeError(f"{what} must give real numbers, but it gives {found.dtype}")
    if found.shape[1] == 0:
        raise ValueError(f"{what} has no numbers, so it says nothing")
    return found.astype(np.float64)


def numbers_of(summary: Callable, example: PyTree) -> int | None:
    """How many numbers a summary has of one example; `None` where JAX cannot trace it.

    >>> numbers_of(lambda x: x[:2], np.zeros(3)), numbers_of(lambda x: float(x.sum()), np.zeros(3))
    (2, None)
    """
    one = jax.tree.map(
        lambda leaf: jax.ShapeDtypeStruct(leaf.shape, jax.dtypes.canonicalize_dtype(leaf.dtype)), example
    )
    try:
        return eqx.filter_eval_shape(lambda row: jnp.ravel(jnp.asarray(summary(row))), one).size
    except Exception:  # as above
        return None


def _by_hand(summary: Callable, x: PyTree, what: str) -> np.ndarray:
    rows = []
    for i in range(len(jax.tree.leaves(x)[0])):
        try:
            rows.append(np.ravel(np.asarray(summary(jax.tree.map(lambda leaf, i=i: np.asarray(leaf[i]), x)))))
        except Exception as error:
            raise ValueError(f"{what} cannot be computed of row {i}: {in_short(error)}") from error
    sizes = sorted({len(row) for row in rows})
    if len(sizes) > 1:
        raise ValueError(
            f"{what} must give as many numbers for every row, at least one, but it gives {sizes[0]} for some and "
            f"{sizes[-1]} for others"
        )
    return np.asarray(rows)
