"""How a store of simulations lies on disk: made whole, and filled row by row by whoever has the right to."""

import contextlib
import errno
import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np

from ._lease import refuse_without
from ._piece import empty_like, example_of, Outcome, Piece, refuse_other_shape
from ._status import Status, UNDONE
from ._zarr import arrays_in, create_zarr, FORMAT, MARK, stored_arrays


class Layout(NamedTuple):
    """What must be known to make a store, besides the shape of one `x`."""

    path: Path
    shape: tuple[int, int]
    dtype: np.dtype
    names: tuple[str, ...]
    identity: dict[str, Any]
    chunk: int
    retries: int

    def create(self, example: Any) -> None:
        """Make the empty store under another name first, so that it is there whole or not at all.

        Where another worker was faster, its store stays.
        """
        import zarr

        partial = self.path.with_name(f"{self.path.name}.{secrets.token_hex(4)}.new")
        try:
            group = zarr.open_group(partial, mode="w", zarr_format=3)
            n, p = self.shape
            create_zarr(group, "theta", n, (p,), self.dtype, self.chunk, 0)
            create_zarr(group, "status", n, (), np.dtype(np.int8), self.chunk, UNDONE)
            for name, leaf in stored_arrays(example).items():
                fill = empty_like(leaf, 1).reshape(-1)[:1].tolist() or [0]
                create_zarr(group, name, n, tuple(leaf.shape), np.dtype(leaf.dtype), self.chunk, fill[0])
            settings = {"chunk": self.chunk, "retries": self.retries, "messages": {}}
            group.attrs.update({MARK: FORMAT, "names": list(self.names), "identity": self.identity, **settings})
            os.replace(partial, self.path)
        except OSError as error:
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                raise
        finally:
            shutil.rmtree(partial, ignore_errors=True)

    def sweep(self) -> None:
        """Remove what killed runs left of stores that they were making."""
        for left in self.path.parent.glob(f"{self.path.name}.*.new"):
            shutil.rmtree(left, ignore_errors=True)


class Writer(NamedTuple):
    """What a worker needs to write its own chunks: the layout, and the run's lock with its token."""

    layout: Layout
    lock: Path
    token: str

    def write(self, piece: Piece, theta: np.ndarray) -> Piece:
        """Write a piece, whose parameters are `theta`; what is left of it tells the run how its rows fared.

        Of a store that is not there yet, the worker who has the first `x` makes it.
        """
        import zarr

        refuse_without(self.lock, self.token)
        path = self.layout.path
        if not path.exists():
            if piece.x is None:
                return piece
            self.layout.create(example_of(jax.tree.map(lambda leaf: leaf[0], piece.x)))
        group = zarr.open_group(path, mode="r+", use_consolidated=False)
        example = example_in(arrays_in(group))
        if piece.x is not None:
            one = jax.tree.map(lambda leaf: leaf[0], piece.x)
            refuse_other_shape(example, 0, Outcome(int(piece.rows[0]), Status.OK, one, ""))
        put_rows(group, example, piece, theta)
        set_rows(group["status"], piece.rows, piece.status)
        return Piece(piece.rows, piece.status, None, piece.messages, stored=True)


def put_rows(group: Any, example: Any, piece: Piece, theta: np.ndarray) -> None:
    """Write parameters and data of a piece; its status must follow, for it says that they are there."""
    x = empty_like(example, len(piece.rows)) if piece.x is None else piece.x
    data = {f"x/{name}": leaf for name, leaf in x.items()} if isinstance(x, dict) else {"x": x}
    for name, values in {"theta": theta, **data}.items():
        set_rows(group[name], piece.rows, values)


def set_rows(array: Any, rows: np.ndarray, values: np.ndarray) -> None:
    """Set rows of an array on disk, also where all numbers of a chunk are its fill value: a chunk that is not there is
    one that was lost."""
    import zarr

    array = zarr.Array(zarr.AsyncArray(array.metadata, array.store_path, {"write_empty_chunks": True}))
    if len(rows) == rows[-1] - rows[0] + 1:
        array[int(rows[0]) : int(rows[-1]) + 1] = values
    else:
        array.oindex[rows] = values


def example_in(arrays: dict[str, Any]) -> Any:
    """Shapes and types of one `x` of stored arrays."""
    one = {name: jax.ShapeDtypeStruct(leaf.shape[1:], leaf.dtype) for name, leaf in arrays.items()}
    return x_in(one)


def x_in(arrays: dict[str, Any]) -> Any:
    """Of arrays by their stored names those of `x`: one alone, or a dict of those called `x/NAME`."""
    return arrays["x"] if "x" in arrays else {name[2:]: leaf for name, leaf in arrays.items() if name.startswith("x/")}


@contextlib.contextmanager
def room(path: Path, done: Callable[[], int]) -> Iterator[None]:
    """Say what a full disk means for the store."""
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise
        raise OSError(
            error.errno,
            f"the disk is full: rows could not be added to {path}. The {done()} rows already there are whole; "
            "free some space and run the same call again, it goes on from them",
        ) from error
