"""A fit on disk, written whole after an epoch, from which a killed fit goes on bit for bit."""

import dataclasses
import hashlib
import re
from pathlib import Path
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import PyTree

from ..core import check_whole, in_short, listed, load, NewerFormat, save, warn
from ._epoch import State
from ._patience import Patience
from ._retained_files import damaged, older, put_in_place, refuse_other_files

FORMAT = 3


class Progress(NamedTuple):
    """Where a fit stands: state on the device, memory on the host for each member, rows of the history."""

    state: State
    patience: tuple[Patience, ...]
    epoch: int
    history: list[dict[str, float]]


@dataclasses.dataclass(frozen=True)
class Checkpoint:
    """Where a fit is written after each epoch.

    - `path`: the newest file; those before it have `.1`, `.2`, ... after their names.
    - `keep`: how many there are at most.
    - `fingerprint`: tells fits apart.
    """

    path: Path
    keep: int
    fingerprint: str

    def write(self, progress: Progress) -> None:
        """Put a file of this moment in place of the newest, and age the others."""
        columns = {name: np.array([row[name] for row in progress.history]) for name in progress.history[0]}
        content = {
            "format": FORMAT,
            "version": _version(),
            "fingerprint": self.fingerprint,
            "leaves": jax.tree.leaves(progress.state),
            "patience": tuple(tuple(one) for one in progress.patience),
            "epoch": progress.epoch,
            "history": columns,
        }
        self.path.parent.mkdir(parents=True, exist_ok=True)
        put_in_place(self.path, self.keep, lambda partial: save(content, partial))

    def read(self, fresh: Progress) -> Progress:
        """The newest progress that can be read, or `fresh` when there is none.

        **Raises** `ValueError` for files of another fit, of a newer format, or that are no checkpoints.
        """
        refuse_other_files(self.path)
        for path in (self.path, *older(self.path)):
            if not path.exists():
                continue
            try:
                content = load(path)
                self._refuse(path, content)
                return _progress(content, fresh)
            except (NewerFormat, PermissionError, _OtherFile):
                raise
            except Exception as error:  # whatever a damaged file makes zipfile, json and numpy say
                warn(f"a checkpoint is damaged ({in_short(error)}); the fit goes on from the one before, if there is")
                path.replace(damaged(self.path))
        return fresh

    def _refuse(self, path: Path, content: Any) -> None:
        if not isinstance(content, dict) or "fingerprint" not in content:
            raise _OtherFile(f"{path} is a file of suffice, but no checkpoint of a fit; give another path")
        if (written := content.get("format", 1)) != FORMAT:
            by = listed([content.get("version", "0.1.0")])
            raise _OtherFile(
                f"the checkpoint {path} has format {listed([written])}, written by suffice {by}, "
                f"but suffice {_version()} reads format {FORMAT}; use that version, or remove the file to start anew"
            )
        if content["fingerprint"] != self.fingerprint:
            raise _OtherFile(
                f"the checkpoint at {path} belongs to another fit (other data, settings, key or network); "
                "give another path, or remove it to start anew"
            )


class _OtherFile(ValueError):
    """A whole file that is not of this fit."""


def _progress(content: dict[str, Any], fresh: Progress) -> Progress:
    """**Raises** an exception of some kind for what `write` does not write."""
    wanted, structure = jax.tree.flatten(fresh.state)
    leaves = [jnp.asarray(leaf) for leaf in content["leaves"]]
    for leaf, own in zip(leaves, wanted, strict=True):
        if leaf.shape != jnp.shape(own) or leaf.dtype != jnp.result_type(own):
            raise ValueError(f"it holds numbers of shape {leaf.shape}, where the fit has {jnp.shape(own)}")
    state = jax.tree.unflatten(structure, leaves)
    check_whole(0, epoch=content["epoch"])
    columns = {name: values.tolist() for name, values in content["history"].items()}
    history = [dict(zip(columns, row)) for row in zip(*columns.values())]
    return Progress(state, tuple(Patience(*one) for one in content["patience"]), content["epoch"], history)


def _version() -> str:
    from .. import __version__

    return __version__


def fingerprint_of(task: Any, given: PyTree, weights: PyTree, rows: Any, learning_rate: float) -> str:
    """Tells fits apart: the start, the data, the key and every setting that changes the course.

    - `given`: the parts of the objectives that are not trained, as they were before they were started. What a start
      computes of the data differs in the last bits between kinds of processors, and the rows tell the data apart.
    """
    digest = hashlib.sha256()
    for leaf in (*jax.tree.leaves((weights, rows)), *filter(eqx.is_array_like, jax.tree.leaves(given)), task.key):
        digest.update(_bytes(leaf))
    course = (
        *task.steps,
        task.settings[1:],
        task.rules.plateau,
        task.rules.factor,
        task.decay,
    )
    # Of functions, such as an activation, their names; where they lie in memory differs from run to run.
    functions = [leaf for leaf in jax.tree.leaves(task.fixed) if not eqx.is_array_like(leaf)]
    told = repr((course, learning_rate, functions, jax.tree.structure((weights, task.fixed))))
    told += "".join(_steps_of(task.settings.optimiser, own) for own in weights[:1])
    digest.update(re.sub("0x[0-9a-f]+", "", told).encode())
    return digest.hexdigest()


def _bytes(leaf: Any) -> bytes:
    """Of the numbers of an array, a number, or a key."""
    keys = isinstance(leaf, jax.Array) and jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key)
    return np.ascontiguousarray(jax.random.key_data(leaf) if keys else leaf).tobytes()


def _steps_of(optimiser: optax.GradientTransformation, weights: PyTree) -> str:
    """What an optimiser does to weights, its numbers included."""
    made = jax.make_jaxpr(lambda own: optimiser.update(own, optimiser.init(own), own))(weights)
    return f"{made} {[np.asarray(one).tolist() for one in made.consts]}"
