"""Batches simulated inside the compiled training step: no row is ever seen twice."""

from collections.abc import Callable, Iterator

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from ..priors import AbstractPrior
from ..simulate import Batch
from ._source import AbstractSource, Split


def _nothing() -> Split:
    return Split(*(np.zeros(0, np.int64) for _ in range(3)))


class Fresh(AbstractSource):
    """Draws parameters and simulations anew for every batch.

    **Arguments:**

    - `prior`: where the parameters come from.
    - `simulator`: `simulator(key, theta) -> x`, written in JAX.
    - `steps`: batches that count as an epoch.
    - `batch_size`: simulations in a batch.
    """

    prior: AbstractPrior
    simulator: Callable
    steps: int = eqx.field(static=True)
    batch_size: int = eqx.field(static=True)
    fixed: Array | None

    def __init__(
        self,
        prior: AbstractPrior,
        simulator: Callable,
        *,
        steps: int = 100,
        batch_size: int = 256,
        fixed: Array | None = None,
    ):
        if steps < 1 or batch_size < 2:
            raise ValueError(f"steps must be at least 1 and batch_size at least 2, but {steps} and {batch_size} came")
        self.prior, self.simulator = prior, simulator
        self.steps, self.batch_size, self.fixed = steps, batch_size, fixed

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self.prior.names)

    def plan(self, key: Array) -> Array:
        return key if self.fixed is None else self.fixed

    def batch(self, plan: Array, index: Array | int, key: Array) -> Batch:
        for_prior, for_simulator = jax.random.split(jax.random.fold_in(plan, index))
        theta = self.prior.sample(self.batch_size, key=for_prior)
        x = jax.vmap(self.simulator)(jax.random.split(for_simulator, self.batch_size), theta)
        return Batch(theta, x)

    def divide(self, valid: float, test: float, *, key: Array) -> tuple[AbstractSource, AbstractSource, Split]:
        steps = max(1, round(valid * self.steps))
        size = self.batch_size
        held_out = Fresh(self.prior, self.simulator, steps=steps, batch_size=size, fixed=key)
        return self, held_out, _nothing()

    def sample(self, n: int, *, key: Array) -> Batch:
        batches = max(1, n // self.batch_size)
        drawn = [eqx.filter_jit(self.batch)(key, jnp.asarray(i), key) for i in range(min(batches, 64))]
        return jax.tree.map(lambda *parts: np.concatenate(parts), *drawn)

    def segments(self, key: Array) -> Iterator[AbstractSource]:
        yield self
