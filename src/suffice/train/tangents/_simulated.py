"""Fresh simulations at the fiducial in every step, differentiated through the simulator."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Key

from ...core import chunked_map
from .._source import AbstractSource, Split
from ._batch import AbstractTangentBatch, AbstractTangents, Rows, Summarised
from ._derivative import along, flat_summary, through

_MOST_NUMBERS = 2**26


class SimulatedBatch(AbstractTangentBatch):
    """Keys of simulations; they are simulated chunk by chunk, where they are summarised.

    Where `width` is given, derivatives are central differences of two simulations with the same key.
    """

    keys: Key[Array, " n_s"]
    fiducial: Float[Array, " p"]
    width: Float[Array, " p"] | None
    simulator: Callable
    n_d: int = eqx.field(static=True)

    def summarise(self, f: Callable[[Any], Array], *, chunk: int | None) -> Summarised:
        f = flat_summary(f)

        def both(key: Array) -> tuple[Array, Array]:
            whole = jax.eval_shape(self.simulator, key, self.fiducial)
            if self.width is None and all(jnp.issubdtype(leaf.dtype, jnp.inexact) for leaf in jax.tree.leaves(whole)):
                return along(f, *through(lambda theta: self.simulator(key, theta), self.fiducial, None))
            return through(lambda theta: f(self.simulator(key, theta)), self.fiducial, self.width)

        s, ds = chunked_map(both, self.keys[: self.n_d], chunk=chunk)
        if self.n_d < len(self.keys):
            rest = chunked_map(lambda key: f(self.simulator(key, self.fiducial)), self.keys[self.n_d :], chunk=chunk)
            s = jnp.concatenate([s, rest])
        return Summarised(s, ds)


class SimulatedTangents(AbstractTangents):
    """The source that `Tangents.simulated` makes."""

    simulator: Callable
    fiducial: Float[Array, " p"]
    width: Float[Array, " p"] | None
    fixed: Key[Array, ""] | None
    names: tuple[str, ...] = eqx.field(static=True)
    n: int = eqx.field(static=True)
    n_d: int = eqx.field(static=True)
    steps: int = eqx.field(static=True)

    def plan(self, key: Array) -> Array:
        return key if self.fixed is None else self.fixed

    def batch(self, plan: Array, index: Array | int, key: Array) -> SimulatedBatch:
        keys = jax.random.split(jax.random.fold_in(plan, index), self.n)
        return SimulatedBatch(keys, self.fiducial, self.width, self.simulator, self.n_d)

    def divide(self, valid: float, test: float, *, key: Array) -> tuple[AbstractSource, AbstractSource, Split]:
        # As many held-out simulations as `valid` of an epoch's, always the same, in one batch.
        times = max(1, round(valid * self.steps))
        held_out = replace(self, fixed=key, n=times * self.n, n_d=times * self.n_d, steps=1)
        return self, held_out, Split(*(np.zeros(0, np.int64) for _ in range(3)))

    def sample(self, n: int, *, key: Array) -> Rows:
        one = jax.eval_shape(self.simulator, key, self.fiducial)
        numbers = sum(leaf.size for leaf in jax.tree.leaves(one)) * (1 + len(self.fiducial))
        rows = max(2, min(n, self.n, _MOST_NUMBERS // max(1, numbers)))

        def simulate(key: Array) -> tuple[Any, Any]:
            return through(lambda theta: self.simulator(key, theta), self.fiducial, self.width)

        x, dx = jax.tree.map(np.asarray, eqx.filter_jit(jax.vmap(simulate))(jax.random.split(key, rows)))
        return Rows(x, dx, self.width is None)

    def segments(self, key: Array) -> Iterator[AbstractSource]:
        yield self
