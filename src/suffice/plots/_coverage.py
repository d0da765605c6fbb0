"""Nominal against empirical coverage."""

import numpy as np
from matplotlib.axes import Axes

from ..checks import Coverage, draw
from ._ecdf_axes import band, curves, side_legend, square
from ._style import colour, GREY, style


@draw.register(Coverage)
@style()
def coverage(result: Coverage, ax: Axes | None = None) -> Axes:
    """Share of simulations whose truth lies in the credible region, against its nominal mass.

    Below the diagonal intervals are too narrow. The band holds the curve of a calibrated posterior,
    as a whole, with the result's confidence; bars are the Jeffreys intervals of its table.

    **Arguments:** `result` of `sf.checks.coverage`; `ax` to draw in, a new figure when None.

    **Returns** the axes.

    >>> from suffice.checks import coverage_from_levels
    >>> levels = np.random.default_rng(0).uniform(size=(500, 2))
    >>> coverage(coverage_from_levels(levels, ("a", "b"))).get_xlabel()
    'nominal coverage'
    """
    ax = square(ax, len(result.names))
    band(ax, result.n, result.confidence)
    curves(ax, result.levels, result.names)
    _bars(ax, result)
    words = {"transform": ax.transAxes, "color": GREY, "fontsize": 7.5, "style": "italic"}
    ax.text(0.28, 0.72, "too wide", rotation=45, ha="center", va="center", **words)
    ax.text(0.72, 0.28, "too narrow", rotation=45, ha="center", va="center", **words)
    ax.set(xlabel="nominal coverage", ylabel=f"empirical coverage ({result.n} simulations)")
    side_legend(ax, len(result.names), "upper left")
    return ax


def _bars(ax: Axes, result: Coverage) -> None:
    """Jeffreys intervals at the nominal levels, side by side where several groups meet."""
    low, high = result.interval(result.confidence)
    empirical = result.empirical
    step = min(0.012, 0.05 / len(result.names))
    for k in range(len(result.names)):
        x = np.asarray(result.nominal) + step * (k - (len(result.names) - 1) / 2)
        error = np.clip([empirical[k] - low[k], high[k] - empirical[k]], 0, None)
        ax.errorbar(x, empirical[k], error, fmt="o", markersize=2.5, elinewidth=1, color=colour(k), zorder=3)
