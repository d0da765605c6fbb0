"""Parameters that span decades are looked at by their logarithms."""

from typing import Any

import numpy as np
from jaxtyping import Bool, Float

_FACTOR = 30.0


def spans_decades(low: Any, high: Any) -> Bool[np.ndarray, "*p"]:
    """Whether both ends are positive and the upper one is more than thirty times the lower.

    >>> spans_decades([0.2, 1e-5, -1.0], [1.8, 1e-2, 90.0]).tolist()
    [False, True, False]
    """
    low, high = np.asarray(low, np.float64), np.asarray(high, np.float64)
    return np.asarray((low > 0) & (high > _FACTOR * low))


def log_where(values: Float[np.ndarray, "n p"], logs: Bool[np.ndarray, " p"]) -> Float[np.ndarray, "n p"]:
    """`values` with the logarithms of some columns.

    >>> log_where(np.array([[1.0, 1.0]]), np.array([False, True])).tolist()
    [[1.0, 0.0]]
    """
    return np.where(logs, np.log(np.where(logs, values, 1.0)), values)
