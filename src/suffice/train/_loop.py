"""The host's side of the one training loop: what happens between two compiled epochs."""

import math
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, PyTree

from ..core import bar, warn
from ._checkpoint import Progress, write_checkpoint
from ._epoch import run_segment, Settings
from ._source import AbstractSource

Logger = Callable[[Mapping[str, float]], None]


class Rules(NamedTuple):
    """When to lower the learning rate and when to stop."""

    min_epochs: int
    max_epochs: int
    patience: int
    plateau: int
    factor: float
    max_seconds: float


class Task(NamedTuple):
    """What stays the same from epoch to epoch."""

    fixed: PyTree
    source: AbstractSource
    held_out: AbstractSource
    key: Array
    settings: Settings
    rules: Rules


def one_epoch(task: Task, progress: Progress) -> Progress:
    """Train on every segment of the source; the last one closes the epoch."""
    started = time.perf_counter()
    for_epoch, for_evaluation = (
        jax.random.fold_in(task.key, progress.epoch + 1),
        jax.random.fold_in(task.key, 0),
    )
    rate = jnp.asarray(progress.patience.rate, jnp.result_type(float))
    state, numbers = progress.state, {}
    segments = task.source.segments(for_epoch)
    segment = next(segments)
    for index in range(10**9):
        following = next(segments, None)
        keys = (jax.random.fold_in(for_epoch, index), for_evaluation)
        closing = task.held_out if following is None else None
        state, numbers = run_segment(state, task.fixed, segment, closing, keys, rate, task.settings)
        if following is None:
            break
        segment = following
    row = {"epoch": progress.epoch + 1.0} | {name: float(value) for name, value in numbers.items()}
    row |= {"learning_rate": progress.patience.rate, "seconds": time.perf_counter() - started}
    patience = progress.patience
    if int(state.step) >= task.settings.track_from:
        value = row[f"valid_{task.settings.monitor}"]
        patience = patience.after(value, plateau=task.rules.plateau, factor=task.rules.factor)
    return Progress(state, patience, progress.epoch + 1, [*progress.history, row])


def _finite(row: Mapping[str, float], monitor: str) -> bool:
    return math.isfinite(row["train_loss"]) and math.isfinite(row[f"valid_{monitor}"])


def reason_to_stop(progress: Progress, task: Task, seconds: float) -> str | None:
    """Why the fit is over, or `None` while it is not."""
    if progress.history and not _finite(progress.history[-1], task.settings.monitor):
        return "not finite"
    if progress.patience.since_best >= task.rules.patience and progress.epoch >= task.rules.min_epochs:
        return "patience"
    if progress.epoch >= task.rules.max_epochs:
        return "max_epochs"
    if seconds > task.rules.max_seconds:
        return "time"
    return None


def run(
    task: Task,
    progress: Progress,
    *,
    checkpoint: Path | None,
    fingerprint: str,
    loggers: Sequence[Logger],
    show: bool,
) -> tuple[Progress, str]:
    """Go on from `progress` until there is a reason to stop."""
    started = time.perf_counter()
    with bar(task.rules.max_epochs, "fit", show, unit="epoch") as shown:
        shown.update(progress.epoch)
        try:
            while (why := reason_to_stop(progress, task, time.perf_counter() - started)) is None:
                progress = one_epoch(task, progress)
                row = progress.history[-1]
                shown.set_postfix(train=f"{row['train_loss']:.4g}", valid=f"{row['valid_loss']:.4g}")
                shown.update(1)
                for logger in loggers:
                    logger(row)
                if checkpoint is not None:
                    write_checkpoint(checkpoint, progress, fingerprint)
        except KeyboardInterrupt:
            why = "interrupted"
    if why == "not finite":
        warn(
            f"the loss stopped being finite in epoch {progress.epoch}; the fit ends with the best weights before "
            "that. Try a lower learning_rate, and look for extreme numbers in the simulations",
        )
    return progress, why
