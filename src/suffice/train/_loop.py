"""The host's side of the one training loop: what happens between two compiled epochs."""

import contextlib
import itertools
import math
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, PyTree

from ..core import bar, warn
from ._checkpoint import Checkpoint, Progress
from ._decay import Decay
from ._epoch import Pace, run_segment, Settings, value_before
from ._members import run_members, values_before
from ._patience import Patience
from ._processes import is_first, seconds_since
from ._read_ahead import ReadAhead
from ._spread import everywhere
from ._waited import Waited

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
    """What stays the same from epoch to epoch; of several fits side by side, `fixed` and the sources are `Members`."""

    fixed: PyTree
    source: Any
    held_out: Any
    key: Array
    settings: Settings
    rules: Rules
    decay: Decay
    members: int | None = None

    def epoch_key(self, epoch: int) -> Array:
        """The key of the epoch that follows so many."""
        return jax.random.fold_in(self.key, epoch + 1)

    @property
    def steps(self) -> tuple[int, int]:
        """Batches of the training part and of the held-out one."""
        sources = (self.source, self.held_out) if self.members is None else (self.source.tree, self.held_out.tree)
        return sources[0].steps, sources[1].steps

    def segments(self, key: Array) -> Iterator[Any]:
        """The pieces of one epoch."""
        return self.source.segments(key) if self.members is None else iter([self.source])

    def run(self, state: Any, segment: Any, held_out: Any, keys: tuple[Array, Array], pace: Pace) -> Any:
        """Train on one piece, in one compiled call."""
        if self.members is None:
            segment, keys, pace = everywhere((segment, keys, jax.tree.map(lambda each: each[0], pace)))
            return run_segment(state, self.fixed, segment, held_out, keys, pace, self.settings)
        own = (jax.random.split(keys[0], self.members), jax.random.split(keys[1], self.members))
        segment, own, pace = everywhere((segment, own, pace))
        return run_members(state, self.fixed, segment, held_out, own, pace, self.settings)


def judged_before(task: Task, progress: Progress) -> Progress:
    """With the weights that the fit begins from as the best so far; the history has them as epoch 0.

    The learning rate and the end follow the epochs alone: the first ones are often worse than a good start, and a rate
    that falls for it would leave what can be learned unlearned.
    """
    started, key, state = time.perf_counter(), jax.random.fold_in(task.key, 0), progress.state
    if task.members is None:
        value = value_before(state, task.fixed, task.held_out, everywhere(key), task.settings)
    else:
        keys = everywhere(jax.random.split(key, task.members))
        value = values_before(state, task.fixed, task.held_out, keys, task.settings)
    numbers = {"train_loss": np.full(value.shape, np.nan), f"valid_{task.settings.monitor}": np.asarray(value)}
    times = {"seconds": time.perf_counter() - started, "waited": 0.0}
    value = jnp.where(jnp.isfinite(value), value, jnp.inf)
    state = eqx.tree_at(lambda s: s.best_value, state, value.astype(state.best_value.dtype))
    rows = _rows(task, 0, numbers, progress.patience, times)
    return Progress(state, progress.patience, 0, rows)


def one_epoch(task: Task, progress: Progress, segments: Iterator[Any] | None = None) -> tuple[Progress, Iterator[Any]]:
    """Train on every segment of the source; the last one closes the epoch.

    `segments` are those of this epoch where they have been begun already; those of the next are begun and returned, so
    that what is read from a disk is read while the last segment trains and the held-out part is evaluated.
    """
    started = time.perf_counter()
    for_epoch, for_evaluation = task.epoch_key(progress.epoch), jax.random.fold_in(task.key, 0)
    at_work = [one._replace(rate=0.0) if over(one, task, progress.epoch) else one for one in progress.patience]
    floats = jnp.result_type(float)
    pace = Pace(*(jnp.asarray([getattr(one, name) for one in at_work], floats) for name in Pace._fields))
    state, trained, waited = progress.state, [], Waited()
    segments = task.segments(for_epoch) if segments is None else segments
    with contextlib.ExitStack() as ended:
        ended.callback(end_reading, segments)
        ended.enter_context(waited)
        segment, following = waited.next(segments), waited.next(segments)
        for index in itertools.count():
            keys = (jax.random.fold_in(for_epoch, index), for_evaluation)
            state, numbers = task.run(state, segment, task.held_out if following is None else None, keys, pace)
            trained.append({name: value for name, value in numbers.items() if name.startswith("train_")})
            if following is None:
                break
            waited.busy(numbers)
            segment, following = following, waited.next(segments)
    coming = task.segments(task.epoch_key(progress.epoch + 1))
    numbers |= {name: np.mean([np.asarray(one[name]) for one in trained], axis=0) for name in trained[0]}
    times = {"seconds": time.perf_counter() - started, "waited": waited.seconds}
    rows = _rows(task, progress.epoch + 1, numbers, at_work, times)
    patience = progress.patience
    if int(np.asarray(state.step).max()) >= task.settings.track_from:
        patience = tuple(_after(one, row, task) for one, row in zip(patience, rows))
    return Progress(state, patience, progress.epoch + 1, [*progress.history, *rows]), coming


