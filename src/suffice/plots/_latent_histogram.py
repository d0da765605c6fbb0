"""A latent against a parameter or an expression, as counts."""

from typing import Any

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm

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
    decades = bool(values.min() > 0 and values.max() > 30 * values.min())
    edges: Any = _edges(np.log10(values) if decades else values, bins)
    counts = ax.hist2d(values, latent, bins=[10**edges if decades else edges, bins], norm=LogNorm(), cmap="viridis")
    if decades:
        ax.set_xscale("log")
    ax.set(xlabel=label, ylabel=name)
    assert ax.figure is not None
    ax.figure.colorbar(counts[3], ax=ax, label="series")
    return ax


def _edges(values: np.ndarray, bins: int) -> np.ndarray:
    """Edges about each value where there are few of them, as on a grid."""
    distinct = np.unique(values)
    if len(distinct) > bins or len(distinct) < 2:
        return np.linspace(values.min() - 1e-9, values.max() + 1e-9, bins + 1)
    middles = 0.5 * (distinct[1:] + distinct[:-1])
    return np.concatenate([[1.5 * distinct[0] - 0.5 * distinct[1]], middles, [1.5 * distinct[-1] - 0.5 * distinct[-2]]])
