"""From a fit and an observation to a posterior: the front door of this folder."""

from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import PyTree

from ..core import as_key, compiled_rows, KeyLike
from ..priors import AbstractPrior
from ..train import Fit
from ._given import check_fit, check_prior
from ._observation import as_rows
from ._of_objective import of_objective
from ._support import refuse_beyond
from ._target import Target
from ._target_posterior import target_posterior


def posterior(fit: Fit, prior: AbstractPrior, x_obs: PyTree, *, together: bool = False, key: KeyLike = 0) -> Any:
    """The posterior of the parameters for an observation.

    **Arguments:**

    - `fit`: what `sf.fit` returned for `sf.Ratio`, `sf.Flow`, `sf.FlowMatching`, `sf.Gaussian` or `sf.Likelihood`,
      alone or as an ensemble.
    - `prior`: the prior that the simulations were drawn from, or another one, to ask what would follow from it; it must
      not reach beyond the first, where nothing was learned.
    - `x_obs`: one observation, shaped as one simulation, or several with a leading axis.
    - `together`: several observations are independent ones of the same parameters, whose likelihoods multiply, and
      there is one posterior of all of them. Learned errors multiply as well: check with few first.
    - `key`: seed or JAX key, of the draws that describe the posterior.

    **Returns:** a `RatioPosterior`, a `DensityPosterior`, a `TargetPosterior`, or a mixture of those of an ensemble,
    with `.mean .std .quantile .sample .log_prob .to_arviz`.

    **Raises:** `ValueError` for a wrong shape, numbers that are not real and finite, a prior with other parameters, or
    one that reaches beyond that of the simulations; `TypeError` for what is no fit or no prior. **Warns** when the
    observation lies far outside the simulations, and when a prior reaches beyond the parameters that a ratio was
    trained with.
    """
    check_fit(fit)
    check_prior(prior)
    made_for = getattr(fit.objective, "names", None)
    if made_for is not None and tuple(prior.names) != tuple(made_for):
        raise ValueError(
            f"the prior has the parameters {', '.join(prior.names)}, but the fit was made for "
            f"{', '.join(made_for)}; give the prior of those, in this order"
        )
    rows, single = as_rows(fit, x_obs)
    refuse_beyond(fit, prior)
    rows = jax.tree.map(jnp.asarray, rows)
    if together:
        context = compiled_rows(fit.objective.summary, rows)[None]
        return target_posterior(Target(fit.objective), prior, context, single=True, key=as_key(key))
    return of_objective(fit.objective, prior, rows, single=single, key=as_key(key))
