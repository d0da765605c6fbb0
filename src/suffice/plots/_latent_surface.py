"""The mean of a latent over the plane of two parameters."""

import numpy as np
from matplotlib.axes import Axes

from ..core import spans_decades
from ..interpret import Latents
from ._cell_edges import cell_edges
from ._style import one, style

_CELLS = 24


@style()
def latent_surface(latents: Latents, latent: int, x: str, y: str, ax: Axes | None = None) -> Axes:
    """Colour is the mean of latent number `latent` over the series of each cell of parameters `x` and `y`."""
    unknown = [name for name in (x, y) if name not in latents.names]
    if unknown:
        raise ValueError(f"no parameter is called {', '.join(unknown)}; there are {', '.join(latents.names)}")
    ax = one(ax)
    columns = [latents.theta[:, latents.names.index(name)] for name in (x, y)]
    logs = [bool(spans_decades(c.min(), c.max())) for c in columns]
    scaled = [np.log10(c) if log else c for c, log in zip(columns, logs)]
    if any(np.ptp(column) == 0 for column in columns):
        raise ValueError("a surface needs at least two values of each parameter")
    edges = [cell_edges(column, _CELLS) for column in scaled]
    total, _, _ = np.histogram2d(*scaled, bins=edges, weights=latents.mean[:, latent])
    count, _, _ = np.histogram2d(*scaled, bins=edges)
    mean = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    shown = [10**edge if log else edge for edge, log in zip(edges, logs)]
    top = float(np.nanmax(np.abs(mean)))
    image = ax.pcolormesh(*shown, mean.T, cmap="RdBu_r", vmin=-top, vmax=top)
    for log, scale in zip(logs, (ax.set_xscale, ax.set_yscale)):
        if log:
            scale("log")
    ax.set(xlabel=x, ylabel=y)
    assert ax.figure is not None
    ax.figure.colorbar(image, ax=ax, label=f"mean of latent {latent}")
    return ax
