"""A Zarr store to which finished rows are added, and from which a killed run goes on.

Every row has a status in the store, first `UNDONE`. The arrays of a piece are written before its status, and
zarr puts each chunk in place whole, so at any moment the rows that have a status are complete, and all others
will be simulated again, with the same result, for a row's randomness derives from the key and its number
alone."""

import contextlib
import errno
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jax
import numpy as np

from ._keep import AbstractKeep
from ._piece import empty_like, Piece
from ._simulations import Simulations
from ._some_rows import SomeRows
from ._status import Status, UNDONE
from ._zarr import create_zarr, FORMAT, MARK, open_zarr, stored_arrays


class Store(AbstractKeep):
    """Keeps rows in a Zarr group at `path`, made when missing.

    `identity` is what a run must agree in with the one that made the store: the key, the given quantities.
    """

    def __init__(
        self,
        path: Path,
        theta: np.ndarray,
        names: tuple[str, ...],
        *,
        chunk: int,
        identity: dict[str, Any],
        retries: int,
    ):
        if path.suffix != ".zarr":
            raise ValueError(f"store must be a path that ends in .zarr, but {path.name!r} came")
        self._path, self._theta, self._names = path, theta, names
        self.chunk, self._identity, self._retries = chunk, identity, retries
        self.status = np.full(len(theta), UNDONE, np.int8)
        self.messages = {}
        self._group: Any = None
        self._before: list[Piece] = []
        if path.exists():
            self._reopen()

    def _reopen(self) -> None:
        arrays, names, self.messages = self._opened()
        self._refuse_other(dict(self._group.attrs), names)
        self.chunk = int(self._group.attrs["chunk"])
        self.example = _example(arrays)
        status, theta = np.asarray(arrays["status"][:]), np.asarray(arrays["theta"][:])
        both = min(len(status), len(theta), len(self._theta))
        self.status[:both] = status[:both]
        done = np.flatnonzero(self.status[:both] != UNDONE)
        if not np.allclose(theta[done], self._theta[done], rtol=1e-5, atol=1e-8):
            raise ValueError(
                f"the store {self._path} was made with another prior or other given values: its parameters "
                "differ; use another path, or the same prior"
            )
        for leaf in (self._group[name] for name in arrays):
            if leaf.shape[0] < len(self._theta):
                leaf.resize((len(self._theta), *leaf.shape[1:]))
        # More retries than before: failed rows are simulated again.
        if self._retries > int(self._group.attrs["retries"]):
            self.status[self.status > Status.OK] = UNDONE
            self._group.attrs["retries"] = self._retries

    def _opened(self) -> Any:
        import zarr

        try:
            opened = open_zarr(self._path)
            self._group = zarr.open_group(self._path, mode="r+")
        except Exception as error:
            raise ValueError(
                f"store {self._path} exists, but cannot be opened ({type(error).__name__}: {error}); use another path"
            ) from error
        return opened

    def _refuse_other(self, attributes: dict[str, Any], names: list[str] | None) -> None:
        if attributes.get(MARK) != FORMAT or "identity" not in attributes:
            raise ValueError(f"store {self._path} exists, but was not made by simulate; use another path")
        if names != list(self._names):
            raise ValueError(f"store {self._path} is about the parameters {names}, the prior about {list(self._names)}")
        for what, mine in self._identity.items():
            if attributes["identity"].get(what) != mine:
                raise ValueError(
                    f"store {self._path} was made with another {what}; to go on with it use the same {what}, "
                    "to start anew another path"
                )

    def _create(self) -> None:
        """Make the empty store under another name first, so that it is there whole or not at all."""
        import zarr

        partial = self._path.with_name(f"{self._path.name}.new")
        shutil.rmtree(partial, ignore_errors=True)
        partial.parent.mkdir(parents=True, exist_ok=True)
        group = zarr.open_group(partial, mode="w", zarr_format=3)
        n, p = self._theta.shape
        create_zarr(group, "theta", n, (p,), self._theta.dtype, self.chunk, 0)
        create_zarr(group, "status", n, (), np.dtype(np.int8), self.chunk, UNDONE)
        for name, leaf in stored_arrays(self.example).items():
            fill = empty_like(leaf, 1).reshape(-1)[:1].tolist() or [0]
            create_zarr(group, name, n, tuple(leaf.shape), np.dtype(leaf.dtype), self.chunk, fill[0])
        settings = {"chunk": self.chunk, "retries": self._retries, "messages": {}}
        group.attrs.update({MARK: FORMAT, "names": list(self._names), "identity": self._identity, **settings})
        os.replace(partial, self._path)
        self._group = zarr.open_group(self._path, mode="r+")

    def _write(self, piece: Piece) -> None:
        if self.example is None:
            self._before.append(piece)  # what x looks like is not known yet
            return
        with _room(self._path, int((self.status != UNDONE).sum())):
            if self._group is None:
                self._create()
            for part in [*self._before, piece]:
                self._put(part)
        self._before = []

    def _put(self, piece: Piece) -> None:
        x = empty_like(self.example, len(piece.rows)) if piece.x is None else piece.x
        data = {f"x/{name}": leaf for name, leaf in x.items()} if isinstance(x, dict) else {"x": x}
        for name, values in {"theta": self._theta[piece.rows], **data}.items():
            _set_rows(self._group[name], piece.rows, values)
        # Messages before the status: a message without its row does no harm.
        messages = {str(row): text for row, text in self.messages.items()}
        if messages != self._group.attrs["messages"]:
            self._group.attrs["messages"] = messages
        _set_rows(self._group["status"], piece.rows, piece.status)

    def finish(self) -> Simulations:
        arrays, _, _ = open_zarr(self._path)
        n = len(self._theta)
        x: Any = {name[2:]: _first(leaf, n) for name, leaf in arrays.items() if name.startswith("x/")}
        return Simulations(self._theta, x or _first(arrays["x"], n), self._names, self.status, self.messages)


def _first(leaf: Any, n: int) -> Any:
    return leaf if leaf.shape[0] == n else SomeRows(leaf, np.arange(n))


def _example(arrays: dict[str, Any]) -> Any:
    one = {name: jax.ShapeDtypeStruct(leaf.shape[1:], leaf.dtype) for name, leaf in arrays.items()}
    return one["x"] if "x" in one else {name[2:]: leaf for name, leaf in one.items() if name.startswith("x/")}


def _set_rows(array: Any, rows: np.ndarray, values: np.ndarray) -> None:
    if len(rows) == rows[-1] - rows[0] + 1:
        array[int(rows[0]) : int(rows[-1]) + 1] = values
    else:
        array.oindex[rows] = values


@contextlib.contextmanager
def _room(path: Path, done: int) -> Iterator[None]:
    """Say what a full disk means for the store."""
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise
        raise OSError(
            error.errno,
            f"the disk is full: rows could not be added to {path}. The {done} rows already there are whole; "
            "free some space and run the same call again, it goes on from them",
        ) from error
