"""Does a prior reach beyond the simulations that were learned from? What was learned says nothing there."""

from typing import Any

import equinox as eqx
import numpy as np

from ..core import warn
from ..objectives import AbstractDensityObjective, Likelihood
from ..priors import AbstractPrior
from ..train import Ensemble, Extent, Fit

_DRAWS = 4096
_SHARE = 1e-3  # of the new prior: what is less is lost in the noise of the draws
_LOOSE = 0.02  # of each parameter's range: draws end a little before their prior does


def refuse_beyond(fit: Fit, prior: AbstractPrior) -> None:
    """**Raises** `ValueError` for a prior with mass outside of the support of that of the simulations.

    Densities and likelihoods hold that prior. Of ratios only the range of the parameters that they were trained with is
    known: then it **warns**.
    """
    own = _prior_of(fit.objective)
    if own is None:
        _warn_beyond(fit.extent, prior)
        return
    if prior is own or eqx.tree_equal(prior, own):
        return
    drawn = prior.sample(_DRAWS, key=0)
    share = 1 - float(np.mean(np.asarray(own.contains(drawn))))
    if share > _SHARE:
        raise ValueError(
            f"prior: {_percent(share)} of it lies outside of the prior of the simulations, where nothing was learned; "
            "simulate from this prior and fit again, or cut it to the simulations' with prior.truncate(low, high)"
        )


def _prior_of(objective: Any) -> AbstractPrior | None:
    """The prior of the simulations, where an objective holds it."""
    one = objective.members[0] if isinstance(objective, Ensemble) else objective
    return one.prior.value if isinstance(one, AbstractDensityObjective | Likelihood) else None


def _warn_beyond(extent: Extent | None, prior: AbstractPrior) -> None:
    if extent is None:
        return
    # Of n draws about 1 / n of the mass lies beyond the last on either side; twenty times as much is no chance.
    loose = min(0.5, max(_LOOSE, 20 / extent.rows))
    columns = [i for i, classes in enumerate(prior.discrete) if classes is None]
    drawn = np.asarray(prior.sample(_DRAWS, key=0), np.float64)[:, columns]
    low, high = extent.low[columns], extent.high[columns]
    ends, slack = np.quantile(drawn, (loose / 2, 1 - loose / 2), axis=0), loose * (high - low)
    if (ends[0] < low - slack).any() or (ends[1] > high + slack).any():
        share = ((drawn < low) | (drawn > high)).any(axis=1).mean()
        warn(
            f"{_percent(share)} of the prior lies outside of the parameters that the fit was trained with, where its "
            "ratios are an extrapolation; simulate from this prior and fit again, or cut it with "
            "prior.truncate(low, high)"
        )


def _percent(share: float) -> str:
    return f"{100 * share:.2g} %"
