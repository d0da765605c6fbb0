"""Exponents and diffusion coefficients of tracks."""

from typing import Literal

from matplotlib.axes import Axes

from ..checks import draw
from ..interpret import TrackResults
from ._style import colour, GREY, one, style


@draw.register
@style()
def track_parameters(
    results: TrackResults, ax: Axes | None = None, *, which: Literal["posterior", "likelihood"] | None = None
) -> Axes:
    """α against D, a dot a track: posterior means with their intervals in both directions, or the most likely.

    - `which`: the posterior where there is one, unless told.
    """
    ax, table = one(ax), results.table
    if which is None:
        which = "posterior" if "alpha_mean" in table else "likelihood"
    if which == "posterior":
        alpha, d = table["alpha_mean"], table["D_mean"]
        up = [(alpha - table["alpha_low"]).clip(0), (table["alpha_high"] - alpha).clip(0)]
        across = [(d - table["D_low"]).clip(0), (table["D_high"] - d).clip(0)]
        ax.errorbar(d, alpha, yerr=up, xerr=across, fmt="none", ecolor=GREY, elinewidth=0.4, alpha=0.5, zorder=1)
        ax.scatter(d, alpha, s=7, color=colour(0), zorder=2)
    else:
        ax.scatter(table["D"], table["alpha"], s=7, color=colour(1), zorder=2)
    ax.axhline(1, color=GREY, linewidth=0.6, linestyle=":")
    length, time = results.tracks.units
    ax.set(xscale="log", xlabel=f"D, ({length})² / ({time})^α", ylabel="exponent α", ylim=(0, 2))
    return ax
