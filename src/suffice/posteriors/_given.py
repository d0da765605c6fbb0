"""Is this a fit, and is this a prior?"""

from typing import Any

from ..core import kind_of
from ..priors import AbstractPrior
from ..train import AbstractObjective, Fit


def check_fit(fit: Any) -> None:
    """`TypeError` for what `sf.fit` did not return."""
    if isinstance(fit, Fit):
        return
    kind = type(fit).__name__
    came = f"the objective {kind}" if isinstance(fit, AbstractObjective) else f"a {kind}"
    raise TypeError(
        f"fit must be what sf.fit returned, but {came} came; pass fit = sf.fit(objective, sims, key=0) as it is"
    )


def check_prior(prior: Any) -> None:
    """`TypeError` for what is no prior."""
    if not isinstance(prior, AbstractPrior):
        raise TypeError(
            f"prior must be the sf.Prior of the simulations, but {kind_of(prior)} came; "
            "sf.Prior.from_samples(sims.theta, sims.names) makes one of draws"
        )
