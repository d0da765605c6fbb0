"""Batches from arrays in memory, shuffled anew each epoch."""

from collections.abc import Iterator
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Int, PyTree

from ._source import AbstractSource, random_split, Split


def as_floats(leaf: Any) -> Array:
    """An array for the device: floating numbers in JAX's default precision, others as they are."""
    array = np.asarray(leaf)
    return jnp.asarray(array, float) if array.dtype.kind == "f" else jnp.asarray(array)


class Arrays(AbstractSource):
    """Rows of arrays in memory.

    **Arguments:**

    - `data`: arrays with one leading axis in common (a `Batch`, a dict, any pytree).
    - `rows`: which rows to use.
    - `batch_size`: rows in a batch.
    - `shuffle`: draw a new order each epoch; otherwise the same batches in the same order.
    - `names`: of the parameters, where there are any.
    """

    data: PyTree[Array]
    rows: Int[Array, " n"]
    batch_size: int = eqx.field(static=True)
    steps: int = eqx.field(static=True)
    shuffle: bool = eqx.field(static=True)
    names: tuple[str, ...] = eqx.field(static=True)

    def __init__(self, data: PyTree, rows: Any, *, batch_size: int, shuffle: bool = True, names: tuple[str, ...] = ()):
        self.data = jax.tree.map(as_floats, data)
        self.rows = jnp.asarray(rows, jnp.int32)
        self.batch_size = min(batch_size, len(rows))
        self.steps = len(rows) // self.batch_size
        self.shuffle, self.names = shuffle, tuple(names)

    def plan(self, key: Array) -> Int[Array, "steps batch"]:
        rows = shuffled(self.rows, key) if self.shuffle else self.rows
        return rows[: self.steps * self.batch_size].reshape(self.steps, self.batch_size)

    def batch(self, plan: Int[Array, "steps batch"], index: Array | int, key: Array) -> PyTree:
        return jax.tree.map(lambda leaf: leaf[plan[index]], self.data)

    def divide(self, valid: float, test: float, *, key: Array) -> tuple[AbstractSource, AbstractSource, Split]:
        split = random_split(np.asarray(self.rows), valid, test, key=key)
        train = Arrays(self.data, split.train, batch_size=self.batch_size, shuffle=self.shuffle, names=self.names)
        return train, evenly(self.data, split.valid, self.batch_size), split

    def sample(self, n: int, *, key: Array) -> PyTree:
        rows = np.asarray(self.rows)
        if n < len(rows):
            rows = np.random.default_rng(np.asarray(jax.random.key_data(key)).ravel()).choice(rows, n, replace=False)
        return jax.tree.map(lambda leaf: np.asarray(leaf)[np.sort(rows)], self.data)

    def segments(self, key: Array) -> Iterator[AbstractSource]:
        yield self


def shuffled(rows: Int[Array, " n"], key: Array) -> Int[Array, " n"]:
    """Rows in a random order, by one sort: half of what `jax.random.permutation` takes to compile and to run.

    Two of n random numbers of 32 bits are the same in n²/2³³ cases, and then keep their order.
    """
    return rows[jnp.argsort(jax.random.bits(key, rows.shape))]


def evenly(data: PyTree, rows: np.ndarray, batch_size: int) -> Arrays:
    """Held-out rows in equal batches of about `batch_size`, so that almost none is left out."""
    batches = max(1, round(len(rows) / batch_size))
    return Arrays(data, rows, batch_size=max(1, len(rows) // batches), shuffle=False)
