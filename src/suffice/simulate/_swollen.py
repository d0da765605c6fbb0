"""Chunks on disk that are larger than what they hold: no compressor makes such, and a few MB of it may hold many GB."""

import math
from collections.abc import Sequence

import numpy as np

_SLACK = 2**16


def most_stored(chunk: Sequence[int], dtype: np.dtype) -> float:
    """Bytes that a chunk of numbers may take on disk; of texts nothing is known."""
    return 2.0 * math.prod(chunk) * dtype.itemsize + _SLACK if dtype.kind in "biufc" else math.inf


def refuse_swollen(name: str, size: int, most: float, what: str = "takes on disk") -> None:
    """`ValueError` for a chunk that takes more than that."""
    if size > most:
        raise ValueError(f"a chunk of {name} {what} {size} bytes, far more than the numbers in it")
