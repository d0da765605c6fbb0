"""Batches from a file larger than memory, read ahead by a thread and mixed in a pool."""

from collections.abc import Iterator

import equinox as eqx
import jax
import numpy as np
from jaxtyping import Array, Int, PyTree

from ..simulate import Batch, Simulations
from ._arrays import Arrays, evenly
from ._read_ahead import ReadAhead
from ._source import AbstractSource, random_split, Split

# Held-out rows are kept in memory: at most so many, and of wide rows as many as take so many bytes, but for a few.
_MAX_VALID, _VALID_BYTES, _MIN_VALID = 20_000, 2**28, 1000
# Places of the file that a segment is read from, and those of the rows to start from, which may take so many bytes.
_BLOCKS, _PLACES, _START_BYTES = 16, 128, 2**26
# Segments that wait for their turn in the pool, and segments that wait for the device.
_POOL, _AHEAD = 8, 2


class Shards(AbstractSource):
    """Rows of simulations that stay on disk.

    An epoch walks through segments of `segment` rows. What is read for a segment are 16 blocks of neighbouring rows
    from random places of the file (fewer, where a chunk of the file is larger than that). They go into a pool of
    eight segments, each row in the place of one that leaves it, and those that leave are the segment: its rows come
    from more than a hundred places, so a file sorted by a parameter does no harm. Each row is used once an epoch, but
    for less than a segment of them, other ones each time. A thread reads and mixes, and puts the next two segments
    on the device, while one trains: about thirteen segments are in memory, whatever the size of the file. At most
    20,000 held-out rows are kept in memory, of wide rows those that take 256 MB, or 1,000.

    **Arguments:**

    - `sims`: simulations opened from a file.
    - `rows`: the rows to use.
    - `batch_size`: rows in a batch.
    - `segment`: rows of a segment.
    """

    sims: Simulations
    rows: np.ndarray
    batch_size: int = eqx.field(static=True)
    segment: int = eqx.field(static=True)
    steps: int = eqx.field(static=True)

    def __init__(self, sims: Simulations, rows: np.ndarray, *, batch_size: int, segment: int):
        self.sims, self.rows = sims, np.sort(np.asarray(rows))
        self.batch_size = min(batch_size, len(rows))
        # Whole batches: what would not fill one would be read and left out.
        self.segment = min(max(segment, self.batch_size), len(rows)) // self.batch_size * self.batch_size
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
        most = min(_MAX_VALID, max(_MIN_VALID, _VALID_BYTES // self.sims.row_bytes))
        split = random_split(self.rows, min(valid, most / len(self.rows)), test, key=key)
        held_out = self.sims.rows(split.valid)
        train = Shards(self.sims, split.train, batch_size=self.batch_size, segment=self.segment)
        return train, evenly(held_out, np.arange(len(split.valid)), self.batch_size), split

    def sample(self, n: int, *, key: Array) -> Batch:
        blocks, n = self._blocks(key), min(n, max(_POOL * self.segment, _START_BYTES // self.sims.row_bytes))
        places = max(_PLACES, -(-n * len(blocks) // len(self.rows)))
        chosen = np.asarray(jax.random.permutation(key, len(blocks))[:places])
        rows = np.concatenate([blocks[i] for i in chosen])
        if n < len(rows):
            rows = np.random.default_rng(np.asarray(jax.random.key_data(key)).ravel()).choice(rows, n, replace=False)
        return self.sims.rows(np.sort(rows))

    def segments(self, key: Array) -> Iterator[AbstractSource]:
        pieces = (Arrays(data, np.arange(self.segment), batch_size=self.batch_size) for data in self._mixed(key))
        return ReadAhead(pieces, _AHEAD)

    def _mixed(self, key: Array) -> Iterator[Batch]:
        """Segments of rows from all over the pool; in the end what is left in it."""
        generator = np.random.default_rng(np.asarray(jax.random.key_data(key)).ravel())
        pieces = self._pieces(key)
        layers = min(_POOL, len(pieces) // 2)
        slots = np.arange(self.segment)
        pool = None
        for i, piece in enumerate(pieces):
            new = self.sims.rows(piece)
            if not layers:
                yield new
                continue
            if i < layers:
                if pool is None:  # filled layer by layer: never is there a second one beside it
                    pool = jax.tree.map(lambda leaf: np.empty((layers * len(leaf), *leaf.shape[1:]), leaf.dtype), new)
                at = i * self.segment + slots
                jax.tree.map(lambda leaf, rows, at=at: leaf.__setitem__(at, rows), pool, new)
                continue
            # Of the rows of the pool with one number in their layer, any may leave: no two slots ask for the same.
            leaving = generator.integers(layers, size=self.segment) * self.segment + slots
            out = jax.tree.map(lambda leaf, at=leaving: leaf[at], pool)
            jax.tree.map(lambda leaf, rows, at=leaving: leaf.__setitem__(at, rows), pool, new)
            yield out
        order = generator.permuted(np.tile(np.arange(layers)[:, None], (1, self.segment)), axis=0)
        for layer in order:
            yield jax.tree.map(lambda leaf, at=layer * self.segment + slots: leaf[at], pool)

    def _pieces(self, key: Array) -> list[np.ndarray]:
        """The rows of each segment, in the order of the file."""
        blocks = self._blocks(key)
        order = np.concatenate([blocks[i] for i in np.asarray(jax.random.permutation(key, len(blocks)))])
        return [np.sort(order[i : i + self.segment]) for i in range(0, len(order) - self.segment + 1, self.segment)]

    def _blocks(self, key: Array) -> list[np.ndarray]:
        # The cuts move from epoch to epoch, so that no row is always among the few left over.
        size, chunk = max(1, self.segment // _BLOCKS), self.sims.chunk
        if chunk <= size:
            size = size // chunk * chunk
        else:  # a chunk, or a half of it, a quarter, ...: as long as it halves evenly, no block lies across two
            parts = -(-chunk // max(1, self.segment // 4))
            size = max(1, chunk // (1 << (parts - 1).bit_length()))
        step = min(chunk, size)
        shift = step * int(jax.random.randint(jax.random.fold_in(key, 1), (), 0, max(1, size // step)))
        cuts = np.searchsorted(self.rows, range(shift, int(self.rows[-1]) + 1, size))
        return [part for part in np.split(self.rows, cuts) if len(part)]
