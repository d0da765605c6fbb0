"""Rounds of simulating, learning and truncating, until the box stops shrinking."""

import dataclasses
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import numpy as np
from jaxtyping import PyTree

from ..core import as_key, KeyLike
from ..objectives import Ratio
from ..priors import AbstractPrior
from ..simulate import simulate, simulate_at, Simulations
from ..train import AbstractObjective, Fit, fit
from ._drawn import AbstractDrawn
from ._observation import one_observation
from ._posterior import posterior
from ._ratio_posterior import RatioPosterior
from ._region import Region
from ._rounds_input import check_numbers, check_rounds
from ._rounds_store import claim
from ._truncate import truncate


@dataclasses.dataclass(frozen=True)
class Round:
    """One round: the prior it drew from, rows simulated anew and reused, and the box it ended with."""

    prior: AbstractPrior
    simulated: int
    reused: int
    low: np.ndarray
    high: np.ndarray


@dataclasses.dataclass(frozen=True)
class Rounds:
    """What `rounds` returns.

    - `posterior`, `fit`, `prior`, `sims`: of the last round.
    - `history`: one `Round` each; `low`, `high` are the box that the round ended with.
    - `stopped`: `"shrunk"` when the box stopped shrinking, else `"max_rounds"`.
    """

    posterior: Any
    fit: Fit
    prior: AbstractPrior
    sims: Simulations
    history: tuple[Round, ...]
    stopped: str

    @property
    def simulations(self) -> int:
        """Rows simulated in all rounds together."""
        return sum(item.simulated for item in self.history)

    @property
    def box(self) -> tuple[np.ndarray, np.ndarray]:
        """The final box, lower and upper ends `(p,)`."""
        return self.history[-1].low, self.history[-1].high


def rounds(
    objective: AbstractObjective,
    prior: AbstractPrior,
    simulator: Callable,
    x_obs: PyTree,
    *,
    key: KeyLike,
    n: int = 5000,
    max_rounds: int = 10,
    threshold: float = 1e-6,
    margin: float = 0.1,
    mass: float = 1e-3,
    shrink: float = 0.8,
    workers: Any = None,
    store: str | Path | None = None,
    progress: bool = True,
    **options: Any,
) -> Rounds:
    """Learn the posterior of one observation with ever narrower priors.

    Each round has `n` simulations from the present region, those of earlier rounds that fall inside among them, learns
    from scratch, and cuts the region: with `sf.Ratio` to the box where a marginal ratio is above `threshold` of its
    maximum, with `sf.Flow` to where the learned density is above what a share `mass` of its own draws stay below
    (TSNPE). It ends when that leaves more than a share `shrink` of every interval, or of the region.

    **Arguments:**

    - `objective`: an untrained `sf.Ratio`, with one group for each parameter, or `sf.Flow`, `sf.FlowMatching` or
      `sf.Gaussian` with this prior.
    - `prior`, `simulator`, `workers`: as in `sf.simulate`.
    - `x_obs`: the observation, shaped as one simulation.
    - `n`: simulations in each round, at least 20.
    - `max_rounds`: at most so many rounds.
    - `threshold`, `margin`: of a box, as in `sf.truncate`.
    - `mass`: of the posterior that a region of highest density leaves out.
    - `shrink`: the rounds end when more than this share of every interval, or of the region, is left.
    - `store`: a folder for the simulations of the rounds, `round_0.zarr`, `round_1.zarr`, ... The same call after a
      kill simulates none of their finished rows again; trainings are done again. A folder with rounds of another
      observation, prior, key, kind of objective or setting is refused; whether simulator and sizes of the objective
      are the same is not looked at.
    - `options`: of `sf.fit`, but for `checkpoint`.

    **Returns:** `Rounds`.

    **Raises:** `ValueError` or `TypeError`, before anything is simulated, for an observation that is not shaped as one
    simulation or not finite, an objective that has been trained or has no posterior to cut by, another prior than the
    objective's, settings that are out of range, and a store of other rounds. The shape of what a simulator outside of
    JAX makes is known after the first round's simulations only.
    """
    numbers = {"n": n, "threshold": threshold, "margin": margin, "mass": mass}
    check_numbers(max_rounds=max_rounds, shrink=shrink, **numbers)
    x_obs = check_rounds(objective, prior, simulator, x_obs, options)
    folder = None if store is None else claim(store, objective, prior, x_obs, as_key(key), numbers | options)
    cut = _box(threshold, margin, shrink) if isinstance(objective, Ratio) else _densest(mass, shrink)
    place: AbstractPrior | Region = prior if isinstance(objective, Ratio) else Region(prior)
    kept: Simulations | None = None
    history, stopped, keys = [], "max_rounds", jax.random.split(as_key(key), max_rounds)
    for number, round_key in enumerate(keys):
        for_simulations, for_fit, for_posterior = jax.random.split(round_key, 3)
        missing = n - (0 if kept is None else len(kept))
        sims = kept
        if missing or sims is None:
            path = None if folder is None else folder / f"round_{number}.zarr"
            settings = {"key": for_simulations, "workers": workers, "progress": progress}
            fresh = _simulated(place, simulator, missing, path, settings)
            one_observation(fresh.example, x_obs)
            sims = fresh if sims is None else sims.concatenate(fresh)
        fitted = fit(objective, sims, key=for_fit, progress=progress, **options)
        with warnings.catch_warnings():
            # In the first rounds the posterior is expected to be much narrower than the prior.
            warnings.filterwarnings("ignore", message=".*worth only.*")
            found = posterior(fitted, place if isinstance(place, AbstractPrior) else prior, x_obs, key=for_posterior)
        narrower, low, high, over = cut(found, place)
        history.append(Round(prior if isinstance(place, Region) else place, missing, n - missing, low, high))
        if over:
            stopped = "shrunk"
            break
        place, kept = narrower, inside(sims, narrower, n)
    return Rounds(found, fitted, history[-1].prior, sims, tuple(history), stopped)


