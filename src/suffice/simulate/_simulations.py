"""Parameters and what the simulator made of them, in memory or on disk."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import jax
import numpy as np
from jaxtyping import Bool, Int, PyTree

from ..core import by_name, frame_names
from ..priors import AbstractPrior
from ._batch import Batch
from ._failures import Failures
from ._reading import chunk_rows, is_lazy, read_rows, row_bytes, Stored
from ._select import selected_target, selected_x
from ._status import Status

_SCAN_ROWS, _SCAN_BYTES = 16_384, 64 * 2**20
_INTEGERS = "bui"


class Simulations:
    """Parameters `theta` `(n, p)` and data `x`: one array, or several named ones, with leading axis n.

    The arrays may be NumPy or JAX arrays, or lie on disk (zarr, HDF5, memory maps); then only what is asked
    for is read. What is in memory is not copied.

    **Arguments:**

    - `theta`: parameters, one row a simulation.
    - `x`: an array `(n, ...)`, or a dict of named arrays.
    - `names`: of the parameters; by default the columns' of a pandas DataFrame, or `theta[0]`, `theta[1]`, ...
    - `status`: `(n,)`, what became of each row (`Status`); by default found by looking for non-finite
      numbers.
    - `messages`: by row number, what the simulator said when it failed.

    **Raises** `ValueError` when shapes, lengths or names do not fit each other.

    >>> x = {"image": np.ones((4, 8, 8)), "noise": np.ones(4)}
    >>> sims = Simulations(np.zeros((4, 2)), x, names=("a", "b"))
    >>> len(sims), sims.select(x="image", target="noise").names, sims[1:3].x["image"].shape
    (4, ('noise',), (2, 8, 8))
    """

    theta: Any
    x: PyTree
    names: tuple[str, ...]

    def __init__(
        self,
        theta: Any,
        x: PyTree,
        names: Sequence[str] | None = None,
        status: Any = None,
        messages: Mapping[int, str] | None = None,
    ):
        names = frame_names(theta) if names is None else names if isinstance(names, str) else tuple(names)
        self.theta = _matrix(theta if names is None or isinstance(names, str) else by_name(theta, names))
        self.x = _leaves(x, len(self.theta))
        self.names = _checked_names(names, self.theta.shape[1])
        self._status = None if status is None else _checked_status(status, len(self.theta))
        self._messages = dict(messages or {})

    def __len__(self) -> int:
        return int(self.theta.shape[0])

    def __repr__(self) -> str:
        where = "in memory" if self.in_memory else "on disk"
        data = jax.tree.map(lambda leaf: "×".join(map(str, leaf.shape)) or "1", self.example)
        return f"<{len(self)} simulations {where}: theta ({', '.join(self.names)}), x {data}>"

    def __getitem__(self, index: Any) -> "Simulations":
        """Rows, by number, slice, mask or array of numbers; read into memory."""
        rows = np.atleast_1d(np.arange(len(self))[index])
        theta, x = self.rows(rows)
        messages = {new: self._messages[old] for new, old in enumerate(rows.tolist()) if old in self._messages}
        status = None if self._status is None else self._status[rows]
        return Simulations(theta, x, self.names, status, messages)

    def rows(self, index: np.ndarray | Sequence[int]) -> Batch:
        """The rows with these numbers `(m,)`, in this order, as NumPy arrays."""
        index = np.asarray(index)
        if index.ndim != 1 or (index.dtype.kind not in "iu" and index.size):
            raise ValueError(f"index must be a list of row numbers, but {index.dtype}{index.shape} came")
        if index.size and not (index.min() >= 0 and index.max() < len(self)):
            raise IndexError(f"row numbers must be from 0 to {len(self) - 1}, but {index.min()} to {index.max()} came")
        index = index.astype(np.int64)
        x = jax.tree_util.tree_map_with_path(lambda path, leaf: read_rows(leaf, index, _called(path)), self.x)
        return Batch(read_rows(self.theta, index, "theta"), x)

    @property
    def in_memory(self) -> bool:
        """Whether all arrays are in memory."""
        return not any(is_lazy(leaf) for leaf in jax.tree.leaves((self.theta, self.x)))

    @property
    def chunk(self) -> int:
        """Rows that are read from disk together in any case: those of a chunk of the array with the largest rows."""
        return chunk_rows(max(jax.tree.leaves(self.x), key=row_bytes)) if not self.in_memory else 1

    @property
    def row_bytes(self) -> int:
        """Bytes of one row of all arrays together."""
        return sum(map(row_bytes, jax.tree.leaves((self.theta, self.x))))

    def load(self) -> "Simulations":
        """All of it in memory."""
        return self if self.in_memory else self[:]

    @property
    def example(self) -> PyTree:
        """Shape and dtype of one `x`, as `jax.ShapeDtypeStruct`."""
        return jax.tree.map(lambda leaf: jax.ShapeDtypeStruct(leaf.shape[1:], np.dtype(leaf.dtype)), self.x)

    @property
    def status(self) -> Int[np.ndarray, " n"]:
        """What became of each row, `(n,)`: see `Status`. Where it is not known, all rows are looked at
        once.
        """
        if self._status is None:
            self._status = np.where(self._finite(), Status.OK, Status.NONFINITE).astype(np.int8)
        return self._status

    def usable(self) -> Bool[np.ndarray, " n"]:
        """Which rows have finished well and hold finite numbers only, `(n,)`; all are read, in parts of 64 MB."""
        if self._status is None:
            return self.status == Status.OK  # for which all rows are looked at
        return self._finite() & (self._status == Status.OK)

    @property
    def failures(self) -> Failures:
        """The rows that cannot be used."""
        bad = np.flatnonzero(self.status != Status.OK)
        theta = read_rows(self.theta, bad, "theta").astype(float)
        return Failures(len(self), bad, self.status[bad].astype(int), theta, self.names, dict(self._messages))

    def select(self, x: str | Sequence[str] | None = None, target: str | Sequence[str] | None = None) -> "Simulations":
        """Choose what is the data and what is to be inferred, by name.

        **Arguments:**

        - `x`: one name: that array becomes the data; several: a dict of them. `None` keeps all.
        - `target`: names of parameters (`"z[0]"`, or `"z"` for all of its columns), of arrays of `x`, whose
          numbers become columns (`noise[0]`, ...), or `"theta"`. `None` keeps the parameters.
        """
        data = self.x if x is None else selected_x(self.x, x)
        theta, names = (self.theta, self.names) if target is None else selected_target(self, target)
        return Simulations(theta, data, names, self._status, self._messages)

    def concatenate(self, other: "Simulations") -> "Simulations":
        """These rows and then those of `other`, in memory."""
        if other.names != self.names:
            raise ValueError(
                f"the parameters are called {', '.join(self.names)} and {', '.join(other.names)}; "
                "only simulations of the same parameters can be put together"
            )
        if jax.tree.map(lambda leaf: leaf.shape, self.example) != jax.tree.map(lambda leaf: leaf.shape, other.example):
            raise ValueError(f"x has other arrays or shapes in the two: {self.example} and {other.example}")
        every = [part.rows(np.arange(len(part))) for part in (self, other)]
        theta, x = jax.tree.map(lambda a, b: np.concatenate([a, b]), *every)
        messages = self._messages | {row + len(self): text for row, text in other._messages.items()}
        return Simulations(theta, x, self.names, np.concatenate([self.status, other.status]), messages)

    def check_prior(self, prior: AbstractPrior) -> None:
        """`ValueError` unless the parameters have the names of `prior` and lie inside its support."""
        if prior.names != self.names:
            raise ValueError(
                f"the prior is about {', '.join(prior.names)}, the simulations about "
                f"{', '.join(self.names)}; give both the same names in the same order: Simulations(theta, x, "
                "names=prior.names)"
            )
        inside = [np.asarray(prior.contains(np.asarray(batch.theta, float))) for batch in self._chunks(x=False)]
        outside = np.flatnonzero(~np.concatenate([np.zeros(0, bool), *inside]))
        if len(outside):
            at = read_rows(self.theta, outside[:1], "theta")[0]
            raise ValueError(
                f"{len(outside)} of {len(self)} simulations have parameters outside of the prior, the first "
                f"in row {outside[0]}: theta = {np.round(at, 6).tolist()}; give the prior they were drawn "
                "from"
            )

    def save(self, path: str | Path) -> Path:
        """Write to a `.npz`, `.zarr`, `.h5` or `.hdf5` file, chunk by chunk; an old one is replaced once
        done.
        """
        from ._save import save_simulations

        return save_simulations(self, Path(path))

    def _finite(self) -> np.ndarray:
        return np.concatenate([np.zeros(0, bool), *map(_finite, self._chunks())])

    def _chunks(self, x: bool = True) -> Iterator[Batch]:
        """All rows in order, so many at a time that they take little memory however wide they are."""
        size = min(_SCAN_ROWS, max(1, _SCAN_BYTES // self.row_bytes))
        if size > self.chunk:  # whole chunks, so that none is read twice
            size = size // self.chunk * self.chunk
        for start in range(0, len(self), size):
            index = np.arange(start, min(start + size, len(self)))
            yield self.rows(index) if x else Batch(read_rows(self.theta, index, "theta"), ())


def _called(path: tuple) -> str:
    return "x" + "".join(f"/{key}" for key in jax.tree_util.keystr(path, simple=True, separator="/").split("/") if key)


def _finite(batch: Batch) -> np.ndarray:
    """Which rows hold finite numbers only."""
    good = np.ones(len(batch.theta), bool)
    for leaf in jax.tree.leaves(batch):
        if leaf.dtype.kind in "fc":
            good &= np.isfinite(leaf).reshape(len(leaf), -1).all(axis=1)
    return good


def _numeric(leaf: Any, what: str) -> Any:
    leaf = leaf if isinstance(leaf, Stored) else np.asarray(leaf)
    kind = np.dtype(leaf.dtype).kind
    if kind not in "buifcV" or (kind == "V" and np.dtype(leaf.dtype).fields):
        raise TypeError(f"{what} must be an array of numbers, but its type is {leaf.dtype}")
    return leaf


def _matrix(theta: Any) -> Any:
    theta = _numeric(theta, "theta")
    if np.dtype(theta.dtype).kind == "c":
        raise TypeError(
            f"theta must be real numbers, but its type is {theta.dtype}; give real and imaginary parts apart"
        )
    if len(theta.shape) != 2:
        raise ValueError(
            f"theta must have shape (n, p), one row a simulation, but {tuple(theta.shape)} came; "
            "for a single parameter use theta[:, None]"
        )
    if theta.shape[1] == 0:
        raise ValueError("theta has no columns; at least one parameter is needed")
    # Classes and counts are columns of floats like any other parameter.
    return np.asarray(theta, np.float32) if np.dtype(theta.dtype).kind in _INTEGERS else theta


def _leaves(x: PyTree, n: int) -> PyTree:
    if isinstance(x, list):
        raise TypeError("x must be an array or a dict of named arrays, but a list came; use np.stack(x)")
    x = jax.tree_util.tree_map_with_path(lambda path, leaf: _numeric(leaf, _called(path)), x)
    if not jax.tree.leaves(x):
        raise ValueError("x holds no array; give an array (n, ...) or a dict of named arrays")
    for path, leaf in jax.tree_util.tree_leaves_with_path(x):
        length = leaf.shape[0] if leaf.shape else 0
        if not leaf.shape or length != n:
            raise ValueError(
                f"theta has {n} rows but {_called(path)} has shape {tuple(leaf.shape)}; both need one row a simulation"
            )
    return x


def _checked_names(names: Sequence[str] | None, p: int) -> tuple[str, ...]:
    if names is None:
        return tuple(f"theta[{i}]" for i in range(p))
    if isinstance(names, str):
        raise TypeError(f"names must be a list of {p} names, but the text {names!r} came; use names=({names!r},)")
    names = tuple(str(name) for name in names)
    if len(names) != p:
        raise ValueError(f"theta has {p} columns but {len(names)} names came: {', '.join(names)}")
    if not all(name.strip() for name in names):
        raise ValueError(f"a parameter needs a name that can be seen, but these came: {names}")
    if len(set(names)) != p:
        raise ValueError(f"each parameter needs a name of its own, but these came: {', '.join(names)}")
    return names


def _checked_status(status: Any, n: int) -> np.ndarray:
    status = np.asarray(status)
    if status.shape != (n,):
        raise ValueError(f"status must have shape ({n},), one number a row, but {status.shape} came")
    if not np.isin(status, list(Status)).all():
        raise ValueError(f"status must hold {', '.join(f'{s.value} ({s.name})' for s in Status)} only")
    return status.astype(np.int8)
