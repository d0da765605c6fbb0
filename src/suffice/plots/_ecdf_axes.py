"""What coverage and TARP share: empirical distribution functions about the diagonal."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes

from ..checks import ecdf, ecdf_band
from ._style import colour, GREY, LIGHT, line, one

_INSIDE = 4  # curves whose legend finds room inside the axes


def square(ax: Axes | None, n_curves: int) -> Axes:
    """Axes of the unit square, in a figure wide enough for the legend of so many curves."""
    ax = one(ax, (3.6, 3.6) if n_curves <= _INSIDE else (5.0, 3.6))
    ax.set(xlim=(0, 1), ylim=(0, 1), aspect="equal")
    return ax


def band(ax: Axes, n: int, confidence: float, flat: bool = False) -> None:
    """The simultaneous band about the diagonal, or about zero when `flat`."""
    z, low, high = ecdf_band(n, confidence=confidence)
    base = z if flat else np.zeros_like(z)
    label = f"{100 * confidence:g} % band"
    ax.fill_between(z, low - base, high - base, color=LIGHT, linewidth=0, label=label, zorder=0)
    ax.plot(z, z - base, color=GREY, linewidth=0.8, zorder=1)


def curves(ax: Axes, values: np.ndarray, names: tuple[str, ...], flat: bool = False) -> None:
    """Empirical distribution function of each column, less the diagonal when `flat`."""
    points = np.linspace(0, 1, 401)
    for k, (column, name) in enumerate(zip(values.T, names)):
        y = ecdf(column, points) - (points if flat else 0)
        ax.plot(points, y, color=colour(k), linestyle=line(k), linewidth=1.3, label=name)


def side_legend(ax: Axes, n_curves: int, loc: Any) -> None:
    """Legend inside, or beside the axes when there are too many curves to leave room."""
    if n_curves > _INSIDE:
        ax.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), ncols=1 + n_curves // 16)
    else:
        ax.legend(loc=loc)
