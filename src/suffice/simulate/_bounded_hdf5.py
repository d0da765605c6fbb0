"""HDF5 datasets whose chunks are looked at before HDF5 unpacks them, which it does without a limit."""

import itertools
from typing import Any

import numpy as np
from jaxtyping import Shaped

from ._expansion import refuse_expansion
from ._swollen import most_stored


def bounded_dataset(name: str, item: Any) -> Any:
    """The dataset itself, or where it is packed by deflate one that refuses chunks that hold far more than they may."""
    return BoundedDataset(name, item) if item.chunks and item.compression == "gzip" else item


class BoundedDataset:
    """Each chunk is looked at when the first of its rows is read."""

    def __init__(self, name: str, item: Any):
        self._name, self._item, self._seen = name, item, set[int]()
        self._most = most_stored(item.chunks, item.dtype)
        self.shape, self.dtype, self.ndim, self.chunks = item.shape, item.dtype, item.ndim, item.chunks

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, index: Any) -> Any:
        first = index[0] if isinstance(index, tuple) and index else index
        for place in self._places(first if isinstance(first, int | np.integer | slice) else slice(None)):
            if place not in self._seen:
                self._look(place)
                self._seen.add(place)
        return self._item[index]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Shaped[np.ndarray, "n ..."]:
        return np.asarray(self[:], dtype)

    def _places(self, rows: int | np.integer | slice) -> range:
        """Which chunks these rows lie in, along the first axis."""
        n, chunk = len(self), self.chunks[0]
        touched = range(n)[rows] if isinstance(rows, slice) else range(n)[int(rows) :][:1]
        return range(min(touched) // chunk, max(touched) // chunk + 1) if touched else range(0)

    def _look(self, place: int) -> None:
        others = [range(0, size, chunk) for size, chunk in zip(self.shape[1:], self.chunks[1:])]
        for corner in itertools.product([place * self.chunks[0]], *others):
            if self._item.id.get_chunk_info_by_coord(corner).byte_offset is not None:
                _, data = self._item.id.read_direct_chunk(corner)
                refuse_expansion(self._name, "zlib", memoryview(data), self._most)
