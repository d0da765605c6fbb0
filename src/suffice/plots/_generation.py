"""Generated series beside true ones."""

import numpy as np
from matplotlib.axes import Axes

from ..checks import draw
from ..interpret import autocorrelation, Generation
from ._style import colour, GREY, panels, style, TRUTH


@draw.register
@style()
def generation(result: Generation, ax: Axes | np.ndarray | None = None) -> np.ndarray:
    """Mean squared displacements and correlations of displacements; the dotted line is the receptive field."""
    axes = panels(ax, (1, 2), (3.6, 3.0))
    first, second = axes.flat
    table = result.msd()
    for kind, line in (("ensemble", "-"), ("time_averaged", "--")):
        name = kind.replace("_", "-")
        first.loglog(table["lag"], table[f"{kind}_true"], line, color=TRUTH, label=f"{name}, true", linewidth=1)
        first.loglog(table["lag"], table[f"{kind}_generated"], line, color=colour(0), label=f"{name}, generated")
    first.set(xlabel="lag, steps", ylabel="mean squared displacement")
    first.legend()
    lags = list(range(1, min(2 * result.receptive_field, result.x.shape[1] - 1) + 1))
    second.plot(lags, autocorrelation(result.x, lags), color=TRUTH, linewidth=1, label="true")
    second.plot(lags, autocorrelation(result.generated, lags), color=colour(0), label="generated")
    second.axhline(0, color=GREY, linewidth=0.6)
    second.set(xlabel="lag, steps", ylabel="correlation of displacements")
    second.legend()
    for panel in axes.flat:
        panel.axvline(result.receptive_field, color=GREY, linewidth=0.8, linestyle=":")
    return axes
