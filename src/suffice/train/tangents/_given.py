"""A fixed set of simulations at the fiducial, with exact derivatives or with lower and upper simulations."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Key, PyTree

from ...core import chunked_map
from .._source import AbstractSource, random_split, Split
from ._batch import AbstractTangentBatch, AbstractTangents, Rows, Summarised
from ._derivative import along, between, flat_summary
from ._fiducial import Fiducial

Augment = Callable[[Array, Any], Any]
_CHUNK = 256


class GivenBatch(AbstractTangentBatch):
    """Simulations `x` `(n_s, ...)`, and for the first n_d of them `dx`.

    Without `width`, `dx` holds exact derivatives, `(n_d, ..., p)`; with it, lower and upper simulations,
    `(n_d, 2, p, ...)`. With `augment`, every row is altered by it, each with its own key, a row and its
    derivatives alike.
    """

    x: PyTree[Array]
    dx: PyTree[Array]
    width: Float[Array, " p"] | None
    keys: Key[Array, " n_s"] | None
    augment: Augment | None

    def summarise(self, f: Callable[[Any], Array], *, chunk: int | None) -> Summarised:
        n_d = len(jax.tree.leaves(self.dx)[0])
        head = jax.tree.map(lambda leaf: leaf[:n_d], (self.x, self.keys))
        tail = jax.tree.map(lambda leaf: leaf[n_d:], (self.x, self.keys))
        s, ds = chunked_map(lambda row: self._both(f, *row), (*head, self.dx), chunk=chunk)
        if n_d < len(jax.tree.leaves(self.x)[0]):
            rest = chunked_map(lambda row: self._summary(f, row[1])(row[0]), tail, chunk=chunk)
            s = jnp.concatenate([s, rest])
        return Summarised(s, ds)

    def _summary(self, f: Callable[[Any], Array], key: Any) -> Callable[[Any], Array]:
        augment = self.augment
        return flat_summary(f) if augment is None else flat_summary(lambda x: f(augment(key, x)))

    def _both(self, f: Callable[[Any], Array], x: PyTree, key: Array | None, dx: PyTree) -> tuple[Array, Array]:
        f = self._summary(f, key)
        return along(f, x, dx) if self.width is None else (f(x), between(f, dx, self.width))


class GivenTangents(AbstractTangents):
    """The source that `Tangents.exact` and `Tangents.differences` make: every step sees all of its rows."""

    x: PyTree[Array]
    dx: PyTree[Array]
    width: Float[Array, " p"] | None
    fiducial: Float[Array, " p"]
    augment: Augment | None
    names: tuple[str, ...] = eqx.field(static=True)
    steps: int = eqx.field(static=True)

    @property
    def n(self) -> int:
        """How many simulations."""
        return len(jax.tree.leaves(self.x)[0])

    @property
    def n_d(self) -> int:
        """How many of them, the first ones, have derivatives."""
        return len(jax.tree.leaves(self.dx)[0])

    def __getitem__(self, rows: Any) -> "GivenTangents":
        """The simulations of some rows, those with derivatives first."""
        rows = np.arange(self.n)[rows]
        with_dx, without = rows[rows < self.n_d], rows[rows >= self.n_d]
        order = np.concatenate([with_dx, without])
        x = jax.tree.map(lambda leaf: leaf[order], self.x)
        return replace(self, x=x, dx=jax.tree.map(lambda leaf: leaf[with_dx], self.dx))

    def plan(self, key: Array) -> Array:
        return key

    def batch(self, plan: Array, index: Array | int, key: Array) -> GivenBatch:
        keys = None if self.augment is None else jax.random.split(jax.random.fold_in(plan, index), self.n)
        return GivenBatch(self.x, self.dx, self.width, keys, self.augment)

    def divide(self, valid: float, test: float, *, key: Array) -> tuple[AbstractSource, AbstractSource, Split]:
        split = random_split(np.arange(self.n_d), valid, test, key=key)
        if self.n > self.n_d:
            others = random_split(np.arange(self.n_d, self.n), valid, test, key=key)
            split = Split(*(np.concatenate(parts) for parts in zip(split, others)))
        held_out = self[split.valid]
        return self[split.train], replace(held_out, augment=None, steps=1), split

    def sample(self, n: int, *, key: Array) -> Rows:
        rows = np.asarray(jax.random.permutation(key, self.n_d))[:n]
        x, dx = (jax.tree.map(lambda leaf: np.asarray(leaf[rows]), part) for part in (self.x, self.dx))
        if self.width is not None:
            width = np.asarray(self.width)
            dx = jax.tree.map(lambda leaf: np.moveaxis(leaf[:, 1] - leaf[:, 0], 1, -1) / width, dx)
        return Rows(x, dx, self.width is None)

    def segments(self, key: Array) -> Iterator[AbstractSource]:
        yield self


def given(
    x: PyTree,
    dx: PyTree,
    width: np.ndarray | None,
    at: Fiducial,
    *,
    augment: Augment | None = None,
    preprocess: Callable[[Any], Any] | None = None,
    steps: int = 1,
) -> GivenTangents:
    """The source of arrays on the host: preprocessed, and on the device as floating numbers."""
    x, dx = (jax.tree.map(lambda leaf: jnp.asarray(np.asarray(leaf), float), part) for part in (x, dx))
    if preprocess is not None:
        x, dx = _preprocessed(preprocess, x, dx, pairs=width is not None)
    wide = None if width is None else jnp.asarray(width, float)
    fiducial = jnp.asarray(at.theta, float)
    return GivenTangents(x=x, dx=dx, width=wide, fiducial=fiducial, augment=augment, names=at.names, steps=steps)


def _preprocessed(f: Callable[[Any], Any], x: PyTree, dx: PyTree, *, pairs: bool) -> tuple[PyTree, PyTree]:
    f = eqx.filter_jit(f)
    plain = jax.lax.map(f, x, batch_size=_CHUNK)
    if pairs:
        return plain, jax.lax.map(jax.vmap(jax.vmap(f)), dx, batch_size=_CHUNK)
    head = jax.tree.map(lambda leaf: leaf[: len(jax.tree.leaves(dx)[0])], x)

    def tangent(row: tuple[PyTree, PyTree]) -> PyTree:
        return jax.vmap(lambda t: jax.jvp(f, (row[0],), (t,))[1], in_axes=-1, out_axes=-1)(row[1])

    return plain, jax.lax.map(tangent, (head, dx), batch_size=_CHUNK)
