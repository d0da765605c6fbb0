"""What several processes of one fit agree on: the start, the data, the time. Files and words are the first one's.

Each process runs the same program on the same data (`jax.distributed.initialize` first), and each decides by the same
numbers when to stop, so that only what may differ between them is sent.
"""

import hashlib
import json
import time
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.experimental import multihost_utils

from ._checkpoint import Checkpoint, Progress
from ._patience import Patience
from ._spread import everywhere


def is_first() -> bool:
    """Whether this process shows, logs and writes; always true of a single one."""
    return jax.process_index() == 0


def refuse_different(*told_apart_by: Any) -> None:
    """`ValueError` in every process when the text of what tells fits apart is not the same in all."""
    own = hashlib.sha256(repr(told_apart_by).encode()).digest()
    marks = np.asarray(multihost_utils.process_allgather(np.frombuffer(own, np.uint8)))
    different = np.flatnonzero((marks != marks[0]).any(axis=1))
    if len(different):
        raise ValueError(
            f"process {different[0]} of this fit has other data or settings than process 0; start all processes with "
            "the same program, key and files"
        )


def resumed(checkpoint: Checkpoint | None, fresh: Progress) -> Progress:
    """Where the fit goes on: what the first process read from its checkpoint, in every process."""
    if jax.process_count() == 1:
        found = fresh if checkpoint is None else checkpoint.read(fresh)
        return found._replace(state=everywhere(found.state))
    found, problem = fresh, ""
    if checkpoint is not None and is_first():
        try:
            found = checkpoint.read(fresh)
        except ValueError as error:  # the others wait: they must hear of it
            problem = str(error)
    problem, patience, epoch, history = _said_by_first([problem, found.patience, found.epoch, found.history])
    if problem:
        raise ValueError(problem)
    state = jax.tree.map(jnp.asarray, multihost_utils.broadcast_one_to_all(found.state))
    return Progress(everywhere(state), tuple(Patience(*one) for one in patience), epoch, history)


def seconds_since(started: float, limit: float) -> float:
    """Wall seconds; where there is a limit, those of the first process, so that all stop after the same epoch."""
    seconds = time.perf_counter() - started
    if jax.process_count() == 1 or limit == float("inf"):
        return seconds
    return float(multihost_utils.broadcast_one_to_all(np.float32(seconds)))


def _said_by_first(content: Any) -> Any:
    """What the first process gives, in every process, by way of JSON."""
    told = np.frombuffer(json.dumps(content).encode(), np.uint8)
    length = int(multihost_utils.broadcast_one_to_all(np.int32(len(told))))
    told = told if is_first() else np.zeros(length, np.uint8)
    return json.loads(bytes(np.asarray(multihost_utils.broadcast_one_to_all(told), np.uint8)))
