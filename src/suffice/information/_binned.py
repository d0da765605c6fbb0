"""Mutual information of cells: columns cut into bins of equally many rows, or variables into cells of k-means.

The information of cells is at most that of the variables (data processing). The plug-in value from N rows is still too
large where cells are many, by about (cells - rows - columns + 1) / 2N, the first order of which is taken off.
"""

import numpy as np
from scipy.cluster.vq import vq

from ..core import Estimate
from ._closed_forms import plug_in
from ._marginals import Marginals
from ._quantised import centres_of
from ._variables import two_variables, Variable

_ROWS = 5


def binned_mi(x: object, y: object, *, bins: int | None = None, level: float = 0.95) -> Estimate:
    """Plug-in information of binned columns, in nats.

    **Arguments:** `bins`: of each continuous column; unless told, so many that five rows come to a cell of the table.
    """
    one, other = two_variables(x, y)
    columns = sum(one.continuous) + sum(other.continuous)
    number = _number(bins, len(one), columns)
    return plug_in(_bins(one, number), _bins(other, number), level)


def kmeans_mi(x: object, y: object, *, bins: int | None = None, level: float = 0.95) -> Estimate:
    """Plug-in information of the cells of a k-means partition of x and of one of y, on ranks, in nats.

    **Arguments:** `bins`: cells of each; unless told, so many that five rows come to a cell of the table.
    """
    one, other = two_variables(x, y)
    number = _number(bins, len(one), 2)
    return plug_in(_cells(one, number), _cells(other, number), level)


def _number(bins: int | None, rows: int, columns: int) -> int:
    if bins is not None and bins < 2:
        raise ValueError(f"clusters must be at least 2, but {bins} came")
    return bins or max(2, round((rows / _ROWS) ** (1 / max(2, columns))))


def _bins(variable: Variable, number: int) -> np.ndarray:
    """Class numbers of rows; a combination of bins of several columns is one class."""
    if variable.classes is not None:
        return variable.classes
    columns = []
    for column, continuous in zip(variable.numbers.T, variable.continuous):
        edges = np.quantile(column, np.linspace(0, 1, number + 1)[1:-1]) if continuous else np.array([0.5])
        columns.append(np.searchsorted(edges, column, side="right"))
    return np.unique(np.stack(columns, axis=1), axis=0, return_inverse=True)[1].ravel()


def _cells(variable: Variable, number: int) -> np.ndarray:
    if variable.classes is not None:
        return variable.classes
    scaled = Marginals.fit(variable.numbers, variable.continuous, "ranks")(variable.numbers)
    return np.unique(vq(scaled, centres_of(scaled, number))[0], return_inverse=True)[1]
