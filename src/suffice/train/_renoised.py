"""Stored simulations with fresh noise inside the compiled training step."""

from collections.abc import Callable, Iterator
from typing import Any

import equinox as eqx
import jax
import numpy as np
from jaxtyping import Array, PyTree

from ..simulate import Batch, Simulations
from ._as_source import as_source
from ._source import AbstractSource, Split


class Renoised(AbstractSource):
    """Stored noiseless simulations with the noise drawn anew for every batch.

    **Arguments:**

    - `data`: the noiseless simulations, `Simulations` or a source.
    - `noise`: `noise(key, x) -> x` for one example, written in JAX.
    - `batch_size`: rows in a batch of `Simulations`.
    """

    source: AbstractSource
    noise: Callable[[Array, Any], Any]
    steps: int = eqx.field(static=True)

    def __init__(
        self, data: Simulations | AbstractSource, noise: Callable[[Array, Any], Any], *, batch_size: int = 256
    ):
        self.source, self.noise = as_source(data, batch_size), noise
        self.steps = self.source.steps

    @property
    def names(self) -> tuple[str, ...]:
        return self.source.names

    def plan(self, key: Array) -> PyTree:
        return self.source.plan(key)

    def batch(self, plan: PyTree, index: Array | int, key: Array) -> Batch:
        theta, x = self.source.batch(plan, index, key)
        keys = jax.random.split(jax.random.fold_in(key, 1), theta.shape[0])
        return Batch(theta, jax.vmap(self.noise)(keys, x))

    def divide(self, valid: float, test: float, *, key: Array) -> tuple[AbstractSource, AbstractSource, Split]:
        train, held_out, split = self.source.divide(valid, test, key=key)
        return Renoised(train, self.noise), Renoised(held_out, self.noise), split

    def sample(self, n: int, *, key: Array) -> Batch:
        theta, x = self.source.sample(n, key=key)
        keys = jax.random.split(key, len(theta))
        return Batch(theta, jax.tree.map(np.asarray, jax.jit(jax.vmap(self.noise))(keys, x)))

    def segments(self, key: Array) -> Iterator[AbstractSource]:
        for segment in self.source.segments(key):
            yield Renoised(segment, self.noise)
