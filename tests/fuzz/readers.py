"""Every reader of files of others, as functions of a path that read all there is, and what counts as a refusal."""

import contextlib
import io
import signal
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jax
import numpy as np

import suffice
import suffice.core._npy as npy
from suffice.cli._commands import commands
from suffice.cli._from_function import options_file
from suffice.cli._observation import read_observation
from suffice.cli._table import groups_of, read_table, variable
from suffice.core import load
from suffice.priors import load_prior
from suffice.simulate import load_simulations, read_tracks

# One x in the simulations that an observation is for.
EXAMPLE = jax.ShapeDtypeStruct((3,), np.float32)
_PACKAGE = Path(suffice.__file__).parent
_LONGEST = 2000  # letters of a sentence


def simulations(path: Path) -> None:
    """Open, look at every row, copy some."""
    sims = load_simulations(path)
    repr(sims), len(sims.failures)
    sims[: min(3, len(sims))]


def table(path: Path) -> None:
    """All columns as variables."""
    frame = read_table(path)
    for name in groups_of(frame):
        with contextlib.suppress(ValueError):  # a column that cannot be used leaves the others
            variable(frame, name)
    variable(frame, next(iter(groups_of(frame))))


def observation(path: Path) -> None:
    """One simulation of three numbers."""
    found = read_observation(path, EXAMPLE)
    assert found.shape == EXAMPLE.shape and found.dtype == EXAMPLE.dtype and np.isfinite(found).all()


def tracks(path: Path) -> None:
    """Tracks, and what is learned from."""
    found = read_tracks(path, shortest=3)
    assert np.isfinite(found.displacements).all() and len(found.simulations()) == len(found)


def options(path: Path) -> None:
    """The options of `suffice mi` with defaults from a file."""
    options_file(["mi", "--options", str(path)])
    commands(["mi", "table.csv", "--options", str(path)])


READERS: dict[str, Callable[[Path], Any]] = {
    "model.suffice": load,
    "sims.npz": simulations,
    "sims.h5": simulations,
    "sims.zarr": simulations,
    "table.csv": table,
    "table.npz": table,
    "table.parquet": table,
    "obs.npy": observation,
    "obs.npz": observation,
    "obs.csv": observation,
    "obs.h5": observation,
    "tracks.csv": tracks,
    "options.yaml": options,
    "prior.yaml": load_prior,
}


def is_refusal(error: BaseException) -> bool:
    """A sentence that this package, or the system about a file, says on purpose: no traceback reaches a user."""
    if isinstance(error, OSError):
        return True
    last = traceback.extract_tb(error.__traceback__)[-1].filename
    ours = _PACKAGE in Path(last).parents
    return isinstance(error, ValueError | TypeError) and ours and 0 < len(str(error)) < _LONGEST


class Hang(BaseException):
    """A reader took too long; no `except Exception` catches it."""


@contextlib.contextmanager
def bounded(seconds: float = 20.0) -> Iterator[None]:
    """A time limit, and a small memory: an array that is claimed to be large is not made to see what happens."""

    def late(*_: Any) -> None:
        raise Hang(f"took longer than {seconds} s")

    before, memory = signal.signal(signal.SIGALRM, late), npy._memory
    npy._memory = lambda: 2**28
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        with contextlib.redirect_stderr(io.StringIO()):
            yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        npy._memory = memory


def reads_or_refuses(name: str, path: Path) -> bool:
    """Whether the reader read the file; False where it refused it. Anything else is raised."""
    try:
        with bounded():
            READERS[name](path)
    except (ValueError, TypeError, OSError) as error:
        if not is_refusal(error):
            raise
        return False
    return True
