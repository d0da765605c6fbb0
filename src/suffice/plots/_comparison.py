"""What several summaries keep of the information about each parameter."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes

from ..checks import draw
from ..comparison import SummaryComparison
from ._style import colour, GREY, grid_shape, panels, style

_COLOURS = {"closed form": 2, "given": 1}


@draw.register(SummaryComparison)
@style()
def comparison(result: SummaryComparison, ax: Any = None) -> np.ndarray:
    """A panel for each parameter and for all together; in it a line for each summary, the best on top.

    **Arguments:** `result` of `sf.compare`; `ax`: as many axes as panels, or a new figure when None.

    **Returns** the axes. Marks: learned, given and closed-form summaries; the grey line is what is known exactly, or
    what the best of them holds.
    """
    order = list(result.table()["summary"])
    rows, columns = grid_shape(len(result.groups), 3)
    axes = panels(ax, (rows, columns), (2.9, 0.9 + 0.24 * len(order)), sharey=True)
    for place, (group, panel) in enumerate(zip(result.groups, axes.flat)):
        _panel(panel, result, order, group, place)
    for panel in axes.flat[len(result.groups) :]:
        panel.set_visible(False)
    for row in axes:
        row[0].set_yticks(range(len(order)), order)
        row[0].set_ylim(len(order) - 0.4, -0.6)
    return axes


def _panel(ax: Axes, result: SummaryComparison, order: list[str], group: str, place: int) -> None:
    found = [result.information(name, group) for name in order]
    whole = max(one.value for one in found)
    if result.exact is not None and np.isfinite(result.exact[place]).all():
        whole = float(result.exact[place].mean())
    ax.axvline(whole, color=GREY, linewidth=0.9, linestyle="--")
    for i, (name, one) in enumerate(zip(order, found)):
        shade = colour(_COLOURS.get(result[name].kind, 0))
        ax.plot([one.low, one.high], [i, i], color=shade)
        ax.plot(one.value, i, "o", color=shade, markersize=4)
    ax.set_title(group)
    ax.set_xlabel("nats")
    ax.margins(x=0.08)
