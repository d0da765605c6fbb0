"""Distances of observations beside those of simulations."""

import numpy as np
from matplotlib.axes import Axes

from ..checks import draw, Misspecification
from ._style import one, style


@draw.register(Misspecification)
@style()
def misspecification(result: Misspecification, ax: Axes | None = None) -> Axes:
    """Histogram of what distances simulations have, and a line for each observation.

    **Arguments:** `result` of `sf.checks.misspecification`; `ax` to draw in, a new figure when None.

    **Returns** the axes.

    >>> result = Misspecification(np.array([3.0]), np.random.default_rng(0).gamma(4.0, size=500) / 4)
    >>> misspecification(result).get_ylabel()
    'simulations (500)'
    """
    ax = one(ax)
    every = np.concatenate([result.simulated, result.distance])
    logarithmic = every.min() > 0 and every.max() > 30 * np.median(every)
    ends = (every.min(), every.max())
    bins = np.geomspace(*ends, 60) if logarithmic else np.linspace(*ends, 60)
    ax.hist(result.simulated, bins=bins, color="0.75", label="simulations")
    for i, (distance, p) in enumerate(zip(result.distance, result.p_value)):
        label = f"p = {p:.3g}" if len(result.distance) == 1 else ("observations" if i == 0 else None)
        ax.axvline(distance, color="C1", linewidth=1.5, label=label)
    if logarithmic:
        ax.set_xscale("log")
    ax.set(xlabel="distance from other simulations' summaries", ylabel=f"simulations ({len(result.simulated)})")
    ax.legend()
    return ax
