"""Edges of cells about values."""

import numpy as np
from jaxtyping import Float


def cell_edges(values: Float[np.ndarray, " n"], cells: int) -> np.ndarray:
    """About each value where there are few of them, as on a grid; else of so many equal cells."""
    distinct = np.unique(values)
    if len(distinct) > cells or len(distinct) < 2:
        return np.linspace(values.min() - 1e-9, values.max() + 1e-9, cells + 1)
    middles = 0.5 * (distinct[1:] + distinct[:-1])
    return np.concatenate([[1.5 * distinct[0] - 0.5 * distinct[1]], middles, [1.5 * distinct[-1] - 0.5 * distinct[-2]]])
