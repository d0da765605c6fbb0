"""The profile of pointwise mutual information: how the log-ratio spreads over the rows."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes

from ..core import Estimate
from ..information import MutualInformation
from ._style import colour, GREY, one, style


@style()
def pointwise(estimate: Estimate, ax: Axes | None = None) -> Axes:
    """Histogram of log p(x, y) / p(x) p(y) over held-out rows, with the estimate and its interval.

    **Arguments:** `estimate`: of `sf.estimate_mi` by a network.
    """
    details: Any = estimate.details
    if not isinstance(details, MutualInformation):
        raise ValueError("this estimate has no profile; estimates by networks have (estimator='auto', 'js', ...)")
    ax = one(ax)
    factor = estimate.value / details.contributions.mean() if estimate.unit != "nats" else 1.0
    values = factor * details.pointwise
    low, high = np.quantile(values, [0.001, 0.999])
    ax.hist(values.clip(low, high), bins=60, density=True, color=colour(0), alpha=0.8)
    ax.axvline(0, color=GREY, linewidth=0.8)
    ax.axvspan(estimate.low, estimate.high, color=colour(1), alpha=0.4, linewidth=0)
    ax.axvline(estimate.value, color=colour(1), label=f"{estimate.value:.3f} {estimate.unit}")
    ax.set(xlabel=f"log p(x, y) / p(x) p(y) of a row, {estimate.unit}", ylabel="density of rows")
    ax.legend(frameon=False)
    return ax
