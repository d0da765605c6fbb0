"""One fit on several devices, of this process or of many: each takes its part of every batch.

Weights and data lie on every device, the same on all. A batch is divided along its leading axis (`shared_out`), and XLA
adds up what the devices found, so the numbers are those of one device but for the order of sums. With one device
nothing here does anything.
"""

import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec
from jaxtyping import PyTree


@functools.cache
def _mesh() -> Mesh | None:
    devices = jax.devices()
    return None if len(devices) == 1 else Mesh(np.array(devices), ("batch",))


def everywhere(tree: PyTree) -> PyTree:
    """The arrays of a tree on every device. All processes give the same ones: nothing is sent between them."""
    mesh = _mesh()
    if mesh is None:
        return tree
    everything = NamedSharding(mesh, PartitionSpec())
    return jax.tree.map(lambda leaf: _placed(leaf, everything), tree)


def _placed(leaf: Any, sharding: NamedSharding) -> Any:
    if not isinstance(leaf, jax.Array | np.ndarray) or getattr(leaf, "sharding", None) == sharding:
        return leaf
    leaf = jnp.asarray(leaf)
    if jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key):
        data = _placed(jax.random.key_data(leaf), sharding)
        return jax.random.wrap_key_data(data, impl=jax.random.key_impl(leaf))
    if jax.process_count() == 1:
        return jax.device_put(leaf, sharding)
    return jax.make_array_from_process_local_data(sharding, np.asarray(leaf), leaf.shape)


def here(tree: PyTree) -> PyTree:
    """The same arrays on the first device of this process alone, as everything after a fit expects them."""
    if _mesh() is None:
        return tree
    return jax.tree.map(lambda leaf: jnp.asarray(np.asarray(leaf)) if isinstance(leaf, jax.Array) else leaf, tree)


def shared_out(batch: PyTree) -> PyTree:
    """Inside a compiled call: each device has its part of the leading axis, where that can be divided evenly."""
    mesh = _mesh()
    if mesh is None:
        return batch

    def place(leaf: Any) -> Any:
        fits = isinstance(leaf, jax.Array) and leaf.ndim > 0 and leaf.shape[0] % mesh.size == 0
        return _constrained(leaf, mesh, "batch") if fits else leaf

    return jax.tree.map(place, batch)


def same_everywhere(tree: PyTree) -> PyTree:
    """Inside a compiled call: every device has the whole of each array."""
    mesh = _mesh()
    if mesh is None:
        return tree
    return jax.tree.map(lambda leaf: _constrained(leaf, mesh) if isinstance(leaf, jax.Array) else leaf, tree)


def _constrained(leaf: jax.Array, mesh: Mesh, *axes: str) -> jax.Array:
    return jax.lax.with_sharding_constraint(leaf, NamedSharding(mesh, PartitionSpec(*axes)))
