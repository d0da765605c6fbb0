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
    """Positions in time of some generated series (of the first dimension), one panel for each value of the latent.

    All have one scale, so that a latent which is the size of series is seen as one.
    """
    axes = panels(ax, (1, len(result.values)), (1.9, 2.2))
    series = result.x[:, :_SERIES] if result.x.ndim == 3 else result.x[:, :_SERIES, :, 0]
    positions = np.cumsum(series, axis=2)
    top = 1.05 * float(np.abs(positions).max()) or 1.0
    for panel, value, rows in zip(axes.flat, result.values, positions):
        panel.plot(rows.T, color=GREY, linewidth=0.5, alpha=0.8)
        panel.set_ylim(-top, top)
        if panel is not axes.flat[0]:
            panel.tick_params(labelleft=False)
        panel.set_title(f"latent {result.latent} = {value:g}")
        panel.set_xlabel("step")
    axes.flat[0].ticklabel_format(axis="y", scilimits=(-2, 3))
    axes.flat[0].set_ylabel("position")
    return axes
