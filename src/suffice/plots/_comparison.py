"""What several summaries keep of the information about each parameter."""

from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from ..checks import draw
from ..comparison import SummaryComparison
from ._style import colour, GREY, grid_shape, legend, panels, style

_SHADES = {"learned": 0, "given": 1, "closed form": 2}
_NARROWEST = 0.1  # nats: an axis about less would show noise as if it were something
_LONGEST = 40  # letters of a name beside the panels


@draw.register(SummaryComparison)
@style()
def comparison(result: SummaryComparison, ax: Any = None) -> np.ndarray:
    """A panel for each parameter and for all together; in it a line for each summary, the best on top.

    **Arguments:** `result` of `sf.compare`; `ax`: as many axes as panels, or a new figure when None.

    **Returns** the axes. Colours: learned, given and closed-form summaries; the grey line is what is known exactly, or
    what the best of them holds.
    """
    order = list(result.table()["summary"])
    rows, columns = grid_shape(len(result.groups), 3)
    labels = [name if len(name) <= _LONGEST else name[: _LONGEST - 1] + "…" for name in order]
    wide = 2.4 + 0.07 * max(map(len, labels)) / columns
    axes = panels(ax, (rows, columns), (wide, 1.0 + 0.26 * max(len(order), 3)), sharey=True)
    known = {group: _exact(result, place) for place, group in enumerate(result.groups)}
    for group, panel in zip(result.groups, axes.flat):
        _panel(panel, result, order, group, known[group])
    for panel in axes.flat[len(result.groups) :]:
        panel.set_visible(False)
    for row in axes:
        row[0].set_yticks(range(len(order)), labels)
        row[0].set_ylim(len(order) - 0.4, -0.6)
    legend(axes, _handles(result, any(np.isfinite(list(known.values())))), own=ax is None)
    return axes


def _panel(ax: Axes, result: SummaryComparison, order: list[str], group: str, known: float) -> None:
    found = [result.information(name, group) for name in order]
    whole = max(one.value for one in found) if np.isnan(known) else known
    ax.axvline(whole, color=GREY, linewidth=0.9, linestyle="--")
    for i, (name, one) in enumerate(zip(order, found)):
        shade = colour(_SHADES[_kind(result, name)])
        ax.plot([one.low, one.high], [i, i], color=shade)
        ax.plot(one.value, i, "o", color=shade, markersize=4)
    ax.set_title(group if result.anything_to_keep(group) else f"{group}: nothing to keep")
    ax.set_xlabel("nats")
    ax.margins(x=0.08)
    low, high = ax.get_xlim()
    if high - low < _NARROWEST:
        ax.set_xlim(0.5 * (low + high - _NARROWEST), 0.5 * (low + high + _NARROWEST))


def _kind(result: SummaryComparison, name: str) -> str:
    return "learned" if result[name].learned else result[name].kind


def _exact(result: SummaryComparison, place: int) -> float:
    """What is known exactly about a group, or NaN."""
    return np.nan if result.exact is None else float(result.exact[place].mean())


def _handles(result: SummaryComparison, exact: bool) -> list[Artist]:
    there = {_kind(result, name) for name in result.names}
    marks: list[Artist] = [
        Line2D([], [], color=colour(shade), marker="o", markersize=4, label=kind)
        for kind, shade in _SHADES.items()
        if kind in there
    ]
    told = "known exactly" if exact else "best of them"
    return [*marks, Line2D([], [], color=GREY, linewidth=0.9, linestyle="--", label=told)]
