"""A fit on disk, written whole after an epoch, from which a killed fit goes on bit for bit."""

import hashlib
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import PyTree

from ..core import load, save
from ._epoch import State
from ._patience import Patience


class Progress(NamedTuple):
    """Where a fit stands: state on the device, memory on the host for each member, rows of the history."""

    state: State
    patience: tuple[Patience, ...]
    epoch: int
    history: list[dict[str, float]]


def write_checkpoint(path: Path, progress: Progress, fingerprint: str) -> None:
    """Replace the checkpoint at `path` by one of this moment."""
    leaves = jax.tree.leaves(progress.state)
    content = {
        "fingerprint": fingerprint,
        "leaves": leaves,
        "patience": tuple(tuple(one) for one in progress.patience),
        "epoch": progress.epoch,
        "history": progress.history,
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    save(content, path)


def read_checkpoint(path: Path, fresh: Progress, fingerprint: str) -> Progress:
    """The progress stored at `path`, or `fresh` when there is none."""
    if not path.exists():
        return fresh
    content: dict[str, Any] = load(path)
    if content.get("fingerprint") != fingerprint:
        raise ValueError(
            f"the checkpoint at {path} belongs to another fit (other data, settings, key or network); "
            "give another path, or remove it to start anew"
        )
    structure = jax.tree.structure(fresh.state)
    state = jax.tree.unflatten(structure, [jnp.asarray(leaf) for leaf in content["leaves"]])
    patience = tuple(Patience(*one) for one in content["patience"])
    return Progress(state, patience, content["epoch"], content["history"])


def fingerprint_of(task: Any, weights: PyTree, rows: Any, learning_rate: float) -> str:
    """Tells fits apart: the start, the data, the key and every setting that changes the course."""
    digest = hashlib.sha256()
    for leaf in jax.tree.leaves((weights, rows)):
        digest.update(np.ascontiguousarray(leaf).tobytes())
    digest.update(np.asarray(jax.random.key_data(task.key)).tobytes())
    course = (
        *task.steps,
        task.settings[1:],
        task.rules.plateau,
        task.rules.factor,
    )
    digest.update(repr((course, learning_rate, jax.tree.structure(weights))).encode())
    return digest.hexdigest()
