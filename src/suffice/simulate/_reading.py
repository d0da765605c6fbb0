"""Rows of arrays that may lie on disk, read so that memory follows what is asked for."""

from typing import Any, Protocol, runtime_checkable

import jax
import numpy as np

# What one read may bring into memory at once, and the least worth reading by itself.
_LARGEST, _SMALLEST = 4 * 2**20, 64 * 2**10


@runtime_checkable
class Stored(Protocol):
    """An array somewhere: it knows its shape and type, and gives rows when sliced."""

    shape: tuple[int, ...]
    dtype: Any

    def __getitem__(self, rows: Any) -> Any: ...


def is_lazy(leaf: Any) -> bool:
    """Whether the numbers are still on disk: a zarr, HDF5 or memory-mapped array."""
    return isinstance(leaf, np.memmap) or not isinstance(leaf, np.ndarray | jax.Array)


def row_bytes(leaf: Any) -> int:
    """Bytes of one row."""
    return max(1, int(np.prod(leaf.shape[1:], dtype=np.int64)) * np.dtype(leaf.dtype).itemsize)


def read_rows(leaf: Any, index: np.ndarray, what: str) -> np.ndarray:
    """The rows `index` of `leaf`, in the order asked for; `what` names the array in errors."""
    if not is_lazy(leaf):
        return np.asarray(leaf)[index]
    try:
        return _read(leaf, index)
    except MemoryError:
        raise
    except Exception as error:
        raise ValueError(
            f"rows of {what} cannot be read ({type(error).__name__}: {error}); the file is corrupt or "
            "truncated, or was changed since it was opened: copy or make it again"
        ) from error


def _read(leaf: Any, index: np.ndarray) -> np.ndarray:
    """Read spans of neighbouring storage chunks in ascending order, and pick the rows from each."""
    found = np.empty((len(index), *leaf.shape[1:]), leaf.dtype)
    order = np.argsort(index, kind="stable")
    ascending = index[order]
    for part in np.split(np.arange(len(index)), _breaks(ascending, leaf)):
        if not len(part):
            continue
        low, high = ascending[part[0]], ascending[part[-1]]
        span = np.asarray(leaf[int(low) : int(high) + 1])
        found[order[part]] = span[ascending[part] - low]
    return found


def _breaks(ascending: np.ndarray, leaf: Any) -> np.ndarray:
    """Where a new read starts: after a gap of a chunk or more, and when a read becomes too large."""
    chunk = chunk_rows(leaf)
    chunks = ascending // chunk
    together = max(1, _LARGEST // (chunk * row_bytes(leaf)))
    return np.flatnonzero((np.diff(chunks) > 1) | (np.diff(chunks // together) > 0)) + 1


def chunk_rows(leaf: Any) -> int:
    """Rows of one storage chunk; of an array stored in one piece, as many as are worth a read."""
    chunks = getattr(leaf, "chunks", None)
    return int(chunks[0]) if chunks else max(1, _SMALLEST // row_bytes(leaf))
