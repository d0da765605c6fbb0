"""A latent against a parameter or an expression, as counts."""

from typing import Any

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm

from ..core import spans_decades
from ._cell_edges import cell_edges
from ._style import one, style


@style()
def latent_histogram(
    latent: Float[np.ndarray, " n"],
    values: Float[np.ndarray, " m"],
    label: str = "",
    ax: Axes | None = None,
    *,
    name: str = "latent",
    bins: int = 60,
) -> Axes:
    """Two-dimensional histogram with a logarithmic colour; parameters that span decades get a logarithmic axis.

    **Arguments:** `latent`: its means; `values`: of a parameter or an expression, for the same series.
    """
    values, latent = np.asarray(values, np.float64), np.asarray(latent, np.float64)
    if values.shape != latent.shape or values.ndim != 1:
        raise ValueError(f"latent and values must be (n,) of the same series; {latent.shape}, {values.shape} came")
    ax = one(ax)
    decades = bool(spans_decades(values.min(), values.max()))
    edges: Any = cell_edges(np.log10(values) if decades else values, bins)
    counts = ax.hist2d(values, latent, bins=[10**edges if decades else edges, bins], norm=LogNorm(), cmap="viridis")
    if decades:
        ax.set_xscale("log")
    ax.set(xlabel=label, ylabel=name)
    assert ax.figure is not None
    ax.figure.colorbar(counts[3], ax=ax, label="series")
    return ax
