"""Several fits side by side in one compiled call: folds, ensembles."""

import dataclasses
import math
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jax
import optax
import pandas as pd

from ..core import as_key, KeyLike
from ._fit import START_ROWS
from ._objective import AbstractObjective
from ._source import AbstractSource
from ._train import rules_of, settings_of, train


@dataclasses.dataclass(frozen=True)
class Fits:
    """What `fit_members` returns.

    - `objectives`: the trained objectives, each with the weights of its own best held-out value.
    - `history`: one row an epoch and member, which the column `member` numbers.
    - `stopped`: why the last one ended.
    - `seconds`: wall seconds, compiling included.
    """

    objectives: tuple[Any, ...]
    history: pd.DataFrame
    stopped: str
    seconds: float


def fit_members(
    objectives: Sequence[AbstractObjective],
    parts: Sequence[tuple[AbstractSource, AbstractSource]],
    *,
    key: KeyLike,
    learning_rate: float = 1e-3,
    weight_decay: float | None = None,
    optimiser: optax.GradientTransformation | None = None,
    min_epochs: int = 0,
    max_epochs: int = 200,
    patience: int = 12,
    plateau: int = 4,
    factor: float = 0.4,
    average: float = 0.99,
    max_seconds: float = math.inf,
    monitor: str | None = None,
    track_from: int = 0,
    loggers: Sequence[Callable[[Mapping[str, float]], None]] = (),
    progress: bool = True,
) -> Fits:
    """Train objectives of one structure side by side, each on its own source, with its own learning rate and end.

    **Arguments:**

    - `objectives`: one a member; of the same classes and sizes.
    - `parts`: for each member the source to train on and the one held out, with the same sizes; arrays that are the
      same object in all are kept once.
    - the others: as in `sf.fit`.

    **Returns:** `Fits`.
    """
    for_start, for_epochs = jax.random.split(as_key(key))
    rules = rules_of(min_epochs, max_epochs, patience, plateau, factor, max_seconds)
    began = time.perf_counter()
    starts = []
    for member, (objective, (source, _)) in enumerate(zip(objectives, parts, strict=True)):
        own = jax.random.fold_in(for_start, member)
        objective = objective.like(starts[0]) if starts else objective
        starts.append(objective.start(source.sample(START_ROWS, key=own), names=source.names, key=own))
    watched = objectives[0].monitor if monitor is None else monitor
    found, history, why = train(
        objectives,
        starts,
        parts,
        None,
        alone=False,
        key=for_epochs,
        settings=settings_of(optimiser, watched, track_from, average),
        rules=rules,
        learning_rate=learning_rate,
        weight_decay=weight_decay,
        loggers=loggers,
        progress=progress,
    )
    keys = jax.random.split(for_start, len(found))
    trained = [one.finish(held, key=own) for one, (_, held), own in zip(found, parts, keys)]
    return Fits(tuple(trained), history, why, time.perf_counter() - began)
