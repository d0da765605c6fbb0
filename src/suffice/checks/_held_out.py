"""The posteriors of held-out simulations, a chunk at a time, beside the truths they should hold."""

import warnings
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import numpy as np

from ..core import as_key, KeyLike
from ..posteriors import check_fit, check_prior, posterior, RatioPosterior
from ..priors import AbstractPrior
from ..simulate import Simulations
from ..train import Fit
from ._rows import check_simulations, enough, finite

_CHUNK = 512


class Part(NamedTuple):
    """Some held-out simulations: their posteriors, their parameters `(m, p)`, their data, a key of their own."""

    posterior: Any
    theta: np.ndarray
    x: Any
    key: jax.Array


def check_held_out(fit: Fit, prior: AbstractPrior, sims: Simulations) -> None:
    """**Raises** `TypeError` for what is no fit, no prior or no simulations, `ValueError` for other parameters."""
    check_fit(fit)
    check_prior(prior)
    check_simulations(sims)
    for what, names in (("prior", prior.names), ("sims", sims.names)):
        if tuple(names) != tuple(fit.names):
            raise ValueError(
                f"{what} has the parameters {', '.join(names)}, but the fit was trained on "
                f"{', '.join(fit.names)}; pass the {what} that goes with the fit"
            )


def over_held_out(
    f: Callable[[Part], np.ndarray],
    fit: Fit,
    prior: AbstractPrior,
    sims: Simulations,
    *,
    key: KeyLike,
) -> tuple[np.ndarray, Any]:
    """`f` of the posteriors of all simulations that succeeded, one row each, and one of these posteriors.

    **Raises** as `check_held_out` does, and `ValueError` when there are none, when more than half are not usable, or
    when parameters lie outside of the prior. **Warns** when some are left out.
    """
    check_held_out(fit, prior, sims)
    rows = _usable(sims)
    _refuse_outside(prior, np.asarray(sims.theta)[rows], rows)
    chunks = -(-len(rows) // _CHUNK)
    size = -(-len(rows) // chunks)
    padded = np.resize(rows, chunks * size)  # equal chunks: compiled once; what is added is cut off below
    keys = jax.random.split(as_key(key), chunks)
    found, last = [], None
    for index, k in zip(padded.reshape(chunks, size), keys):
        batch = sims.rows(index)
        for_posterior, for_f = jax.random.split(k)
        with warnings.catch_warnings():
            # Some of many held-out rows are always the farthest from the others.
            warnings.filterwarnings("ignore", message=".*its posterior is an extrapolation")
            posteriors = posterior(fit, prior, batch.x, key=for_posterior)
        part = Part(posteriors, np.asarray(batch.theta, float), batch.x, for_f)
        found.append(f(part))
        last = part.posterior
    return np.concatenate(found)[: len(rows)], last


def region_names(posterior: Any) -> tuple[str, ...]:
    """One name for each group of parameters that credible regions are about: `"a"`, or `"a, b"`."""
    names = posterior.objective.names if isinstance(posterior, RatioPosterior) else posterior.names
    return tuple(", ".join(names[i] for i in region) for region in posterior.regions)


def _refuse_outside(prior: AbstractPrior, theta: np.ndarray, rows: np.ndarray) -> None:
    outside = np.flatnonzero(~np.asarray(prior.contains(theta)))
    if len(outside):
        first = outside[0]
        at = ", ".join(f"{name}={value:.6g}" for name, value in zip(prior.names, theta[first]))
        raise ValueError(
            f"sims: {len(outside)} of {len(theta)} parameter vectors lie outside of the prior (row {rows[first]} at "
            f"{at}); a check needs simulations whose parameters were drawn from the prior that is given"
        )


def _usable(sims: Simulations) -> np.ndarray:
    """Indices of the rows that succeeded and are finite."""
    if len(sims) == 0:
        raise ValueError("sims is empty: a check needs held-out simulations, at least about 100")
    good = np.asarray(sims.status) == 0
    for start in range(0, len(sims), 16 * _CHUNK):
        index = np.arange(start, min(start + 16 * _CHUNK, len(sims)))
        good[index] &= finite([np.asarray(leaf) for leaf in jax.tree.leaves(sims.rows(index))])
    return enough(good, "sims")
