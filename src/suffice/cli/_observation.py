"""Read one observation from a file and lay it out as one simulation."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import jax
import numpy as np
import pandas as pd
from jaxtyping import PyTree

from ..core import in_short, listed, read_npy, read_npz, refuse_beyond_memory, refuse_pipe
from ..simulate import bounded_dataset


def read_observation(path: Path, example: PyTree) -> PyTree:
    """The observation in `path`, shaped as `example` (one x, `jax.ShapeDtypeStruct` leaves).

    `.npy` and `.csv` hold one array; `.npz`, `.h5` and `.hdf5` one array or, for data of several named arrays,
    an array of each name (`NAME` or `x/NAME`). A leading axis of length one is taken away. A CSV may have a
    line of column names; its numbers are read row by row.

    **Raises** `ValueError` when the file cannot be read, or does not hold what `example` asks for, or holds
    numbers that are not finite.
    """
    arrays = _arrays(path)
    if not isinstance(example, dict):
        return _laid_out(_the_only(arrays, path), example, f"OBS {path}")
    missing = [name for name in example if name not in arrays]
    if missing:
        raise ValueError(
            f"OBS {path} has no array {missing[0]!r}; the data of SIMS are {', '.join(example)}, "
            f"and OBS holds {listed(arrays)}"
        )
    return {name: _laid_out(arrays[name], one, f"OBS {path}: {name}") for name, one in example.items()}


def _arrays(path: Path) -> dict[str, np.ndarray]:
    if not path.exists():
        raise ValueError(f"OBS {path} does not exist")
    refuse_pipe(path)
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise ValueError(f"OBS {path}: the ending must be one of {', '.join(_READERS)}; got {path.suffix or 'none'!r}")
    try:
        return {name.removeprefix("x/"): array for name, array in reader(path).items()}
    except (MemoryError, PermissionError, IsADirectoryError):
        raise
    except Exception as error:  # what pandas, NumPy, zipfile and h5py say of bytes that are no such file
        raise ValueError(f"OBS {path} cannot be read as {path.suffix}: {in_short(error)}") from None


def _npy(path: Path) -> dict[str, np.ndarray]:
    with path.open("rb") as file:
        return {"x": read_npy(file, path.stat().st_size)}


def _hdf5(path: Path) -> dict[str, np.ndarray]:
    found: dict[str, np.ndarray] = {}

    def take(name: str, item: Any) -> None:
        if isinstance(item, h5py.Dataset) and item.shape is not None:
            refuse_beyond_memory(name, item.shape, item.dtype)
            found[name] = bounded_dataset(name, item)[()]

    with h5py.File(path) as file:
        file.visititems(take)
    return found


def _csv(path: Path) -> dict[str, np.ndarray]:
    table = pd.read_csv(path, header=None, skip_blank_lines=True, comment="#")
    first = np.asarray(pd.to_numeric(table.iloc[0], errors="coerce"), float)
    # A line without any number names the columns; so does 0, 1, 2, ..., which pandas writes above unnamed ones.
    named = np.isnan(first).all() or (len(table) > 1 and np.array_equal(first, np.arange(len(first))))
    body = table.iloc[1:] if named else table
    return {"x": body.apply(pd.to_numeric).to_numpy(dtype=float)}


_READERS: dict[str, Callable[[Path], dict[str, np.ndarray]]] = {
    ".npy": _npy,
    ".npz": read_npz,
    ".csv": _csv,
    ".h5": _hdf5,
    ".hdf5": _hdf5,
}


def _the_only(arrays: dict[str, np.ndarray], path: Path) -> np.ndarray:
    if "x" in arrays:
        return arrays["x"]
    if len(arrays) != 1:
        raise ValueError(f"OBS {path} must hold one array, or one called 'x'; it holds {listed(arrays)}")
    return next(iter(arrays.values()))


def _laid_out(array: Any, one: jax.ShapeDtypeStruct, what: str) -> np.ndarray:
    array = np.asarray(array)
    if array.dtype.kind not in "biuf":
        raise ValueError(f"{what} must hold numbers; its type is {array.dtype}")
    wanted = tuple(one.shape)
    # A CSV cannot tell a row from a column from one number: only how many there are must agree.
    same = array.squeeze().shape == tuple(size for size in wanted if size != 1)
    if not same:
        raise ValueError(f"{what} has shape {array.shape}, but one simulation in SIMS has shape {wanted}")
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        bad = int((~np.isfinite(array)).sum())
        raise ValueError(
            f"{what}: {bad} of its {array.size} numbers are not finite; fill them in or leave them out of x"
        )
    return _cast(array.reshape(wanted), np.dtype(one.dtype), what)


def _cast(array: np.ndarray, dtype: np.dtype, what: str) -> np.ndarray:
    """As the type of the simulations, where that holds these numbers."""
    with np.errstate(all="ignore"):
        cast = array.astype(dtype)
        # Fractions and ranges matter where x is whole; what a float rounds away does not, but an overflow does.
        kept = np.isfinite(cast).all() if dtype.kind == "f" else np.array_equal(cast.astype(array.dtype), array)
    if not kept:
        raise ValueError(
            f"{what} holds numbers that {dtype}, the type of x in SIMS, cannot hold; give both in one type"
        )
    return cast
