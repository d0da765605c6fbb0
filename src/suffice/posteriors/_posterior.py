"""From a fit and an observation to a posterior: the front door of this folder."""

import jax
from jaxtyping import PyTree

from ..core import as_key, KeyLike
from ..objectives import Ratio
from ..priors import AbstractPrior
from ..train import Fit
from ._observation import as_rows
from ._ratio_posterior import ratio_posterior, RatioPosterior


def posterior(fit: Fit, prior: AbstractPrior, x_obs: PyTree, *, key: KeyLike = 0) -> RatioPosterior:
    """The posterior of the parameters for an observation.

    **Arguments:**

    - `fit`: what `sf.fit` returned for `sf.Ratio`.
    - `prior`: the prior that the simulations were drawn from (or another one, to ask what
      would follow from it; it must not reach beyond the first).
    - `x_obs`: one observation, shaped as one simulation, or several with a leading axis.
    - `key`: seed or JAX key, used where a group of parameters needs weighted draws.

    **Returns:** a `RatioPosterior` with `.mean .std .quantile .sample .log_prob .marginal`.

    **Raises:** `ValueError` for a wrong shape, non-finite numbers, or a prior with other
    parameters. **Warns** when the observation lies far outside the simulations.
    """
    if not isinstance(fit.objective, Ratio):
        raise TypeError(f"no posterior is known for a fit of {type(fit.objective).__name__}; train sf.Ratio")
    if tuple(prior.names) != tuple(fit.objective.names):
        raise ValueError(
            f"the prior has the parameters {', '.join(prior.names)}, but the fit was made for "
            f"{', '.join(fit.objective.names)}; give the prior of those, in this order"
        )
    rows, single = as_rows(fit, x_obs)
    rows = jax.tree.map(jax.numpy.asarray, rows)
    return ratio_posterior(fit.objective, prior, rows, single=single, key=as_key(key))
