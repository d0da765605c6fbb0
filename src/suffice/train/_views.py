"""Sources of pairs: two views of the same rows, or a time series and itself later."""

from collections.abc import Iterator
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Int, PyTree

from ._arrays import Arrays, as_floats, shuffled
from ._source import AbstractSource, Split


def views(one: PyTree, two: PyTree, *, batch_size: int = 256) -> Arrays:
    """Two views of the same n things: batches `{"one": ..., "two": ...}`.

    >>> import numpy as np
    >>> views(np.ones((100, 3)), np.ones((100, 5)), batch_size=20).steps
    5
    """
    sizes = {len(leaf) for leaf in jax.tree.leaves((one, two))}
    if len(sizes) != 1:
        raise ValueError(f"the views must have the same rows, but they have {', '.join(map(str, sorted(sizes)))}")
    n = sizes.pop()
    return Arrays({"one": one, "two": two}, np.arange(n), batch_size=batch_size)


class Lagged(AbstractSource):
    """Pairs of moments of time series; see `lagged`."""

    series: PyTree[Array]
    moments: Int[Array, " n"]
    lag: int = eqx.field(static=True)
    batch_size: int = eqx.field(static=True)
    steps: int = eqx.field(static=True)
    names: tuple[str, ...] = eqx.field(static=True)

    def __init__(self, series: PyTree, moments: Any, lag: int, batch_size: int):
        self.series, self.moments = series, jnp.asarray(moments, jnp.int32)
        self.lag, self.names = lag, ()
        self.batch_size = min(batch_size, len(moments))
        self.steps = len(moments) // self.batch_size

    def plan(self, key: Array) -> Int[Array, "steps batch"]:
        order = shuffled(self.moments, key)
        return order[: self.steps * self.batch_size].reshape(self.steps, self.batch_size)

    def _pairs(self, moments: Any) -> PyTree:
        at = lambda rows: jax.tree.map(lambda leaf: leaf[rows], self.series)  # noqa: E731
        return {"one": at(moments), "two": at(moments + self.lag)}

    def batch(self, plan: Int[Array, "steps batch"], index: Array | int, key: Array) -> PyTree:
        return self._pairs(plan[index])

    def divide(self, valid: float, test: float, *, key: Array) -> tuple[AbstractSource, AbstractSource, Split]:
        moments = np.sort(np.asarray(self.moments))
        n = len(moments)
        ends = [round((1 - valid - test) * n), round((1 - test) * n), n]
        if valid <= 0 or test < 0 or ends[0] <= self.lag or ends[1] - ends[0] <= self.lag + 1:
            raise ValueError(
                f"{n} pairs of moments {self.lag} apart cannot be divided into {1 - valid - test:.2g}, {valid:.2g} and "
                f"{test:.2g} parts in time; give more of the series or a smaller lag"
            )
        # So many moments before each cut are left out that no pair reaches over it.
        parts = [moments[start : end - self.lag] for start, end in zip((0, *ends), ends)]
        pieces = [Lagged(self.series, part, self.lag, self.batch_size) for part in parts[:2]]
        return pieces[0], pieces[1], Split(*parts)

    def sample(self, n: int, *, key: Array) -> PyTree:
        moments = np.asarray(self.moments)
        if n < len(moments):
            moments = np.random.default_rng(np.asarray(jax.random.key_data(key)).ravel()).choice(moments, n, False)
        return jax.tree.map(np.asarray, self._pairs(np.sort(moments)))

    def segments(self, key: Array) -> Iterator[AbstractSource]:
        yield self


def lagged(series: PyTree, lag: int = 1, *, batch_size: int = 256) -> Lagged:
    """Pairs `{"one": x_t, "two": x_{t+lag}}` of a time series, or of several.

    **Arguments:**

    - `series`: arrays of leading axis T, one moment a row; or a list of such, of any lengths.
    - `lag`: how many moments later.

    What `sf.fit` holds out is the last part in time (of several series, the last ones), and no pair reaches over.
    """
    many = list(series) if isinstance(series, list | tuple) else [series]
    lengths = [len(jax.tree.leaves(one)[0]) for one in many]
    if lag < 1 or min(lengths) <= lag:
        raise ValueError(f"lag must be at least 1 and below the length of every series, but {lag} came for {lengths}")
    joined = jax.tree.map(lambda *leaves: as_floats(np.concatenate(leaves)), *many)
    starts = np.cumsum([0, *lengths[:-1]])
    moments = np.concatenate([start + np.arange(length - lag) for start, length in zip(starts, lengths)])
    return Lagged(joined, moments, lag, batch_size)
