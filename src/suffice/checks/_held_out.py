"""The posteriors of held-out simulations, a chunk at a time, beside the truths they should hold."""

import warnings
from collections.abc import Callable
from typing import NamedTuple

import jax
import numpy as np

from ..core import as_key, KeyLike
from ..posteriors import Marginal, posterior, RatioPosterior
from ..priors import AbstractPrior
from ..simulate import Simulations
from ..train import Fit
from ._rows import enough, finite

_CHUNK = 512


class Part(NamedTuple):
    """Some held-out simulations: their posteriors, their parameters `(m, p)`, a key of their own."""

    posterior: RatioPosterior
    theta: np.ndarray
    key: jax.Array


def over_held_out(
    f: Callable[[Part], np.ndarray],
    fit: Fit,
    prior: AbstractPrior,
    sims: Simulations,
    *,
    key: KeyLike,
) -> np.ndarray:
    """`f` of the posteriors of all simulations that succeeded, one row each.

    **Raises** `ValueError` when there are none, when more than half are not usable, when parameters lie
    outside of the prior, or when fit, prior and simulations are about different parameters. **Warns** when
    some are left out.
    """
    _check_same_parameters(fit, prior, sims)
    rows = _usable(sims)
    _refuse_outside(prior, np.asarray(sims.theta)[rows], rows)
    chunks = -(-len(rows) // _CHUNK)
    size = -(-len(rows) // chunks)
    padded = np.resize(rows, chunks * size)  # equal chunks: compiled once; what is added is cut off below
    keys = jax.random.split(as_key(key), chunks)
    found = []
    for index, k in zip(padded.reshape(chunks, size), keys):
        batch = sims.rows(index)
        for_posterior, for_f = jax.random.split(k)
        with warnings.catch_warnings():
            # Some of many held-out rows are always the farthest from the others.
            warnings.filterwarnings("ignore", message=".*its posterior is an extrapolation")
            part = Part(posterior(fit, prior, batch.x, key=for_posterior), np.asarray(batch.theta, float), for_f)
        found.append(f(part))
    return np.concatenate(found)[: len(rows)]


def group_names(fit: Fit) -> tuple[str, ...]:
    """One name for each group of parameters: `"a"`, or `"a, b"`; a chain of factors is one group."""
    groups = fit.objective.groups
    if fit.objective.autoregressive:
        groups = (tuple(range(len(fit.names))),)
    return tuple(", ".join(fit.names[i] for i in group) for group in groups)


def in_class(part: Part) -> np.ndarray:
    """Where in its class to place the truth of each parameter, as a mass to add to rank or level, `(m, p)`.

    A class has no unique rank: its mass reaches from the mass below it to the mass up to it. A place
    drawn at random in between is uniform when the posterior is right; its middle, which is what the
    posterior gives, is not. Zero for continuous parameters.
    """
    u = np.asarray(jax.random.uniform(part.key, part.theta.shape), dtype=float)
    mass = np.zeros_like(u)
    for marginal, group in zip(part.posterior.parts, part.posterior.objective.groups):
        if isinstance(marginal, Marginal) and marginal.classes:
            own = part.theta[:, group].astype(int)
            mass[:, group[0]] = np.take_along_axis(marginal.mass, own, axis=1)[:, 0]
    return (u - 0.5) * mass


def _check_same_parameters(fit: Fit, prior: AbstractPrior, sims: Simulations) -> None:
    for what, names in (("prior", prior.names), ("sims", sims.names)):
        if tuple(names) != tuple(fit.names):
            raise ValueError(
                f"{what} has the parameters {', '.join(names)}, but the fit was trained on "
                f"{', '.join(fit.names)}; pass the {what} that goes with the fit"
            )


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
