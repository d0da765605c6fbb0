"""Open a file of simulations that anybody's code may have written."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ..core import in_short, listed, refuse_beyond_memory, refuse_pipe
from ._bounded_hdf5 import bounded_dataset
from ._inside import LeavesStore, refuse_links_in_hdf5
from ._npz import FileRows, open_npz
from ._simulations import Simulations
from ._status import UNDONE
from ._swollen import most_stored, refuse_swollen

# Names in a file that are not arrays of data.
_RESERVED = ("theta", "names", "status")
_LONGEST_NAME = 4096  # bytes


class Opened(NamedTuple):
    """Arrays of a file by name (`x/image` for one in a group), the parameters' names, failure messages."""

    arrays: dict[str, Any]
    names: Any
    messages: dict[int, str]


def load_simulations(path: str | Path) -> Simulations:
    """Open simulations from a `.npz`, `.zarr`, `.h5` or `.hdf5` file, by the ending.

    The file holds `theta` `(n, p)` and `x` `(n, ...)`, or several arrays `x/NAME`; where there is no `x`, all
    other arrays are the data, by their names. Optional: `names` of the parameters (an attribute, in `.npz` an
    array of text) and `status` `(n,)`. `theta` is read; the data stay on disk, except in a compressed `.npz`.
    Of a store that `simulate` has not finished, the rows done so far are opened.

    **Raises** `FileNotFoundError`; `ValueError` for another ending, a corrupt or truncated file, arrays that
    are missing or have different lengths, and for a file that takes its numbers from elsewhere (links).

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "sims.npz"
    >>> np.savez(path, theta=np.zeros((3, 1)), x=np.ones((3, 5)))
    >>> sims = load_simulations(path)
    >>> len(sims), sims.in_memory
    (3, False)
    """
    path = Path(path)
    if path.suffix not in _READERS:
        raise ValueError(f"path must end in {', '.join(_READERS)}, but {path.name!r} came; name the file by its format")
    if not path.exists():
        raise FileNotFoundError(f"no file of simulations at {path}")
    refuse_pipe(path)
    try:
        opened = _READERS[path.suffix](path)
    except (MemoryError, PermissionError):
        raise
    except LeavesStore as error:
        raise ValueError(f"{path} is refused: {error}") from None
    except Exception as error:
        raise ValueError(
            f"{path} is not a whole {path.suffix} file ({type(error).__name__}: {in_short(error)}); it is corrupt or "
            "truncated, or of another format: copy or make it again"
        ) from error
    return _simulations(path, opened)


def _simulations(path: Path, opened: Opened) -> Simulations:
    arrays = opened.arrays
    if "theta" not in arrays:
        raise ValueError(f"{path} has no array 'theta'; it holds: {listed(sorted(arrays))}")
    x = _data(path, arrays)
    theta, status = (_whole(path, arrays, name) for name in ("theta", "status"))
    try:
        theta = theta[:, None] if theta.ndim == 1 else theta
        names = _names(opened.names, theta.shape[1])
        if status is not None and (status == UNDONE).any():
            return _done_rows(theta, x, names, status, opened.messages)
        return Simulations(theta, x, names, status, opened.messages)
    except (ValueError, TypeError, IndexError) as error:
        raise ValueError(f"{path}: {error}") from error


def _data(path: Path, arrays: dict[str, Any]) -> Any:
    """`x` itself, or the dict of named arrays."""
    if "x" in arrays:
        return arrays["x"]
    named = {name[2:]: leaf for name, leaf in arrays.items() if name.startswith("x/")}
    named = named or {name: leaf for name, leaf in arrays.items() if name not in _RESERVED}
    if not named:
        raise ValueError(f"{path} has no data: an array 'x', arrays 'x/NAME', or any beside 'theta' are needed")
    return named


def _whole(path: Path, arrays: dict[str, Any], name: str) -> Any:
    if name not in arrays:
        return None
    refuse_beyond_memory(f"{name} in {path}", tuple(arrays[name].shape), np.dtype(arrays[name].dtype))
    try:
        return np.asarray(arrays[name][:])
    except Exception as error:
        raise ValueError(f"{path}: {_unread(name, error)}") from error


def _unread(name: str, error: Exception) -> str:
    return f"{name} cannot be read ({type(error).__name__}: {in_short(error)}); the file is corrupt or truncated"


def _names(found: Any, columns: int) -> list[str] | None:
    """Names of the parameters as texts. They are counted before they are read: a small file can hold very many."""
    if found is None:
        return None
    kind = getattr(found, "dtype", None)
    if kind is not None and kind.kind not in "SUOT":
        raise ValueError(f"names are numbers of type {kind}, not texts")
    if kind is None and not isinstance(found, str | bytes | list):
        raise ValueError(f"names are of type {type(found).__name__}, not a list of texts")
    shape = np.shape(found)
    if math.prod(shape) > columns:
        raise ValueError(f"theta has {columns} columns but {math.prod(shape)} names came")
    if kind is not None and kind.itemsize > _LONGEST_NAME:
        raise ValueError(f"names may take {_LONGEST_NAME} bytes each, but {kind.itemsize} came")
    try:
        texts = found if isinstance(found, str | bytes | list) else found[:] if shape else found[()]
        texts = np.atleast_1d(np.asarray(texts)).ravel()
        return [one.decode() if isinstance(one, bytes) else str(one) for one in texts]
    except Exception as error:
        raise ValueError(_unread("names", error)) from error


def _done_rows(theta: np.ndarray, x: Any, names: Any, status: np.ndarray, messages: dict[int, str]) -> Simulations:
    """The finished rows of a store that is still growing, or was left unfinished."""
    from ._some_rows import SomeRows

    rows = np.flatnonzero(status != UNDONE)
    for name, leaf in ({"theta": theta} | (x if isinstance(x, dict) else {"x": x})).items():
        if len(rows) and leaf.shape[0] <= rows[-1]:
            raise ValueError(f"{name} has {leaf.shape[0]} rows, but status says that row {rows[-1]} is there")
    some = {k: SomeRows(v, rows) for k, v in x.items()} if isinstance(x, dict) else SomeRows(x, rows)
    told = {new: messages[old] for new, old in enumerate(rows.tolist()) if old in messages}
    return Simulations(theta[rows], some, names, status[rows], told)


def _read_npz(path: Path) -> Opened:
    arrays = open_npz(path)
    names = arrays.pop("names", None)
    if isinstance(names, FileRows):
        raise ValueError(f"names are numbers of type {names.dtype}, not texts")
    return Opened(arrays, names, {})


def _read_zarr(path: Path) -> Opened:
    from ._zarr import open_zarr

    return Opened(*open_zarr(path))


def _read_hdf5(path: Path) -> Opened:
    import h5py

    file = h5py.File(path, "r")
    refuse_links_in_hdf5(file)
    arrays: dict[str, Any] = {}
    file.visititems(lambda name, item: arrays.update({name: item}) if isinstance(item, h5py.Dataset) else None)
    for name, item in arrays.items():
        if item.chunks and item.size:
            most = most_stored(item.chunks, item.dtype)
            item.id.chunk_iter(lambda chunk, name=name, most=most: refuse_swollen(name, chunk.size, most))
    names = file.attrs.get("names", arrays.pop("names", None))
    return Opened({name: bounded_dataset(name, item) for name, item in arrays.items()}, names, {})


_READERS: dict[str, Callable[[Path], Opened]] = {
    ".npz": _read_npz,
    ".zarr": _read_zarr,
    ".h5": _read_hdf5,
    ".hdf5": _read_hdf5,
}
