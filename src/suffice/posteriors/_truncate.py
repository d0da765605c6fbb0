"""The box outside of which the posterior is negligible.

As in truncated marginal neural ratio estimation (Miller et al. 2021, arXiv:2107.01214): a
parameter's interval is where its ratio is above `threshold` times its maximum.
"""

from typing import Any

import numpy as np

from ..core import kind_of
from ..priors import AbstractPrior
from ._marginal import Marginal
from ._ratio_posterior import RatioPosterior


def truncate(posterior: Any, prior: AbstractPrior, threshold: float = 1e-6, margin: float = 0.1) -> AbstractPrior:
    """The prior inside the box that holds the posterior of one observation.

    **Arguments:**

    - `posterior`: with a group of its own for each parameter that is to be cut.
    - `prior`: the prior to cut.
    - `threshold`: the interval of a parameter is where ratio / largest ratio is above this.
    - `margin`: how much wider than that the interval is made, as a share of its width, half on
      each side; the box never grows beyond the prior's.

    **Returns:** the truncated prior, normalised.

    **Raises** `TypeError` for another posterior than of `sf.Ratio`, `ValueError` where it is of several observations
    or has no parameter by itself.
    """
    if not isinstance(posterior, RatioPosterior):
        raise TypeError(
            f"posterior must be of sf.Ratio, but {kind_of(posterior)} came; for densities take sf.rounds, "
            "which cuts by their draws"
        )
    if not 0 < threshold < 1:
        raise ValueError(f"threshold must lie between 0 and 1, but {threshold} came")
    if not posterior.single:
        raise ValueError("truncate takes the posterior of one observation")
    alone = [part for part in posterior.parts if isinstance(part, Marginal) and len(part.names) == 1]
    alone = [part for part in alone if not part.classes]
    if not alone:
        raise ValueError(
            "there is no parameter to truncate by: the box is cut where the ratio of a parameter alone ends, so train "
            "sf.Ratio with groups of one parameter (marginals=None gives one for each)"
        )
    low, high = prior.box()
    low, high = low.copy(), high.copy()
    for part in alone:
        column = posterior.objective.names.index(part.names[0])
        left, right = interval(part, threshold, margin)
        low[column], high[column] = max(low[column], left), min(high[column], right)
    return prior.truncate(low, high)


def interval(part: Marginal, threshold: float, margin: float) -> tuple[float, float]:
    """Ends of the interval where a one-dimensional ratio is above `threshold` of its maximum."""
    edges, log_ratio = part.edges[0][0], part.log_ratio[0]
    alive = np.flatnonzero(log_ratio > log_ratio.max() + np.log(threshold))
    left, right = edges[alive[0]], edges[alive[-1] + 1]
    extra = 0.5 * margin * (right - left)
    return float(left - extra), float(right + extra)
