"""Batches from a file larger than memory, read ahead a few blocks at a time."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import equinox as eqx
import jax
import numpy as np
from jaxtyping import Array, Int, PyTree

from ..simulate import Batch, Simulations
from ._arrays import Arrays, evenly
from ._source import AbstractSource, random_split, Split

_MAX_VALID = 20_000
_BLOCKS = 16


class Shards(AbstractSource):
    """Rows of simulations that stay on disk.

    An epoch walks through segments of `segment` rows. Each segment is made of 16 blocks of
    neighbouring rows from random places of the file, and its rows are shuffled, so a file
    sorted by a parameter does no harm; while one segment trains, the next is read. Memory
    follows the segment, not the file. At most 20,000 held-out rows are kept in memory.

    **Arguments:**

    - `sims`: simulations opened from a file.
    - `rows`: the rows to use.
    - `batch_size`: rows in a batch.
    - `segment`: rows held in memory at once.
    """

    sims: Simulations
    rows: np.ndarray
    batch_size: int = eqx.field(static=True)
    segment: int = eqx.field(static=True)
    steps: int = eqx.field(static=True)

    def __init__(self, sims: Simulations, rows: np.ndarray, *, batch_size: int, segment: int):
        self.sims, self.rows = sims, np.sort(np.asarray(rows))
        self.batch_size = min(batch_size, len(rows))
        self.segment = min(max(segment, self.batch_size), len(rows))
        self.steps = (len(rows) // self.segment) * (self.segment // self.batch_size)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self.sims.names)

    def plan(self, key: Array) -> Int[Array, "steps batch"]:
        """An order of all rows. `batch` reads from disk and is not traced: a fit takes `segments`."""
        order = jax.random.permutation(key, len(self.rows))
        return order[: self.steps * self.batch_size].reshape(self.steps, self.batch_size)

    def batch(self, plan: PyTree, index: Array | int, key: Array) -> Batch:
        return self.sims.rows(self.rows[np.asarray(plan[index])])

    def divide(self, valid: float, test: float, *, key: Array) -> tuple[AbstractSource, AbstractSource, Split]:
        split = random_split(self.rows, min(valid, _MAX_VALID / len(self.rows)), test, key=key)
        held_out = self.sims.rows(split.valid)
        train = Shards(self.sims, split.train, batch_size=self.batch_size, segment=self.segment)
        return train, evenly(held_out, np.arange(len(split.valid)), self.batch_size), split

    def sample(self, n: int, *, key: Array) -> Batch:
        chosen = np.asarray(jax.random.permutation(key, len(self._blocks(key)))[:_BLOCKS])
        rows = np.concatenate([self._blocks(key)[i] for i in chosen])[:n]
        return self.sims.rows(np.sort(rows))

    def segments(self, key: Array) -> Iterator[AbstractSource]:
        blocks = self._blocks(key)
        order = np.concatenate([blocks[i] for i in np.asarray(jax.random.permutation(key, len(blocks)))])
        pieces = [np.sort(order[i : i + self.segment]) for i in range(0, len(order), self.segment)]
        pieces = [piece for piece in pieces if len(piece) == self.segment]
        with ThreadPoolExecutor(1) as reader:
            coming = reader.submit(self.sims.rows, pieces[0])
            for following in [*pieces[1:], None]:
                data: Any = coming.result()
                if following is not None:
                    coming = reader.submit(self.sims.rows, following)
                yield Arrays(data, np.arange(self.segment), batch_size=self.batch_size)

    def _blocks(self, key: Array) -> list[np.ndarray]:
        # The cuts move from epoch to epoch, so that no row is always among the few left over.
        size = max(1, self.segment // _BLOCKS)
        shift = int(jax.random.randint(jax.random.fold_in(key, 1), (), 0, size))
        return [part for part in np.split(self.rows, range(shift, len(self.rows), size)) if len(part)]
