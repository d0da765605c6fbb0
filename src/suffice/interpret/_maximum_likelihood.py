"""Maximum likelihood for every trajectory at once.

The covariance depends on the parameters alone, so each point of a grid costs one Cholesky factor for all trajectories.
A trajectory's estimate is the top of the parabola through its best point and the neighbours of that, in the coordinates
of the grid (a parameter that spans decades: its logarithm).
"""

import itertools
from typing import Any

import numpy as np
from jaxtyping import Float

from ..core import kind_of, spans_decades
from ..simulate.processes import AbstractGaussianTrajectory

_POINTS = 41


def maximum_likelihood(process: Any, x: Any, low: Any, high: Any, *, points: int = _POINTS) -> Float[np.ndarray, "n p"]:
    """The most likely parameters of each trajectory within a box.

    **Arguments:**

    - `process`: whose likelihood it is, localisation noise included.
    - `x`: displacements `(n, steps)` or `(n, steps, dims)`.
    - `low`, `high`: the box, `(p,)` each, inside of what the process takes; a parameter with `high > 30 low > 0` is
      searched in its logarithm.
    - `points`: of the grid in each parameter.
    """
    low, high = _box(process, low, high, points)
    logs = spans_decades(low, high)
    ends = [np.log([a, b]) if log else np.array([a, b]) for a, b, log in zip(low, high, logs)]
    axes = [np.linspace(a, b, points) for a, b in ends]
    grid = np.array(list(itertools.product(*axes)))
    theta = np.where(logs, np.exp(np.where(logs, grid, 0.0)), grid)
    values = process.grid_log_probs(theta, x)[1].T
    values = values.reshape(*(points,) * len(axes), -1)
    found = np.stack([grid_top(values[..., i], axes) for i in range(values.shape[-1])])
    return np.where(logs, np.exp(np.where(logs, found, 0.0)), found)


def _box(process: Any, low: Any, high: Any, points: int) -> tuple[np.ndarray, np.ndarray]:
    if not isinstance(process, AbstractGaussianTrajectory):
        raise TypeError(f"process must be one whose likelihood is known, but {kind_of(process)} came")
    if points < 3:
        raise ValueError(f"points must be at least 3, but {points} came")
    low, high = process.refuse_parameters(low), process.refuse_parameters(high)
    if not (low < high).all():
        raise ValueError(f"low must be below high for every parameter, but {low.tolist()} and {high.tolist()} came")
    return low, high


def grid_top(values: np.ndarray, axes: list[np.ndarray]) -> np.ndarray:
    """The top of the parabola through the best inner point and its neighbours, at most one step away from it."""
    best = np.array(np.unravel_index(values.argmax(), values.shape))
    centre = np.clip(best, 1, np.array(values.shape) - 2)
    p = len(axes)
    offsets = np.array(list(itertools.product((-1, 0, 1), repeat=p)))
    y = np.array([values[tuple(centre + o)] for o in offsets])
    pairs = [(i, j) for i in range(p) for j in range(i, p)]
    columns = [np.ones(len(offsets)), *offsets.T, *(offsets[:, i] * offsets[:, j] for i, j in pairs)]
    weights = np.exp(np.clip(y - y.max(), -50, 0) / 4) + 1e-6  # a parabola fits best near the top
    root = np.sqrt(weights)
    fit = np.linalg.lstsq(np.stack(columns, axis=1) * root[:, None], y * root, rcond=None)[0]
    hessian = np.zeros((p, p))
    for value, (i, j) in zip(fit[1 + p :], pairs):
        hessian[i, j] += value
        hessian[j, i] += value
    step = np.zeros(p)
    if np.linalg.eigvalsh(hessian).max() < 0:
        step = np.clip(-np.linalg.solve(hessian, fit[1 : 1 + p]), -1, 1)
    at = centre + step if np.abs(best - centre).max() == 0 else best
    return np.array([np.interp(a, np.arange(len(axis)), axis) for a, axis in zip(at, axes)])
