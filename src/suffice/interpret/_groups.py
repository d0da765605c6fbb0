"""Series in groups by one parameter, and some of many."""

from collections.abc import Sequence

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


def column_of(theta: Float[np.ndarray, "n p"], names: Sequence[str], name: str) -> Float[np.ndarray, " n"]:
    """Values of one parameter. **Raises** `ValueError` for a name that no parameter has."""
    if name not in names:
        raise ValueError(f"no parameter is called {name!r}; the parameters are {', '.join(names)}")
    return theta[:, list(names).index(name)]


def some_rows(n: int, rows: int) -> np.ndarray:
    """Numbers of at most `rows` of `n` rows, drawn without repetition, the same ones each time."""
    return np.arange(n) if rows >= n else np.sort(np.random.default_rng(0).permutation(n)[:rows])
