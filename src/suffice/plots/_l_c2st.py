"""The local two-sample statistic at an observation, beside what classifiers see where there is nothing."""

import numpy as np
from matplotlib.axes import Axes

from ..checks import draw, LocalC2st
from ._style import colour, one, style


@draw.register(LocalC2st)
@style()
def l_c2st(result: LocalC2st, ax: Axes | None = None) -> Axes:
    """A row for each group of parameters: statistics of the null as ticks, that of the posterior as a mark.

    **Arguments:** `result` of `sf.checks.l_c2st`; `ax` to draw in, a new figure when None.

    **Returns** the axes.

    >>> from suffice.checks import Local
    >>> region = Local(("a",), 0.02, np.random.default_rng(0).gamma(4.0, size=100) / 400, np.zeros(1), np.ones(1))
    >>> l_c2st(LocalC2st((region,), ("a",), 500)).get_xlabel()
    'mean of (d − ½)² at the observation'
    """
    ax = one(ax)
    table = result.table()
    for row, (region, p, passed) in enumerate(zip(result.regions, table["p"], table["passed"])):
        label = "no fault anywhere (exchanged pairs)" if row == 0 else None
        ax.plot(region.null, np.full(len(region.null), row), "|", color="0.6", markersize=12, label=label)
        label = "this posterior" if row == 0 else None
        ax.plot(region.statistic, row, "o" if passed else "X", color=colour(0 if passed else 1), label=label)
        place = {"xytext": (0, 9), "textcoords": "offset points", "ha": "center", "fontsize": 8}
        ax.annotate(f"p = {p:.2g}", (region.statistic, row), **place)
    ax.set_yticks(range(len(result.names)), list(result.names))
    ax.set_ylim(len(result.names) - 0.4, -0.6)
    ax.set(xlabel="mean of (d − ½)² at the observation", ylabel="parameters")
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, 1.14), ncols=2)
    return ax
