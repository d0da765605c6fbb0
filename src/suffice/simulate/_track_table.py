"""The table in a file of tracks: its separator, its decimal mark, its columns."""

import csv
import re
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from ..core import in_short, listed, refuse_pipe

# Names of the columns track, frame, x, y, z in the files of these programs.
FORMATS: dict[str, tuple[str, ...]] = {
    "trackmate": ("TRACK_ID", "FRAME", "POSITION_X", "POSITION_Y", "POSITION_Z"),
    "trackpy": ("particle", "frame", "x", "y", "z"),
    "andi": ("traj_idx", "frame", "x", "y", "z"),
}
_SEPARATORS = ",;\t"
_DECIMAL_COMMA = r"\s*[-+]?\d*,\d+(?:[eE][-+]?\d+)?\s*"
_UNIT = re.compile(r"\s*\(([^()]{1,20})\)\s*")
_SETTINGS: dict[str, Any] = {
    "dtype": str,
    "keep_default_na": False,
    "na_values": ["", "nan", "NaN", "None"],
    # Units such as µm come in the encoding of the machine that wrote them; nothing else is beyond ASCII.
    "encoding_errors": "replace",
}


class TrackTable(NamedTuple):
    """`rows` of text; `names` of the columns track, frame, x, y, z; the `unit` of length where the file says it."""

    rows: pd.DataFrame
    names: tuple[str, ...]
    unit: str | None

    def labels(self) -> np.ndarray:
        """What each row calls its track."""
        return np.array([str(label).strip() for label in self.rows[self.names[0]]])

    def numbers(self) -> tuple[np.ndarray, bool]:
        """Frames and places `(rows, 1 + d)`, not a number where there is none; whether commas were decimal marks."""
        cells = [pd.Series(self.rows[name], dtype=str) for name in self.names[1:]]
        commas = any(bool(column.str.fullmatch(_DECIMAL_COMMA).any()) for column in cells)
        if commas:
            cells = [column.str.replace(",", ".", regex=False) for column in cells]
        return np.stack([numbers_of(column) for column in cells], axis=1), commas


def numbers_of(column: Any) -> np.ndarray:
    """Numbers of a column of text; what is none is not a number."""
    return np.asarray(pd.to_numeric(column, errors="coerce"), np.float64)


def track_table(path: Path, columns: tuple[str, ...]) -> TrackTable:
    """The table in the file. **Raises** `ValueError` where there is none, or the columns are not told apart."""
    if not path.exists():
        raise ValueError(f"there is no file {path}")
    if path.is_dir():
        raise ValueError(f"{path} is a folder; give a file with a table of tracks")
    refuse_pipe(path)
    _refuse_utf16(path)
    if len(set(columns)) < len(columns):
        twice = next(name for name in columns if columns.count(name) > 1)
        raise ValueError(f"columns must name different columns, but {twice!r} came twice")
    table = _table(path)
    if columns:
        missing = [name for name in columns if name not in table.columns]
        if missing or not 3 <= len(columns) <= 5:
            raise ValueError(
                f"columns must name track, frame, x and perhaps y and z; {', '.join(columns)} came, and {path} has "
                f"{listed(table.columns)}"
            )
        return TrackTable(table, columns, None)
    for names in FORMATS.values():
        if set(names[:3]) <= set(table.columns):
            return _with_names(table, tuple(name for name in names if name in table.columns))
    known = "; ".join(f"{program}: {', '.join(names[:4])}" for program, names in FORMATS.items())
    raise ValueError(
        f"{path} has the columns {listed(table.columns)}, none of the known sets ({known}); name them with columns"
    )


def _refuse_utf16(path: Path) -> None:
    with path.open("rb") as file:
        start = file.read(1024)
    if start[:2] in (b"\xff\xfe", b"\xfe\xff") or start.count(0) > 0.3 * len(start) > 0:
        raise ValueError(f"{path} is written in UTF-16; save it as UTF-8, the encoding that CSV files have otherwise")


def _table(path: Path) -> pd.DataFrame:
    try:
        whole = {"sep": "\x1f", "quoting": csv.QUOTE_NONE, "header": None, "nrows": 1}
        first = str(pd.read_csv(path, **whole, **_SETTINGS).iloc[0, 0])  # type: ignore[call-overload]
        separator = max(_SEPARATORS, key=first.count)
        head = pd.read_csv(path, sep=separator, header=None, nrows=1, **_SETTINGS).iloc[0].dropna()
        table: pd.DataFrame = pd.read_csv(path, sep=separator, **_SETTINGS)
    except (MemoryError, PermissionError):
        raise
    except Exception as error:  # what pandas says of bytes that are no table
        raise ValueError(f"{path} cannot be read as a table: {in_short(error)}") from None
    table = table.rename(columns=lambda name: str(name).strip())
    for names in (pd.Index([str(name).strip() for name in head]), table.columns):
        if not names.is_unique:  # pandas calls the second of two by another name
            raise ValueError(f"{path} has two columns {names[names.duplicated()][0]!r}; give each a name of its own")
    return table


def _with_names(table: pd.DataFrame, names: tuple[str, ...]) -> TrackTable:
    """Without the rows of words that TrackMate puts below the names; one of them says the units."""
    words = np.isnan(numbers_of(table[names[1]])) & (np.arange(len(table)) < 3)
    said = [_UNIT.fullmatch(str(cell)) for cell in table[names[2]][words]]
    unit = next((found[1].replace("\ufffd", "µ") for found in said if found), None)
    return TrackTable(table.iloc[np.flatnonzero(~words)], names, unit)
