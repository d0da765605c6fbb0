"""Ranks of simulation-based calibration, as distribution functions."""

import numpy as np
from matplotlib.axes import Axes

from ..checks import draw, ecdf_band, Sbc
from ._ecdf_axes import band, curves, side_legend
from ._style import one, style


@draw.register(Sbc)
@style()
def ranks(result: Sbc, ax: Axes | None = None) -> Axes:
    """Distribution function of the ranks less that of uniform ones, with simultaneous band.

    A hill: posteriors too high. A valley: too low. First a hill, then a valley: too narrow; the other
    way round: too wide.

    **Arguments:** `result` of `sf.checks.sbc`; `ax` to draw in, a new figure when None.

    **Returns** the axes.

    >>> from suffice.checks import sbc_from_ranks
    >>> uniform = np.random.default_rng(0).uniform(size=(500, 2))
    >>> ranks(sbc_from_ranks(uniform, ("a", "b"))).get_xlabel()
    'rank of the truth in its posterior'
    """
    ax = one(ax, (4.2, 3.2) if len(result.names) <= 4 else (5.4, 3.2))
    band(ax, result.n, result.confidence, flat=True)
    curves(ax, result.ranks, result.names, flat=True)
    _, low, high = ecdf_band(result.n, confidence=result.confidence)
    room = 1.15 * max(np.abs(ax.dataLim.intervaly).max(), (high - low).max() / 2)
    label = f"ECDF difference ({result.n} simulations)"
    ax.set(xlim=(0, 1), ylim=(-room, 1.3 * room), xlabel="rank of the truth in its posterior", ylabel=label)
    side_legend(ax, len(result.names), "upper right")
    return ax