Cut = Callable[[Any, Any], tuple[Any, np.ndarray, np.ndarray, bool]]


def _box(threshold: float, margin: float, shrink: float) -> Cut:
    """The box of a ratio posterior, its ends, and whether no side became much shorter."""

    def cut(found: RatioPosterior, prior: AbstractPrior) -> tuple[AbstractPrior, np.ndarray, np.ndarray, bool]:
        narrower = truncate(found, prior, threshold, margin)
        before, after = (np.subtract(*part.box()[::-1]) for part in (prior, narrower))
        return narrower, *narrower.box(), bool((after > shrink * before).all())

    return cut


def _densest(mass: float, shrink: float) -> Cut:
    """The region of highest density, the ends of the draws in it, and whether it is much of what it was."""

    def cut(found: AbstractDrawn, region: Region) -> tuple[Region, np.ndarray, np.ndarray, bool]:
        narrower = region.narrowed(found, mass)
        drawn = found.draws.theta[0]
        held = narrower.contains(drawn)
        drawn = drawn[held] if held.any() else drawn
        share = region.share_inside(narrower, key=0)
        return narrower, drawn.min(axis=0), drawn.max(axis=0), share > shrink

    return cut


def _simulated(
    place: AbstractPrior | Region, simulator: Callable, n: int, path: Path | None, settings: dict[str, Any]
) -> Simulations:
    """From a prior, or from what lies inside a region of one."""
    if isinstance(place, AbstractPrior):
        return simulate(place, simulator, n, store=path, **settings).load()
    for_theta, for_simulations = jax.random.split(settings["key"])
    theta = place.sample(n, key=for_theta)
    settings |= {"key": for_simulations, "names": place.prior.names, "store": path}
    return simulate_at(theta, simulator, **settings).load()


def inside(sims: Simulations, place: AbstractPrior | Region, at_most: int) -> Simulations:
    """The rows whose parameters lie inside the support of a prior, or inside a region."""
    held = np.flatnonzero(np.asarray(place.contains(np.asarray(sims.theta))))[:at_most]
    return sims[held]
