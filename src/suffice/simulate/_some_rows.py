"""Some rows of an array on disk, seen as an array."""

from typing import Any

import numpy as np
from jaxtyping import Int, Shaped

from ._reading import read_rows


class SomeRows:
    """The rows `rows` (ascending) of `leaf`; read when sliced."""

    def __init__(self, leaf: Any, rows: Int[np.ndarray, " m"]):
        self._leaf, self._rows = leaf, rows
        self.shape = (len(rows), *leaf.shape[1:])
        self.dtype, self.ndim, self.chunks = leaf.dtype, len(self.shape), getattr(leaf, "chunks", None)

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, rows: slice) -> Shaped[np.ndarray, "m ..."]:
        return read_rows(self._leaf, self._rows[rows], "x")
