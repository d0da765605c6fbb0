"""Exponents and diffusion coefficients of tracks."""

from matplotlib.axes import Axes

from ..checks import draw
from ..interpret import TrackResults
from ._style import colour, GREY, one, style


@draw.register
@style()
def track_parameters(results: TrackResults, ax: Axes | None = None) -> Axes:
    """α against D, a point a track; with a trained posterior its intervals as lines."""
    ax = one(ax)
    table = results.table
    if "alpha_mean" in table:
        middle, d = table["alpha_mean"], table["D_mean"]
        sides = [(middle - table["alpha_low"]).clip(0), (table["alpha_high"] - middle).clip(0)]
        ax.errorbar(d, middle, yerr=sides, fmt="none", ecolor=GREY, elinewidth=0.4, alpha=0.5, zorder=1)
        ax.scatter(d, middle, s=7, color=colour(0), label="posterior mean", zorder=2)
    ax.scatter(table["D"], table["alpha"], s=7, color=colour(1), label="maximum likelihood", zorder=3, marker="x")
    ax.axhline(1, color=GREY, linewidth=0.6, linestyle=":")
    ax.set(xscale="log", xlabel="D, length² a time^α", ylabel="exponent α", ylim=(0, 2))
    ax.legend()
    return ax
