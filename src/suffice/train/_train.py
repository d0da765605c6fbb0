"""Train started objectives, one alone or several side by side, and give them back with their weights."""

import math
import operator
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import equinox as eqx
import jax
import jax.numpy as jnp
import pandas as pd
from jaxtyping import Array

from ..core import check_whole, let_programs_go
from ._checkpoint import Checkpoint, fingerprint_of, Progress
from ._decay import Decay
from ._epoch import initial_state, parts_of, Settings
from ._flat import flat, unflat
from ._loop import judged_before, Rules, run, Task
from ._members import Members
from ._objective import AbstractObjective
from ._optimiser import adam
from ._patience import Patience
from ._processes import refuse_different, resumed
from ._shards import Shards
from ._source import AbstractSource
from ._spread import everywhere, here

Trained = tuple[list[Any], pd.DataFrame, str]


def train(
    given: Sequence[AbstractObjective],
    begun: Sequence[AbstractObjective],
    parts: Sequence[tuple[AbstractSource, AbstractSource]],
    rows: Any,
    *,
    alone: bool,
    key: Array,
    settings: Settings,
    rules: Rules,
    learning_rate: float,
    weight_decay: float | None,
    keep: Literal["best", "last"] = "best",
    checkpoint: Path | None = None,
    checkpoints: int = 1,
    loggers: Sequence[Callable[[Mapping[str, float]], None]],
    progress: bool,
) -> Trained:
    """The objectives with their trained weights, the history, and why it ended.

    With AdamW, the default, all weights of a member are one vector, which is shorter to compile. `rows`, some training
    rows, and the objectives as they were `given`, before they were begun, tell fits apart in a checkpoint.
    """
    if not 0 < learning_rate < math.inf:
        raise ValueError(f"learning_rate must be above 0, but {learning_rate} came")
    if not (weight_decay is None or 0 <= weight_decay < math.inf):
        raise ValueError(f"weight_decay must be at least 0, but {weight_decay} came")
    let_programs_go()
    pieces = [parts_of(one) for one in begun]
    weights = [flat(piece[0]) if settings.flat else piece[0] for piece in pieces]
    if alone:
        (state,), (fixed,), (source, held_out) = weights, [piece[1] for piece in pieces], parts[0]
        state = initial_state(state, settings)
    else:
        stacked = jax.tree.map(lambda *leaves: jnp.asarray(leaves), *weights)
        state = jax.vmap(lambda own: initial_state(own, settings))(stacked)
        columns = ([piece[1] for piece in pieces], *([part[i] for part in parts] for i in (0, 1)))
        fixed, source, held_out = (Members.of(trees) for trees in columns)
    fixed, held_out = everywhere((fixed, held_out))
    source = source if isinstance(source, Shards) else everywhere(source)
    if not settings.flat:  # an optimiser that is given brings its own
        weight_decay = 0.0
    elif weight_decay is None and not begun[0].decay_by_overfitting:
        weight_decay = 1e-4
    decay = Decay(weight_decay, learning_rate * parts[0][0].steps)
    task = Task(fixed, source, held_out, key, settings, rules, decay, None if alone else len(pieces))
    fresh = Progress(state, (Patience(learning_rate, decay=decay.first),) * len(pieces), 0, [])
    stays = [parts_of(one)[1] for one in given]
    if jax.process_count() > 1:
        refuse_different(fingerprint_of(task, stays, [], rows, learning_rate), rules)
    files = None
    if checkpoint is not None:
        files = Checkpoint(checkpoint, checkpoints, fingerprint_of(task, stays, weights, rows, learning_rate))
    begin = resumed(files, fresh)
    if begun[0].judge_start and begin.epoch == settings.track_from == 0:
        begin = judged_before(task, begin)
    end, why = run(task, begin, checkpoint=files, loggers=loggers, show=progress)
    kept = here(end.state.best if keep == "best" else end.state.average)
    each = [kept] if alone else [jax.tree.map(operator.itemgetter(i), kept) for i in range(len(pieces))]
    found = [eqx.combine(unflat(own), piece[1]) for own, piece in zip(each, pieces)]
    return found, pd.DataFrame(end.history), why


def rules_of(min_epochs: int, max_epochs: int, patience: int, plateau: int, factor: float, max_seconds: float) -> Rules:
    """When to stop. **Raises** `ValueError` for counts that are no whole numbers."""
    check_whole(0, min_epochs=min_epochs)
    check_whole(max_epochs=max_epochs, patience=patience, plateau=plateau)
    return Rules(min_epochs, max_epochs, patience, plateau, factor, max_seconds)


def settings_of(optimiser: Any, monitor: str, track_from: int, average: float) -> Settings:
    """AdamW on one vector of weights, unless an optimiser is given."""
    return Settings(optimiser or adam(10.0), monitor, track_from, average, optimiser is None)
