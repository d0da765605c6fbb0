"""Expected coverage of regions about random points."""

from matplotlib.axes import Axes

from ..checks import draw, Tarp
from ._ecdf_axes import band, curves, side_legend, square
from ._style import style


@draw.register(Tarp)
@style()
def tarp(result: Tarp, ax: Axes | None = None) -> Axes:
    """Expected coverage probability of TARP against the nominal one, with simultaneous band.

    **Arguments:** `result` of `sf.checks.tarp`; `ax` to draw in, a new figure when None.

    **Returns** the axes.

    >>> import numpy as np
    >>> from suffice.checks import tarp_from_samples
    >>> rng = np.random.default_rng(0)
    >>> result = tarp_from_samples(rng.normal(size=(200, 50, 2)), rng.normal(size=(200, 2)), key=0)
    >>> tarp(result).get_ylabel()
    'expected coverage (200 simulations)'
    """
    ax = square(ax, len(result.names))
    band(ax, result.n, result.confidence)
    curves(ax, result.shares, result.names)
    ax.set(xlabel="credibility level", ylabel=f"expected coverage ({result.n} simulations)")
    side_legend(ax, len(result.names), "upper left")
    return ax
