"""Arrays on disk seen as the columns of one matrix."""

from typing import Any

import numpy as np
from jaxtyping import Num

from ._reading import read_rows


class Columns:
    """Arrays with one leading axis in common, flattened and put side by side, `(n, p)`; read when sliced.

    What a target that is too large for memory (a latent image) looks like; `np.asarray` reads all of it.
    """

    def __init__(self, parts: dict[str, Any]):
        self._parts = parts
        leaves = list(parts.values())
        width = sum(int(np.prod(leaf.shape[1:], dtype=np.int64)) for leaf in leaves)
        self.shape = (int(leaves[0].shape[0]), width)
        self.dtype = np.result_type(*(np.dtype(leaf.dtype) for leaf in leaves), np.float32)
        self.ndim = 2

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows: slice) -> Num[np.ndarray, "m p"]:
        index = np.arange(len(self))[rows]
        read = [read_rows(leaf, index, name).reshape(len(index), -1) for name, leaf in self._parts.items()]
        return np.concatenate(read, axis=1).astype(self.dtype)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.asarray(self[:], dtype)
