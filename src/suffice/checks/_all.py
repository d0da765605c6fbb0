"""Every check by one call: of held-out simulations in one pass over them, and of an observation."""

import dataclasses
import itertools
from collections.abc import Callable

import jax
import numpy as np
from jaxtyping import PyTree

from ..core import as_key, check_whole, KeyLike, kind_of
from ..posteriors import one_observation
from ..priors import AbstractPrior
from ..simulate import Simulations
from ..train import Fit
from ._checks import Checks
from ._coverage import coverage_from_levels
from ._held_out import check_held_out, over_held_out, Part, region_names
from ._l_c2st import FEWEST, local_tests, pairs_of
from ._misspecification import misspecification, usual
from ._posterior_predictive import posterior_predictive
from ._rows import check_confidence
from ._sbc import sbc_from_ranks
from ._tarp import tarp_of_regions
from ._width import width_of

_FEWEST = 10


def all(  # the name that reads well after `sf.checks.`
    fit: Fit,
    prior: AbstractPrior,
    sims: Simulations,
    *,
    x_obs: PyTree | None = None,
    simulator: Callable | None = None,
    draws: int = 100,
    confidence: float = 0.95,
    key: KeyLike = 0,
) -> Checks:
    """Expected coverage, ranks and TARP of one fit, from the same posteriors; and checks of one observation.

    **Arguments:**

    - `fit`: a fit that `sf.posterior` has a posterior for.
    - `prior`: the prior that the simulations were drawn from.
    - `sims`: simulations from this prior that the fit has not seen, such as `sims[fit.split.test]`; at least 10, and
      at least 100 for a verdict that says anything.
    - `x_obs`: one observation: could it have been simulated (`sf.checks.misspecification`), for which at least 100
      simulations are needed, and, with at least 200, is its posterior right (`sf.checks.l_c2st`)?
    - `simulator`: does its posterior make such data (`sf.checks.posterior_predictive`)?
    - `draws`: of each posterior, for TARP.
    - `confidence`: of each check.
    - `key`: of draws, reference points, classifiers and simulations.

    **Returns** `Checks`, with `.table()`.

    **Raises** `TypeError` for what is no fit, no prior or no simulations, and `ValueError` as the checks do one by one.
    """
    check_held_out(fit, prior, sims)
    check_confidence(confidence)
    check_whole(draws=draws)
    if len(sims) < _FEWEST:
        raise ValueError(
            f"sims: {len(sims)} held-out simulations cannot show any fault; pass at least 100 (no fewer than {_FEWEST})"
        )
    if x_obs is not None:
        x_obs = one_observation(fit.example, x_obs)
        usual(sims)
    if simulator is not None and not callable(simulator):
        raise TypeError(f"simulator must be a function of (key, theta), but {kind_of(simulator)} came")
    for_rows, for_points, for_one = jax.random.split(as_key(key), 3)
    if x_obs is None and simulator is not None:
        raise ValueError("simulator is for the posterior predictive check of an observation: pass x_obs as well")
    found = _of_held_out(fit, prior, sims, draws, confidence, for_rows, for_points)
    if x_obs is None:
        return found
    return of_observation(found, fit, prior, sims, x_obs, simulator=simulator, confidence=confidence, key=for_one)


def _of_held_out(
    fit: Fit,
    prior: AbstractPrior,
    sims: Simulations,
    draws: int,
    confidence: float,
    for_rows: jax.Array,
    for_points: jax.Array,
) -> Checks:
    sizes: list[tuple[int, int]] = []

    def told(part: Part) -> np.ndarray:
        levels = part.posterior.levels(part.theta, key=part.key)
        ranks = part.posterior.ranks(part.theta, key=part.key)
        drawn = part.posterior.region_draws(draws, key=part.key)
        sizes.append((levels.shape[1], ranks.shape[1]))
        flat = [region.reshape(len(part.theta), -1) for region in drawn]
        pairs = pairs_of(part, [region[:, 0] for region in drawn], fit.objective.summary)
        return np.concatenate([levels, ranks, part.theta, *flat, pairs], axis=1)

    found, one = over_held_out(told, fit, prior, sims, key=for_rows)
    g, p = sizes[0]
    names, regions = region_names(one), one.regions
    theta = found[:, g + p : g + p + len(fit.names)]
    ends = np.cumsum([g + p + len(fit.names), *(draws * len(region) for region in regions)])
    samples = [found[:, a:b].reshape(len(found), draws, -1) for a, b in itertools.pairwise(ends)]
    ranks = found[:, g : g + p]
    return Checks(
        coverage_from_levels(found[:, :g], names, confidence=confidence),
        sbc_from_ranks(ranks, one.names, confidence=confidence),
        tarp_of_regions(samples, theta, regions, names, key=for_points, confidence=confidence),
        {name: width_of(column) for name, column in zip(one.names, ranks.T)},
        found[:, ends[-1] :],
    )


def of_observation(
    checks: Checks,
    fit: Fit,
    prior: AbstractPrior,
    sims: Simulations,
    x_obs: PyTree,
    *,
    simulator: Callable | None = None,
    confidence: float = 0.95,
    key: KeyLike = 0,
) -> Checks:
    """What `all` found, with the checks of one observation; those of held-out simulations are not done again.

    The arguments are those of `all`.
    """
    x_obs = one_observation(fit.example, x_obs)
    for_distance, for_local, for_data = jax.random.split(as_key(key), 3)
    distance = misspecification(fit, sims, x_obs, confidence=confidence, key=for_distance)
    local, predictive = None, None
    if len(checks.pairs) >= FEWEST:
        local = local_tests(checks.pairs, fit, prior, x_obs, confidence=confidence, key=for_local)
    if simulator is not None:
        settings = {"prior": prior, "confidence": confidence, "key": for_data}
        predictive = posterior_predictive(fit, simulator, x_obs, **settings)
    return dataclasses.replace(checks, misspecification=distance, local=local, predictive=predictive)