def end_reading(segments: Iterator[Any] | None) -> None:
    """End the thread that reads segments, where there is one."""
    if isinstance(segments, ReadAhead | Generator):
        segments.close()


def _rows(
    task: Task, epoch: int, numbers: dict[str, Any], at_work: Sequence[Patience], times: dict[str, float]
) -> list[dict[str, float]]:
    """What the history says of an epoch, one row a member."""
    columns = {name: np.atleast_1d(np.asarray(value)) for name, value in numbers.items()}
    rows = []
    for member, one in enumerate(at_work):
        head = {"epoch": float(epoch)} | ({} if task.members is None else {"member": float(member)})
        own = {name: float(column[member]) for name, column in columns.items()}
        rows.append(head | own | {"learning_rate": one.rate, "weight_decay": one.decay} | times)
    return rows


def _after(one: Patience, row: Mapping[str, float], task: Task) -> Patience:
    """The memory of a member after an epoch; that of one that is over, whose rate is zero, stays."""
    if row["learning_rate"] == 0:
        return one
    decay = task.decay.after(one.decay, row["valid_loss"] - row["train_loss"])
    then = one.after(row[f"valid_{task.settings.monitor}"], plateau=task.rules.plateau, factor=task.rules.factor)
    return then._replace(decay=decay)


def over(patience: Patience, task: Task, epoch: int) -> bool:
    """Whether a member waited for a new best as long as it may."""
    return patience.since_best >= task.rules.patience and epoch >= task.rules.min_epochs


def _finite(row: Mapping[str, float], monitor: str) -> bool:
    return math.isfinite(row["train_loss"]) and math.isfinite(row[f"valid_{monitor}"])


def reason_to_stop(progress: Progress, task: Task, seconds: float) -> str | None:
    """Why the fit is over, or `None` while it is not."""
    last = progress.history[-len(progress.patience) :] if progress.epoch else []
    if last and not all(_finite(row, task.settings.monitor) for row in last):
        return "not finite"
    if all(over(one, task, progress.epoch) for one in progress.patience):
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
    checkpoint: Checkpoint | None,
    loggers: Sequence[Logger],
    show: bool,
) -> tuple[Progress, str]:
    """Go on from `progress` until there is a reason to stop."""
    started, limit, coming = time.perf_counter(), task.rules.max_seconds, None
    with bar(task.rules.max_epochs, "fit", show and is_first(), unit="epoch") as shown:
        shown.update(progress.epoch)
        try:
            while (why := reason_to_stop(progress, task, seconds_since(started, limit))) is None:
                progress, coming = one_epoch(task, progress, coming)
                last = progress.history[-len(progress.patience) :]
                train, valid = (sum(row[f"{part}_loss"] for row in last) / len(last) for part in ("train", "valid"))
                shown.set_postfix(train=f"{train:.4g}", valid=f"{valid:.4g}")
                shown.update(1)
                if not is_first():
                    continue
                for logger in loggers:
                    for row in last:
                        logger(row)
                if checkpoint is not None:
                    checkpoint.write(progress)
        except KeyboardInterrupt:
            if jax.process_count() > 1:  # the others do not know of it: start all again, from the checkpoint
                raise
            why = "interrupted"
        finally:
            end_reading(coming)
    if why == "not finite":
        warn(
            f"the loss stopped being finite in epoch {progress.epoch}; the fit ends with the best weights before "
            "that. Try a lower learning_rate, and look for extreme numbers in the simulations",
        )
    return progress, why
