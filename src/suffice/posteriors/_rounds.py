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
from ..simulate import simulate, Simulations
from ..train import Fit, fit
from ._posterior import posterior
from ._ratio_posterior import RatioPosterior
from ._truncate import truncate


@dataclasses.dataclass(frozen=True)
class Round:
    """One round: the prior it drew from, how many rows it simulated anew and reused, its box."""

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

    posterior: RatioPosterior
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
    objective: Ratio,
    prior: AbstractPrior,
    simulator: Callable,
    x_obs: PyTree,
    *,
    key: KeyLike,
    n: int = 5000,
    max_rounds: int = 10,
    threshold: float = 1e-6,
    margin: float = 0.1,
    shrink: float = 0.8,
    workers: Any = None,
    store: str | Path | None = None,
    progress: bool = True,
    **options: Any,
) -> Rounds:
    """Learn the posterior of one observation with ever narrower priors.

    Each round has `n` simulations from the present box, those of earlier rounds that fall
    inside among them, learns the ratios from scratch, and cuts the box to where a marginal
    ratio is above `threshold` of its maximum. It ends when no interval is shorter than
    `shrink` times what it was.

    **Arguments:**

    - `objective`: an untrained `sf.Ratio`, with one group for each parameter.
    - `prior`, `simulator`, `workers`: as in `sf.simulate`.
    - `x_obs`: the observation.
    - `n`: simulations in each round.
    - `threshold`, `margin`: as in `sf.truncate`.
    - `options`: of `sf.fit`.

    **Returns:** `Rounds`.
    """
    if not 0 < shrink < 1 or max_rounds < 1:
        raise ValueError(
            f"shrink must lie between 0 and 1 and max_rounds be at least 1, but {shrink}, {max_rounds} came"
        )
    kept: Simulations | None = None
    history, stopped, keys = [], "max_rounds", jax.random.split(as_key(key), max_rounds)
    for number, round_key in enumerate(keys):
        for_simulations, for_fit, for_posterior = jax.random.split(round_key, 3)
        missing = n - (0 if kept is None else len(kept))
        sims = kept
        if missing or sims is None:
            place = None if store is None else Path(store) / f"round_{number}.zarr"
            fresh = simulate(
                prior,
                simulator,
                missing,
                key=for_simulations,
                workers=workers,
                store=place,
                progress=progress,
            ).load()
            sims = fresh if sims is None else sims.concatenate(fresh)
        fitted = fit(objective, sims, key=for_fit, progress=progress, **options)
        with warnings.catch_warnings():
            # In the first rounds the posterior is expected to be much narrower than the prior.
            warnings.filterwarnings("ignore", message=".*worth only.*")
            found = posterior(fitted, prior, x_obs, key=for_posterior)
        narrower = truncate(found, prior, threshold, margin)
        before, after = (np.subtract(*part.box()[::-1]) for part in (prior, narrower))
        history.append(Round(prior, missing, n - missing, *narrower.box()))
        if (after > shrink * before).all():
            stopped = "shrunk"
            break
        prior, kept = narrower, inside(sims, narrower, n)
    return Rounds(found, fitted, history[-1].prior, sims, tuple(history), stopped)


def inside(sims: Simulations, prior: AbstractPrior, at_most: int) -> Simulations:
    """The rows whose parameters lie inside the support of `prior`."""
    held = np.flatnonzero(np.asarray(prior.contains(np.asarray(sims.theta))))[:at_most]
    return sims[held]
