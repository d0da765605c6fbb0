"""The one training loop."""

import dataclasses
import math
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import jax
import optax
import pandas as pd
from jaxtyping import PyTree

from ..core import as_key, check_whole, KeyLike
from ..simulate import Batch, Simulations
from ._as_source import as_source
from ._ensemble import Ensemble, started
from ._extent import Extent, extent_of
from ._objective import AbstractObjective
from ._reach import Reach, reach_of
from ._rows import refuse_constant_parameters
from ._shards import Shards
from ._source import AbstractSource, Split
from ._train import rules_of, settings_of, train
from .tangents import Rows

START_ROWS = 16_384


@dataclasses.dataclass(frozen=True)
class Fit:
    """What `fit` returns.

    - `objective`: the trained objective, with the weights of the best held-out value.
    - `history`: one row an epoch (and member of an ensemble), of densities with an epoch 0 for where they
      began; `waited` are the seconds in which the device had to wait for data.
    - `stopped`: why it ended: `"patience"`, `"max_epochs"`, `"time"`, `"not finite"`, `"interrupted"`.
    - `split`: the row numbers of the training, validation and test parts.
    - `example`: shape and type of one `x`.
    - `names`: names of the parameters.
    - `reach`: how far the training data reach, to notice observations beyond them.
    - `seconds`: wall seconds, compiling included.
    - `cpu_seconds`: those of all threads of this process meanwhile.
    - `extent`: between which values the parameters of the training rows lie.
    """

    objective: Any
    history: pd.DataFrame
    stopped: str
    split: Split
    example: PyTree
    names: tuple[str, ...]
    reach: Reach | None
    seconds: float
    cpu_seconds: float = math.nan
    extent: Extent | None = None


def fit(
    objective: AbstractObjective,
    data: Simulations | AbstractSource,
    *,
    key: KeyLike,
    valid: float = 0.1,
    test: float = 0.0,
    batch_size: int = 256,
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
    keep: Literal["best", "last"] = "best",
    ensemble: int = 1,
    checkpoint: str | Path | None = None,
    checkpoints: int = 2,
    loggers: Sequence[Callable[[Mapping[str, float]], None]] = (),
    segment: int | None = None,
    progress: bool = True,
) -> Fit:
    """Train an objective until its held-out loss stops falling, and keep the best weights.

    **Arguments:**

    - `objective`: what to learn, such as `sf.Ratio(summary)`. One that has been trained (`fit.objective`)
      goes on from where it is.
    - `data`: `Simulations` (in memory or opened from a file), or a source such as `sf.Fresh`.
    - `key`: seed or JAX key; the same key gives the same fit.
    - `valid`: share of the rows held out to decide on the learning rate, the end and the best weights.
    - `test`: share that nothing in the fit sees; measure what you report on these rows
      (`sims[fit.split.test]`), or on new simulations.
    - `batch_size`: rows in a step.
    - `learning_rate`, `weight_decay`, `optimiser`: AdamW unless an optax `optimiser` of learning
      rate one is given, whose updates `learning_rate` multiplies. Unless told, `weight_decay` is
      1e-4, and for `sf.Flow` one that grows while the held-out loss lies above the training
      loss, and falls while it does not.
    - `min_epochs`, `max_epochs`, `patience`: at least and at most so many epochs, and between them at most
      so many without a new best.
    - `plateau`, `factor`: after `plateau` epochs without a new best, multiply the learning rate by `factor`.
    - `average`: decay per step of an exponential average of the weights, which is what is
      evaluated and kept; 0 keeps the weights themselves.
    - `max_seconds`: end after so many wall seconds.
    - `monitor`: the held-out number to watch (a name in the history, without `valid_`); the objective
      names it unless told.
    - `track_from`: the step from which the best weights are tracked (for annealed losses).
    - `keep`: the weights with the best held-out value, or the last ones.
    - `ensemble`: how many objectives to train side by side, in one compiled call, from different starts; with more
      than one, `Fit.objective` is a `train.Ensemble` of them, and `sf.posterior` their mixture.
    - `checkpoint`: a file written after each epoch; the same call goes on from it after a kill,
      bit for bit as if it had not been killed.
    - `checkpoints`: how many of the last are kept: `checkpoint` itself, and `.1`, `.2`, ... of the epochs before it,
      from which a fit goes on when the newest is damaged.
    - `loggers`: functions called with each epoch's numbers (`sf.train.tensorboard(folder)`).
    - `segment`: rows of a segment, when the simulations stay on disk: about thirteen of them are in memory.
    - `progress`: show a bar on standard error.

    **Returns:** a `Fit`.

    **Raises:** `ValueError` for settings or data that cannot be trained on.
    """
    for_split, for_start, for_epochs = jax.random.split(as_key(key), 3)
    if keep not in ("best", "last"):
        raise ValueError(f"keep must be 'best' or 'last', but {keep!r} came")
    check_whole(0, track_from=track_from)
    check_whole(batch_size=batch_size, ensemble=ensemble, checkpoints=checkpoints)
    rules = rules_of(min_epochs, max_epochs, patience, plateau, factor, max_seconds)
    began, busy = time.perf_counter(), time.process_time()
    whole = as_source(data, batch_size, segment)
    source, held_out, split = whole.divide(valid, test, key=for_split)
    rows, watched = source.sample(START_ROWS, key=for_start), objective.monitor if monitor is None else monitor
    refuse_constant_parameters(rows, whole.names, objective.parameters_learned(whole.names))
    if ensemble > 1 and isinstance(whole, Shards):
        raise ValueError("an ensemble is trained on simulations in memory: pass sims.load(), or ensemble=1")
    found, history, why = train(
        [objective],
        started(objective, ensemble, rows, whole.names, for_start),
        [(source, held_out)] * ensemble,
        rows,
        alone=ensemble == 1,
        key=for_epochs,
        settings=settings_of(optimiser, watched, track_from, average),
        rules=rules,
        learning_rate=learning_rate,
        weight_decay=weight_decay,
        keep=keep,
        checkpoint=None if checkpoint is None else Path(checkpoint),
        checkpoints=checkpoints,
        loggers=loggers,
        progress=progress,
    )
    return Fit(
        objective=(found[0] if ensemble == 1 else Ensemble(found)).finish(held_out, key=for_start),
        history=history,
        stopped=why,
        split=split,
        example=_example(rows),
        names=whole.names,
        reach=reach_of(rows.x) if isinstance(rows, Batch | Rows) else None,
        seconds=time.perf_counter() - began,
        cpu_seconds=time.process_time() - busy,
        extent=extent_of(rows.theta) if isinstance(rows, Batch) else None,
    )


def _example(rows: Any) -> PyTree:
    x = rows.x if isinstance(rows, Batch | Rows) else rows
    return jax.tree.map(lambda leaf: jax.ShapeDtypeStruct(leaf.shape[1:], leaf.dtype), x)
