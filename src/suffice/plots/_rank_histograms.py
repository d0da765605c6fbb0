"""Ranks of simulation-based calibration, as histograms."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from scipy import stats

from ..checks import Sbc
from ._style import colour, GREY, grid_shape, LIGHT, panels, style


@style()
def rank_histograms(result: Sbc, ax: Axes | np.ndarray | Sequence[Axes] | None = None) -> np.ndarray:
    """Histogram of the ranks of each parameter; uniform ones stay in the band in every bin at once.

    **Arguments:** `result` of `sf.checks.sbc`; `ax`: p axes to draw in, a new figure when None.

    **Returns** an array of p axes.

    >>> from suffice.checks import sbc_from_ranks
    >>> uniform = np.random.default_rng(0).uniform(size=(500, 2))
    >>> rank_histograms(sbc_from_ranks(uniform, ("a", "b"))).shape
    (2,)
    """
    p = len(result.names)
    shape = grid_shape(p) if ax is None else (1, p)
    axes = panels(ax, shape, (2.3, 1.9), **({"sharey": True, "sharex": True} if ax is None else {}))
    tail = (1 - result.confidence) / (2 * result.bins)
    most = max(np.histogram(column, result.bins, (0, 1))[0].max() for column in result.ranks.T)
    low, high = stats.binom.ppf((tail, 1 - tail), result.n, 1 / result.bins)
    top = 1.1 * max(most, high)
    for k, (panel, name) in enumerate(zip(axes.flat, result.names)):
        panel.axhspan(low, high, color=LIGHT, linewidth=0, zorder=0)
        panel.axhline(result.n / result.bins, color=GREY, linewidth=0.8, zorder=0)
        panel.hist(
            result.ranks[:, k],
            bins=result.bins,
            range=(0, 1),
            histtype="step",
            color=colour(0),
            linewidth=1.3,
        )
        panel.set(title=name, xlim=(0, 1), ylim=(0, top))
    for spare in axes.flat[p:]:
        spare.set_axis_off()
    _label(axes, p)
    return axes.ravel()[:p]


def _label(axes: np.ndarray, p: int) -> None:
    for row in axes:
        row[0].set_ylabel("simulations")
    for k, panel in enumerate(axes.flat[:p]):
        if k + axes.shape[1] >= p:  # no panel below
            panel.set_xlabel("rank of the truth")
            panel.tick_params(labelbottom=True)
