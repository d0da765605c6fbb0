"""The mean of a loss over rows, and its gradient, a few rows at a time: nothing is computed twice.

`chunked_map` computes each chunk again on the way back. A mean needs no way back: the gradient of each chunk is taken
with its value and added up, so that memory and, on a CPU, the cache hold one chunk.
"""

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import PyTree


def chunked_mean(loss: Callable, module: PyTree, rows: PyTree, *, chunk: int | None = None) -> tuple[Any, PyTree]:
    """Mean over rows of `loss(module, row) -> (number, numbers beside it)`, for which see below.

    Gradients flow to the arrays of `module` from the loss alone: none from the numbers beside it, none to the rows.

    **Arguments:**

    - `loss`: of one row.
    - `rows`: arrays with one leading axis in common.
    - `chunk`: rows at once, or as many fewer as divide their number; `None` takes all.

    >>> chunked_mean(lambda w, x: (w * x, x), jnp.array(2.0), jnp.arange(4.0), chunk=2)
    (Array(3., dtype=float32), Array(1.5, dtype=float32))
    """
    if chunk is not None and chunk < 1:
        raise ValueError(f"chunk must be at least 1, but {chunk} came")
    n = len(jax.tree.leaves(rows)[0])
    size = n if chunk is None else next(k for k in range(min(chunk, n), 0, -1) if n % k == 0)

    def of(module: PyTree, some: PyTree) -> tuple[Any, PyTree]:
        each = jax.vmap(lambda row: loss(module, row))(some)
        return jax.tree.map(lambda leaf: leaf.mean(axis=0), each)

    if size == n:
        value, beside = of(module, jax.lax.stop_gradient(rows))
        return value, jax.lax.stop_gradient(beside)
    # A chunk takes rows from all over the batch: with several devices each has its part of every chunk.
    parts = jax.tree.map(lambda leaf: jnp.swapaxes(leaf.reshape(size, n // size, *leaf.shape[1:]), 0, 1), rows)
    return _mean(module, parts, of)


@eqx.filter_custom_vjp
def _mean(module: PyTree, parts: PyTree, of: Callable) -> tuple[Any, PyTree]:
    each = jax.lax.map(lambda some: of(module, some), parts)
    return jax.tree.map(lambda leaf: leaf.mean(axis=0), each)


@_mean.def_fwd
def _mean_fwd(perturbed: PyTree, module: PyTree, parts: PyTree, of: Callable) -> tuple[Any, Any]:
    weights, fixed = eqx.partition(module, eqx.is_inexact_array)
    graded = jax.value_and_grad(lambda weights, some: of(eqx.combine(weights, fixed), some), has_aux=True)
    count = len(jax.tree.leaves(parts)[0])

    def step(total: PyTree, some: PyTree) -> tuple[PyTree, None]:
        return jax.tree.map(lambda a, b: a + b / count, total, graded(weights, some)), None

    shapes = jax.eval_shape(graded, weights, jax.tree.map(lambda leaf: leaf[0], parts))
    zeros = jax.tree.map(lambda leaf: jnp.zeros(leaf.shape, leaf.dtype), shapes)
    (out, gradient), _ = jax.lax.scan(step, zeros, parts)
    return out, gradient


@_mean.def_bwd
def _mean_bwd(gradient: Any, out: Any, perturbed: Any, module: PyTree, parts: PyTree, of: Callable) -> PyTree:
    return jax.tree.map(lambda leaf: leaf * out[0], gradient)
