"""A Zarr store to which finished rows are added, and from which a killed run goes on.

Every row has a status in the store, first `UNDONE`. The arrays of a piece are written before its status, and
zarr puts each chunk in place whole, so at any moment the rows that have a status are complete, and all others
will be simulated again, with the same result, for a row's randomness derives from the key and its number
alone."""

from pathlib import Path
from typing import Any

import jax
import numpy as np

from ._inside import LeavesStore
from ._keep import AbstractKeep
from ._layout import example_in, Layout, put_rows, room, set_rows, Writer, x_in
from ._lease import Lease
from ._piece import Piece
from ._reading import read_rows
from ._same_simulator import Known
from ._simulations import Simulations
from ._some_rows import SomeRows
from ._status import Status, UNDONE
from ._zarr import arrays_in, FORMAT, MARK, MOST_CHUNK, open_zarr


class Store(AbstractKeep):
    """Keeps rows in a Zarr group at `path`, made when missing.

    `identity` is what a run must agree in with the one that made the store: the key, the given quantities. While there
    are rows to add, the store belongs to this run (`Lease`) until `close`.
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
        self._path, self._theta, self._names = path.absolute(), theta, names
        self.chunk, self._identity, self._retries = chunk, identity, retries
        self._lease: Lease | None = None
        self._before: list[Piece] = []
        self._read()
        if len(self.todo):
            self._lease = Lease(self._path)
            try:
                self._read()  # again: another run may have added rows since
                self._prepare()
            except BaseException:
                self.close()
                raise

    def close(self) -> None:
        if self._lease is not None:
            self._lease.release()

    def known(self) -> Known | None:
        found = np.flatnonzero(self.status == Status.OK)[:1]
        if not len(found):
            return None
        x = jax.tree.map(lambda leaf: read_rows(leaf, found, "x")[0], x_in(arrays_in(self._group)))
        return Known(int(found[0]), x, range(1 + int(self._group.attrs["retries"])))

    def writer(self) -> Writer | None:
        """For workers that write their chunks; `None` where a chunk of an array reaches over the end of a block."""
        leaves = [] if self._group is None else arrays_in(self._group).values()
        if self._lease is None or any(self.chunk % leaf.chunks[0] for leaf in leaves):
            return None
        return Writer(self._layout, self._lease.path, self._lease.token)

    def told(self) -> Any:
        return room(self._path, lambda: int((self.status != UNDONE).sum()))

    @property
    def _layout(self) -> Layout:
        return Layout(
            self._path,
            self._theta.shape,
            self._theta.dtype,
            self._names,
            self._identity,
            self.chunk,
            self._retries,
        )

    def _read(self) -> None:
        """What is there already."""
        self.status = np.full(len(self._theta), UNDONE, np.int8)
        self.messages = {}
        self._group: Any = None
        if not self._path.exists():
            if self._path.is_symlink():
                raise ValueError(f"store {self._path} is a link to {self._path.readlink()}, which is not there")
            _refuse_inside_another(self._path)
            return
        arrays, names, self.messages = self._opened()
        self._refuse_other(dict(self._group.attrs), names)
        self.chunk = int(self._group.attrs["chunk"])
        self.example = example_in(arrays)
        status, theta = np.asarray(arrays["status"][:]), np.asarray(arrays["theta"][:])
        both = min(len(status), len(theta), len(self._theta))
        self.status[:both] = status[:both]
        done = np.flatnonzero(self.status[:both] != UNDONE)
        if not _the_same(theta[done], self._theta[done]):
            raise ValueError(
                f"the store {self._path} was made with another prior or other given values: its parameters "
                "differ; use another path, or the same prior"
            )
        # More retries than before: failed rows are simulated again.
        if self._retries > int(self._group.attrs["retries"]):
            self.status[self.status > Status.OK] = UNDONE

    def _prepare(self) -> None:
        """Make room for all rows."""
        self._layout.sweep()
        if self._group is None:
            return
        for leaf in arrays_in(self._group).values():
            if leaf.shape[0] < len(self._theta):
                leaf.resize((len(self._theta), *leaf.shape[1:]))
        if self._retries > int(self._group.attrs["retries"]):
            self._group.attrs["retries"] = self._retries

    def _opened(self) -> Any:
        import zarr

        try:
            opened = open_zarr(self._path)
            self._group = zarr.open_group(self._path, mode="r+", use_consolidated=False)
        except LeavesStore as error:
            raise ValueError(f"store {self._path} is refused: {error}") from None
        except Exception as error:
            raise ValueError(
                f"store {self._path} exists, but cannot be opened ({type(error).__name__}: {error}); use another path"
            ) from error
        return opened

    def _refuse_other(self, attributes: dict[str, Any], names: list[str] | None) -> None:
        if attributes.get(MARK) != FORMAT or not _of_a_run(attributes):
            raise ValueError(f"store {self._path} exists, but was not made by simulate; use another path")
        if names != list(self._names):
            raise ValueError(f"store {self._path} is about the parameters {names}, the prior about {list(self._names)}")
        for what, mine in self._identity.items():
            if attributes["identity"].get(what) != mine:
                what = "key (seed)" if what == "key" else what
                raise ValueError(
                    f"store {self._path} was made with another {what}; to go on with it use the same {what}, "
                    "to start anew another path"
                )

    def _write(self, piece: Piece) -> None:
        assert self._lease is not None
        self._lease.check()
        if self._group is None and (piece.stored or self.example is not None):
            self._open_new()
        if self._group is None:
            self._before.append(piece)  # what x looks like is not known yet
            return
        for part in [*self._before, piece]:
            self._put(part)
        self._before = []

    def _open_new(self) -> None:
        """The store that this run, or one of its workers, has just made."""
        import zarr

        if not self._path.exists():
            if self.example is None:
                raise ValueError(
                    f"workers wrote {self._path}, but it cannot be seen here: a store must lie on a file system that "
                    "all of them share"
                )
            self._layout.create(self.example)
        self._group = zarr.open_group(self._path, mode="r+", use_consolidated=False)
        self.example = example_in(arrays_in(self._group))

    def _put(self, piece: Piece) -> None:
        if not piece.stored:
            put_rows(self._group, self.example, piece, self._theta[piece.rows])
        # Messages before the status: a message without its row does no harm.
        messages = {str(row): text for row, text in self.messages.items()}
        if messages != self._group.attrs["messages"]:
            self._group.attrs["messages"] = messages
        if not piece.stored:
            set_rows(self._group["status"], piece.rows, piece.status)

    def finish(self) -> Simulations:
        arrays, _, _ = open_zarr(self._path)
        n = len(self._theta)
        x = jax.tree.map(lambda leaf: _first(leaf, n), x_in(arrays))
        return Simulations(self._theta, x, self._names, self.status, self.messages)


def _of_a_run(attributes: dict[str, Any]) -> bool:
    """Whether these are what `Layout.create` writes, or could be."""
    wanted = {"identity": dict, "messages": dict, "chunk": int, "retries": int}
    if not all(isinstance(attributes.get(name), kind) for name, kind in wanted.items()):
        return False
    return 1 <= attributes["chunk"] <= MOST_CHUNK and attributes["retries"] >= 0


def _refuse_inside_another(path: Path) -> None:
    """`ValueError` for a new store in the folder of another one, which would take it for a part of its own."""
    for parent in path.parents:
        if any((parent / name).exists() for name in ("zarr.json", ".zgroup", ".zarray")):
            raise ValueError(f"store {path} would lie inside of the store {parent}; use a path beside it")


def _the_same(theta: np.ndarray, other: np.ndarray) -> bool:
    """Whether parameters are those of the same draws: up to rounding, beside how far they are apart in each column."""
    if not len(theta):
        return True
    eps = np.finfo(theta.dtype).eps if theta.dtype.kind == "f" else 0.0
    theta, other = theta.astype(float), other.astype(float)
    finite = np.where(np.isfinite(theta), theta, 0.0)  # a wide prior may overflow
    distance, rounding = np.abs(finite - np.median(finite, axis=0)), 32 * eps * np.abs(finite)
    with np.errstate(invalid="ignore"):
        near = np.abs(theta - other) <= 1e-5 * (distance + np.median(distance, axis=0)) + rounding
    return bool((near | (theta == other)).all())


def _first(leaf: Any, n: int) -> Any:
    return leaf if leaf.shape[0] == n else SomeRows(leaf, np.arange(n))
