"""The source of batches that simulations are: arrays in memory, or a file read segment by segment."""

import math

import jax
import numpy as np

from ..core import kind_of, warn
from ..simulate import Batch, Simulations
from ._arrays import Arrays
from ._rows import usable_rows
from ._shards import Shards
from ._source import AbstractSource

_ENOUGH = 2**25  # numbers (128 MB of float32) up to which simulations on disk are read into memory
_SEGMENT, _MOST = 2**22, 2**24  # numbers (16 and 64 MB of float32) of a segment, and of one that holds whole chunks


def as_source(data: Simulations | AbstractSource, batch_size: int = 256, segment: int | None = None) -> AbstractSource:
    """`data` itself when it is a source; else its usable rows, from memory or from disk."""
    if isinstance(data, AbstractSource):
        return data
    if not isinstance(data, Simulations):
        raise TypeError(
            f"data must be sf.Simulations or a source such as sf.Fresh, but {kind_of(data)} came; "
            "wrap arrays as sf.Simulations(theta, x)"
        )
    rows = usable_rows(data) if len(data) else np.zeros(0, int)
    if len(rows) < 20:
        raise ValueError(f"{len(rows)} usable simulations came, but at least 20 are needed to train and hold out")
    if len(rows) < 2 * batch_size:
        warn(
            f"only {len(rows)} simulations for batches of {batch_size}; batches are made smaller",
        )
        batch_size = max(2, len(rows) // 8)
    small = math.prod(np.shape(data.theta)) + sum(math.prod(leaf.shape) for leaf in jax.tree.leaves(data.x)) < _ENOUGH
    if data.in_memory or (small and segment is None):
        return Arrays(Batch(*data.rows(np.arange(len(data)))), rows, batch_size=batch_size, names=data.names)
    return Shards(data, rows, batch_size=batch_size, segment=segment or _segment(data))


def _segment(sims: Simulations) -> int:
    """Rows that take about 16 MB, so that what is trained on and what is read ahead stay small.

    Four chunks of the file where they are larger than that, up to 64 MB: of fewer, each chunk would be read several
    times an epoch.
    """
    numbers = max(1, sum(math.prod(leaf.shape) for leaf in jax.tree.leaves(sims.x)) // len(sims))
    rows, whole = min(_SEGMENT // numbers, 262_144), 4 * sims.chunk
    return max(rows, whole) if whole * numbers <= _MOST else rows
