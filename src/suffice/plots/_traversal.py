"""What moves when one latent moves."""

import numpy as np
from matplotlib.axes import Axes

from ..checks import draw
from ..interpret import Traversal
from ._style import GREY, panels, style

_SERIES = 12


@draw.register
@style()
def traversal(result: Traversal, ax: Axes | np.ndarray | None = None) -> np.ndarray:
    """Positions in time of some generated series (of the first dimension), one panel for each value of the latent."""
    axes = panels(ax, (1, len(result.values)), (1.9, 2.2))
    for panel, value, x in zip(axes.flat, result.values, result.x):
        series = x[:_SERIES] if x.ndim == 2 else x[:_SERIES, :, 0]
        panel.plot(np.cumsum(series, axis=1).T, color=GREY, linewidth=0.5, alpha=0.8)
        panel.set_title(f"latent {result.latent} = {value:g}")
        panel.set_xlabel("step")
        panel.ticklabel_format(axis="y", scilimits=(-2, 3))
    axes.flat[0].set_ylabel("position")
    return axes
