"""A map whose memory follows the chunk, forwards and backwards.

Each chunk is evaluated with ``vmap`` and re-computed in the backward pass (gradient
checkpointing: Chen et al. 2016, arXiv:1604.06174), so the exact gradient of a sum over a
large batch needs the memory of one chunk.
"""

from collections.abc import Callable

import equinox as eqx
import jax
from jaxtyping import PyTree


def chunked_map(f: Callable, xs: PyTree, *, chunk: int | None = None) -> PyTree:
    """Map ``f`` over the leading axis of ``xs``, ``chunk`` rows at a time.

    **Arguments:**

    - `f`: a function of one example.
    - `xs`: arrays with one leading axis in common.
    - `chunk`: rows held in memory at once; ``None`` takes all of them.

    >>> import jax.numpy as jnp
    >>> chunked_map(lambda x: 2 * x, jnp.arange(5), chunk=2).tolist()
    [0, 2, 4, 6, 8]
    """
    n = jax.tree.leaves(xs)[0].shape[0]
    if chunk is None or chunk >= n:
        return jax.vmap(f)(xs)
    if chunk < 1:
        raise ValueError(f"chunk must be at least 1, but {chunk} came")
    return jax.lax.map(eqx.filter_checkpoint(f), xs, batch_size=chunk)
