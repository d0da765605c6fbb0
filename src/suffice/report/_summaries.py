"""A summary network by its name, with the sizes that fit the data."""

from collections.abc import Callable
from typing import Any

import jax
from jaxtyping import Array, PyTree

from ..core import as_key, KeyLike, Registry
from ..networks import Conv1d, DeepSet, Linear, MLP, ResNet2d

SUMMARIES: Registry[Callable[..., Any]] = Registry("summary")


def summary_network(name: str, example: PyTree, n_out: int, *, key: KeyLike) -> Callable:
    """The summary called `name` for data like `example`.

    - `name`: `"mlp"` and `"linear"` take any data, also several named arrays; `"conv1d"` one array `(length,)`
      or `(channels, length)`; `"resnet2d"` one array `(height, width)` or `(channels, height, width)`;
      `"deepset"` one array `(members, features)`.
    - `example`: one `x`, arrays or `jax.ShapeDtypeStruct`.
    - `n_out`: how many summaries.

    **Raises** `ValueError` for an unknown name, and for data that the network cannot take.

    >>> import jax.numpy as jnp
    >>> summary_network("conv1d", jax.ShapeDtypeStruct((100,), "float32"), 3, key=0)(jnp.ones(100)).shape
    (3,)
    """
    return SUMMARIES.get(name)(example, n_out, key=as_key(key))


def _size(example: PyTree) -> int:
    return sum(leaf.size for leaf in jax.tree.leaves(example))


def _shape(example: PyTree, name: str, allowed: tuple[int, ...], wanted: str) -> tuple[int, ...]:
    leaves = jax.tree.leaves(example)
    if len(leaves) != 1 or len(leaves[0].shape) not in allowed:
        came = ", ".join(str(tuple(leaf.shape)) for leaf in leaves)
        raise ValueError(
            f"summary {name!r} needs one array {wanted} for each simulation, but the data have shape {came}; "
            "use 'mlp' or 'linear', which take any"
        )
    return tuple(leaves[0].shape)


@SUMMARIES.register("linear")
def _linear(example: PyTree, n_out: int, *, key: Array) -> Callable:
    return Linear(_size(example), n_out, key=key)


@SUMMARIES.register("mlp")
def _mlp(example: PyTree, n_out: int, *, key: Array) -> Callable:
    return MLP(_size(example), n_out, key=key)


@SUMMARIES.register("conv1d")
def _conv1d(example: PyTree, n_out: int, *, key: Array) -> Callable:
    shape = _shape(example, "conv1d", (1, 2), "(length,) or (channels, length)")
    return Conv1d(shape, n_out, key=key)


@SUMMARIES.register("resnet2d")
def _resnet2d(example: PyTree, n_out: int, *, key: Array) -> Callable:
    shape = _shape(example, "resnet2d", (2, 3), "(height, width) or (channels, height, width)")
    return ResNet2d(shape, n_out, key=key)


@SUMMARIES.register("deepset")
def _deepset(example: PyTree, n_out: int, *, key: Array) -> Callable:
    shape = _shape(example, "deepset", (2,), "(members, features)")
    return DeepSet(shape[1], n_out, key=key)
