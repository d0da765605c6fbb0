"""Information kept against the number of summaries."""

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from ..checks import draw
from ..comparison import Sweep
from ._style import colour, GREY, one, style


@draw.register(Sweep)
@style()
def sweep(result: Sweep, ax: Axes | None = None) -> Axes:
    """Nats that so and so many summaries keep, with intervals; as many linear ones beside; the knee marked.

    **Arguments:** `result` of `sf.sweep`; `ax` to draw in, a new figure when None. **Returns** the axes.
    """
    ax = one(ax)
    table = result.table()
    n, value = table["numbers"], table["information"]
    ax.fill_between(n, table["low"], table["high"], color=colour(0), alpha=0.18, linewidth=0)
    ax.plot(n, value, "o-", color=colour(0), markersize=4, label="learned")
    linear = table.dropna(subset="linear")
    if len(linear):
        ax.plot(linear["numbers"], linear["linear"], "s--", color=colour(2), markersize=4, label="linear (CCA)")
    if result.knee:  # none, where nothing was learned
        at = result.comparison.information(str(result.knee), result.group).value
        ax.axvline(result.knee, color=GREY, linewidth=0.9, linestyle=":")
        ax.plot(result.knee, at, "o", markersize=11, fillstyle="none", color=colour(1), label="knee")
    if len(table) == 1:
        ax.vlines(n, table["low"], table["high"], color=colour(0), alpha=0.4, linewidth=3)
        ax.set_xlim(result.sizes[0] - 1, result.sizes[0] + 1)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set(xlabel="number of summaries", ylabel=f"information, {result.group} (nats)")
    ax.legend(loc="lower right")
    return ax
