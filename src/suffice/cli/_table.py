"""A table of columns from a file, and variables as groups of its columns."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ..core import in_short, listed, read_npz, refuse_pipe


def read_table(path: Path) -> pd.DataFrame:
    """Rows of a .csv, .parquet or .npz file."""
    if not path.exists():
        raise ValueError(f"there is no file {path}")
    refuse_pipe(path)
    readers = {".csv": pd.read_csv, ".parquet": _parquet, ".npz": _npz}
    if path.suffix not in readers:
        raise ValueError(f"{path} must end in {', '.join(readers)}")
    try:
        frame = readers[path.suffix](path)
    except (MemoryError, PermissionError, IsADirectoryError):
        raise
    except Exception as error:  # what pandas, pyarrow, zipfile and NumPy say of bytes that are no table
        raise ValueError(f"{path} cannot be read: {in_short(error)}") from None
    frame.columns = pd.Index([str(column) for column in frame.columns])
    if not frame.columns.is_unique:
        twice = frame.columns[frame.columns.duplicated()][0]
        raise ValueError(f"{path} has two columns {twice!r}; give each a name of its own")
    if frame.shape[1] == 0 or len(frame) < 2:
        raise ValueError(f"{path} has {len(frame)} rows of {frame.shape[1]} columns; there is nothing to compare")
    return frame


def _parquet(path: Path) -> pd.DataFrame:
    try:
        return pd.read_parquet(path)
    except ImportError:
        raise ValueError("Parquet files need pyarrow: pip install 'suffice[parquet]'") from None


def _npz(path: Path) -> pd.DataFrame:
    columns = {}
    for name, array in read_npz(path).items():
        flat = array.reshape(len(array), -1) if array.ndim and array.size else array.reshape(array.size, 1)
        named = {name if flat.shape[1] == 1 else f"{name}_{i + 1}": flat[:, i] for i in range(flat.shape[1])}
        if taken := sorted(set(named) & set(columns)):
            raise ValueError(f"it has two variables {taken[0]!r}")
        columns |= named
    if len({len(column) for column in columns.values()}) > 1:
        raise ValueError("its arrays have different numbers of rows")
    return pd.DataFrame(columns)


def groups_of(frame: pd.DataFrame) -> dict[str, list[str]]:
    """Variables: columns `f_1`, `f_2`, ... together as `f`, all others by themselves.

    >>> groups_of(pd.DataFrame(columns=["f_1", "f_2", "species"]))
    {'f': ['f_1', 'f_2'], 'species': ['species']}
    """
    groups: dict[str, list[str]] = {}
    for column in map(str, frame.columns):
        found = re.fullmatch(r"(.+)_\d+", column)
        groups.setdefault(found[1] if found else column, []).append(column)
    return groups


def variable(frame: pd.DataFrame, wanted: str) -> pd.DataFrame:
    """The columns that `wanted` names: columns or groups, several with commas.

    **Raises** `ValueError` for a name that is neither, and for missing values.
    """
    groups, columns = groups_of(frame), []
    for name in (part.strip() for part in wanted.split(",")):
        if name in frame.columns:
            columns.append(name)
        elif name in groups:
            columns += groups[name]
        else:
            there = dict.fromkeys([*groups, *map(str, frame.columns)])
            raise ValueError(f"there is no column or group {name!r}; there are {listed(there)}")
    for column in columns:
        _refuse(frame[column], column)
    return pd.DataFrame({column: frame[column] for column in columns})


def _refuse(values: Any, column: str) -> None:
    missing = int(values.isna().sum())
    if missing:
        raise ValueError(
            f"column {column!r} has {missing} missing values in {len(values)} rows; fill them in or drop those rows"
        )
    if values.dtype.kind in "cV":
        raise ValueError(f"column {column!r} holds {values.dtype}, neither real numbers nor classes")
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        raise ValueError(f"column {column!r} holds infinite numbers")
