"""What a summary holds: its value against each parameter."""

from collections.abc import Sequence
from typing import Any

import equinox as eqx
import numpy as np
from matplotlib.axes import Axes
from scipy import stats

from ..core import chunked_map
from ._style import colour, panels, style

_SCATTER = 1500  # more points than this hide each other


@style()
def summary_against_parameter(
    fit: Any,
    sims: Any,
    *,
    rows: int = 5000,
    ax: Axes | np.ndarray | Sequence[Axes] | None = None,
) -> np.ndarray:
    """Each summary against each parameter, with their rank correlation.

    **Arguments:**

    - `fit`: a fit whose objective has a summary.
    - `sims`: simulations, best ones the fit has not seen; rows that are not finite are left out.
    - `rows`: at most so many of them, evenly spaced.
    - `ax`: axes to draw in, one row for each summary and one column for each parameter; a new figure
      when None.

    **Returns** an array of axes (summaries, parameters).
    """
    if len(sims) == 0:
        raise ValueError("sims is empty: pass simulations to evaluate the summary on")
    index = np.unique(np.linspace(0, len(sims) - 1, min(rows, len(sims))).astype(int))
    batch = sims.rows(index)
    s = np.asarray(eqx.filter_jit(lambda x: chunked_map(fit.objective.summary, x, chunk=1024))(batch.x))
    s, theta = s.reshape(len(index), -1), np.asarray(batch.theta)
    finite = np.isfinite(s).all(axis=1) & np.isfinite(theta).all(axis=1)
    if finite.sum() < 2:
        raise ValueError(f"sims: only {finite.sum()} of {len(index)} rows are finite; nothing to draw")
    return _grid(s[finite], theta[finite], tuple(fit.names), ax)


def _grid(s: np.ndarray, theta: np.ndarray, names: tuple[str, ...], ax: Any) -> np.ndarray:
    shape = (s.shape[1], theta.shape[1])
    axes = panels(ax, shape, (1.9, 1.6), **({"sharex": "col", "sharey": "row"} if ax is None else {}))
    for i in range(shape[0]):
        for j in range(shape[1]):
            _panel(axes[i, j], theta[:, j], s[:, i])
        axes[i, 0].set_ylabel(f"s[{i}]")
    for j, name in enumerate(names):
        axes[-1, j].set_xlabel(name)
    return axes


def _panel(ax: Axes, x: np.ndarray, y: np.ndarray) -> None:
    if len(x) <= _SCATTER:
        ax.plot(x, y, ".", markersize=3.5, alpha=0.6, color=colour(0), markeredgewidth=0, rasterized=True)
    else:
        ax.hexbin(x, y, gridsize=30, cmap="Blues", mincnt=1, linewidths=0.1)
    constant = np.ptp(x) == 0 or np.ptp(y) == 0
    rho = float("nan") if constant else float(np.corrcoef(stats.rankdata(x), stats.rankdata(y))[0, 1])
    ax.set_title(f"rank correlation {round(rho, 2) + 0.0:.2f}", fontsize=7.5)
