"""Test quantities of the observation beside those of data simulated from its posterior."""

import numpy as np
from matplotlib.axes import Axes

from ..checks import draw, PosteriorPredictive
from ._style import colour, one, style


@draw.register(PosteriorPredictive)
@style()
def posterior_predictive(result: PosteriorPredictive, ax: Axes | None = None) -> Axes:
    """A row for each quantity: intervals that hold 68 % and 95 % of replicated data, and a mark for the observation.

    Every quantity in units of its own spread, from its median.

    **Arguments:** `result` of `sf.checks.posterior_predictive`; `ax` to draw in, a new figure when None.

    **Returns** the axes.

    >>> rng = np.random.default_rng(0)
    >>> result = PosteriorPredictive(np.array([0.1, 4.0]), rng.normal(size=(500, 2)), ("mean", "largest"))
    >>> posterior_predictive(result).get_yticklabels()[1].get_text()
    'largest'
    """
    ax = one(ax)
    quantiles = np.quantile(result.replicated, (0.025, 0.16, 0.5, 0.84, 0.975), axis=0)
    middle, unit = quantiles[2], np.maximum((quantiles[3] - quantiles[1]) / 2, 1e-300)
    far, low, _, high, beyond = (quantiles - middle) / unit
    observed = np.clip((result.observed - middle) / unit, -8, 8)
    passed = result.table()["passed"].to_numpy()
    rows = np.arange(len(result.names))
    ax.hlines(rows, far, beyond, color=colour(0), alpha=0.35, linewidth=6, label="95 % of replicated data")
    ax.hlines(rows, low, high, color=colour(0), alpha=0.8, linewidth=6, label="68 %")
    ax.plot(observed[passed], rows[passed], "o", color="black", label="observed")
    if not passed.all():
        ax.plot(observed[~passed], rows[~passed], "X", color=colour(1), label="observed, unlike replicated data")
    ax.set_yticks(rows, list(result.names))
    ax.set_ylim(len(rows) - 0.4, -0.6)
    ax.set(xlabel="distance from the median of replicated data, in units of its spread", ylabel="quantity")
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, 1.16), ncols=2)
    return ax
