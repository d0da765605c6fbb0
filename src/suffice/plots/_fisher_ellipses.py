"""What Fisher matrices say of the parameters: ellipses and curves, several overlaid."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Ellipse

from ._panel import few_ticks, truth_line
from ._style import colour, legend, line, panels, style

_LEVELS = {0.68: 2.279, 0.95: 5.991}  # quantiles of χ² with two degrees of freedom


@style()
def fisher_ellipses(
    matrices: Any,
    at: Any,
    *,
    names: Sequence[str] | None = None,
    labels: Sequence[str] | None = None,
    ax: np.ndarray | None = None,
) -> np.ndarray:
    """68 % and 95 % ellipses of the covariance F⁻¹ about a point, for each pair of parameters.

    **Arguments:**

    - `matrices`: a Fisher matrix `(p, p)`, or a list of several to overlay (of several summaries, say).
    - `at`: the point `(p,)`, or one for each matrix.
    - `names`: of the parameters; those of an `sf.fisher_matrix` unless told.
    - `labels`: one for each matrix, for the legend.
    - `ax`: `(p, p)` axes to draw in; a new figure when None.

    **Returns** an array of `(p, p)` axes; those above the diagonal are switched off.

    >>> fisher_ellipses([np.diag([10.0, 5.0]), np.diag([8.0, 2.0])], at=[0.0, 1.0]).shape
    (2, 2)
    """
    several = list(matrices) if isinstance(matrices, list | tuple) and np.ndim(matrices[0]) == 2 else [matrices]
    covariances = [_covariance(matrix) for matrix in several]
    p = len(covariances[0])
    if any(len(c) != p for c in covariances):
        raise ValueError(f"matrices must all be ({p}, {p}); got {', '.join(str(c.shape) for c in covariances)}")
    points = np.broadcast_to(np.asarray(at, float), (len(several), p))
    names = tuple(names or getattr(several[0], "names", None) or (f"theta[{i}]" for i in range(p)))
    axes = panels(ax, (p, p), (2.2, 2.2) if p > 1 else (3.0, 2.4))
    widest = np.sqrt(np.max([np.diag(c) for c in covariances], axis=0))
    ends = np.stack([points.min(axis=0) - 3.2 * widest, points.max(axis=0) + 3.2 * widest])
    for i in range(p):
        for j in range(p):
            _one(axes[i, j], (j, i), covariances, points, ends, names)
    handles: list[Artist] = [
        Line2D([], [], color=colour(k), linestyle=line(k), label=label) for k, label in enumerate(labels or ())
    ]
    legend(axes, handles, own=ax is None)
    return axes


def _one(
    ax: Axes,
    pair: tuple[int, int],
    covariances: list[np.ndarray],
    points: np.ndarray,
    ends: np.ndarray,
    names: Sequence[str],
) -> None:
    j, i = pair
    if j > i:
        ax.set_axis_off()
        return
    ax.set_xlim(ends[0, j], ends[1, j])
    for k, (covariance, point) in enumerate(zip(covariances, points)):
        if i == j:
            x = np.linspace(ends[0, i], ends[1, i], 300)
            peak = np.exp(-0.5 * (x - point[i]) ** 2 / covariance[i, i]) / np.sqrt(covariance[i, i])
            ax.plot(x, peak, color=colour(k), linestyle=line(k))
            continue
        for level in _LEVELS:
            ax.add_patch(_ellipse(covariance[np.ix_([j, i], [j, i])], point[[j, i]], level, k))
    if i == j:
        ax.set_ylim(bottom=0)
        ax.set_yticks([])
        ax.spines["left"].set_visible(False)
    else:
        ax.set_ylim(ends[0, i], ends[1, i])
    truth_line(ax, points[0, j], None if i == j else points[0, i])
    few_ticks(ax, y=i != j)
    last = len(names) - 1
    ax.tick_params(labelbottom=i == last, labelleft=j == 0 and i > 0)
    if i == last:
        ax.set_xlabel(names[j])
    if j == 0 and i > 0:
        ax.set_ylabel(names[i])


def _ellipse(covariance: np.ndarray, centre: np.ndarray, level: float, k: int) -> Ellipse:
    values, vectors = np.linalg.eigh(covariance)
    angle = float(np.degrees(np.arctan2(vectors[1, 1], vectors[0, 1])))
    width, height = 2 * np.sqrt(_LEVELS[level] * values[::-1])
    style = {"facecolor": "none", "edgecolor": colour(k), "linestyle": line(k), "linewidth": 1.2}
    return Ellipse((centre[0], centre[1]), width, height, angle=angle, alpha=1.0 if level < 0.9 else 0.55, **style)


def _covariance(matrix: Any) -> np.ndarray:
    array = np.asarray(matrix, float)
    if array.ndim != 2 or array.shape[0] != array.shape[1]:
        raise ValueError(f"a Fisher matrix must have shape (p, p); got {array.shape}")
    if not np.isfinite(array).all() or np.linalg.eigvalsh((array + array.T) / 2)[0] <= 0:
        raise ValueError("a Fisher matrix must be finite and positive definite to be drawn")
    return np.linalg.inv(array)
