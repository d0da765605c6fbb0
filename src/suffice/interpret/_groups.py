"""Series in groups by one parameter, and some of many."""

import numpy as np
from jaxtyping import Float

_MOST = 40
_GROUPS = 10


def groups_of(column: Float[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
    """The value of each series where there are few different ones, else the mean of its tenth of all values."""
    if len(np.unique(column)) <= _MOST:
        return column
    cuts = np.searchsorted(np.quantile(column, np.arange(1, _GROUPS) / _GROUPS), column)
    return np.array([column[cuts == c].mean() for c in range(_GROUPS)])[cuts]


def some_rows(n: int, rows: int) -> np.ndarray:
    """Numbers of at most `rows` of `n` rows, drawn without repetition, the same ones each time."""
    return np.arange(n) if rows >= n else np.sort(np.random.default_rng(0).permutation(n)[:rows])
