"""Single-particle tracks from a table: gaps, tracks of different lengths, units.

Positions are at frames; displacements lie between neighbouring frames. Where a frame is missing, the two displacements
beside it are not known (their sum is).
"""

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float

from ..core import in_short, listed
from ._simulations import Simulations

# Names of the columns track, frame, x, y, z in the files of these programs.
FORMATS: dict[str, tuple[str, ...]] = {
    "trackmate": ("TRACK_ID", "FRAME", "POSITION_X", "POSITION_Y", "POSITION_Z"),
    "trackpy": ("particle", "frame", "x", "y", "z"),
    "andi": ("traj_idx", "frame", "x", "y", "z"),
}
_SHORTEST = 10
_LARGEST = 2.0**53
# Tracks are laid out from their first to their last frame: so many places for each point are gaps, more a mistake.
_PLACES_A_POINT = 1000


@dataclasses.dataclass(frozen=True, eq=False)
class Tracks:
    """Tracks side by side, as long as the longest.

    - `ids`: as the file calls them; `positions`: `(n, frames, d)`, from the first frame of each, in units of length.
    - `seen`: `(n, frames)`, whether the particle was seen in that frame; positions are 0 elsewhere.
    - `frame_interval`: time between frames.
    - `told`: what was found and left out, in sentences.
    """

    ids: tuple[Any, ...]
    positions: Float[np.ndarray, "n frames d"]
    seen: Bool[np.ndarray, "n frames"]
    frame_interval: float
    told: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(self, rows: np.ndarray) -> "Tracks":
        """Some of them, by their numbers."""
        ids = tuple(self.ids[i] for i in np.asarray(rows))
        return dataclasses.replace(self, ids=ids, positions=self.positions[rows], seen=self.seen[rows])

    @property
    def known(self) -> Bool[np.ndarray, "n steps"]:
        """Whether each displacement is known."""
        return self.seen[:, 1:] & self.seen[:, :-1]

    @property
    def displacements(self) -> Float[np.ndarray, "n steps d"]:
        """Between neighbouring frames; 0 where not known."""
        return np.where(self.known[..., None], np.diff(self.positions, axis=1), 0.0)

    def simulations(self) -> Simulations:
        """For training: `x` holds the displacements and their mask; in place of parameters, numbers of the tracks."""
        x = self.displacements.astype(np.float32)
        return Simulations(np.arange(len(self))[:, None], {"x": x, "mask": self.known}, names=("track",))


def read_tracks(
    path: str | Path,
    *,
    columns: Sequence[str] = (),
    pixel_size: float = 1.0,
    frame_interval: float = 1.0,
    shortest: int = _SHORTEST,
) -> Tracks:
    """Read a CSV file as TrackMate, trackpy or the AnDi challenge write it.

    **Arguments:**

    - `columns`: names of the columns for track, frame, x, and y and z where there are any; by default those of the
      program that wrote the file.
    - `pixel_size`: units of length in a unit of the file; `frame_interval`: units of time between frames.
    - `shortest`: tracks seen in fewer frames are left out.

    **Raises** `ValueError` for a file that is none of these, for frames that a track has twice, and where nothing is
    left.
    """
    path = Path(path)
    if not (0 < pixel_size < np.inf and 0 < frame_interval < np.inf and shortest >= 3):
        raise ValueError(
            "pixel_size and frame_interval must be numbers above 0 and shortest at least 3; "
            f"{pixel_size}, {frame_interval} and {shortest} came"
        )
    table, names = _read(path, tuple(columns))
    told = []
    numbers = np.stack([_numbers(table, name) for name in names[1:]], axis=1)
    numbers[np.abs(numbers) > _LARGEST] = np.nan  # no frame and no place: floats beyond have no neighbours left
    labels = np.array([str(label).strip() for label in table[names[0]]])
    outside = np.isin(labels, ["", "None", "nan"])
    finite = np.isfinite(numbers).all(axis=1)
    if outside.any():
        told.append(f"{int(outside.sum())} rows belong to no track")
    broken = int((~finite & ~outside).sum())
    if broken:
        told.append(f"{broken} rows without finite positions, taken as frames that were not seen")
    kept = finite & ~outside
    found = _Points(labels[kept], numbers[kept, 0], pixel_size * numbers[kept, 1:])
    return _assembled(found, frame_interval, shortest, told, path)


class _Points(NamedTuple):
    tracks: np.ndarray
    frames: np.ndarray
    places: np.ndarray


def _numbers(table: pd.DataFrame, name: str) -> np.ndarray:
    return np.asarray(pd.to_numeric(table[name], errors="coerce"), np.float64)


def _read(path: Path, columns: tuple[str, ...]) -> tuple[pd.DataFrame, tuple[str, ...]]:
    if not path.exists():
        raise ValueError(f"there is no file {path}")
    try:
        settings: Any = {"dtype": str, "keep_default_na": False, "na_values": ["", "nan", "NaN", "None"]}
        # Units such as µm come in the encoding of the machine that wrote them; nothing else is beyond ASCII.
        table: pd.DataFrame = pd.read_csv(path, encoding_errors="replace", **settings)
    except (MemoryError, PermissionError, IsADirectoryError):
        raise
    except Exception as error:  # what pandas says of bytes that are no table
        raise ValueError(f"{path} cannot be read as a table: {in_short(error)}") from None
    table = table.rename(columns=lambda name: str(name).strip())
    if not table.columns.is_unique:
        twice = table.columns[table.columns.duplicated()][0]
        raise ValueError(f"{path} has two columns {twice!r}; give each a name of its own")
    if columns:
        missing = [name for name in columns if name not in table.columns]
        if missing or len(columns) < 3:
            raise ValueError(
                f"columns must name track, frame, x and perhaps y and z; {', '.join(columns)} came, and {path} has "
                f"{listed(table.columns)}"
            )
        return table, columns
    for names in FORMATS.values():
        if set(names[:3]) <= set(table.columns):
            return _rows_of_data(table, names), tuple(name for name in names if name in table.columns)
    known = "; ".join(f"{program}: {', '.join(names[:4])}" for program, names in FORMATS.items())
    raise ValueError(
        f"{path} has the columns {listed(table.columns)}, none of the known sets ({known}); name them with columns"
    )


def _rows_of_data(table: pd.DataFrame, names: tuple[str, ...]) -> pd.DataFrame:
    """Without the rows of words that TrackMate puts below the names."""
    words = np.isnan(_numbers(table, names[1])) & (np.arange(len(table)) < 3)
    return table.iloc[np.flatnonzero(~words)]


def _assembled(points: _Points, frame_interval: float, shortest: int, told: list[str], path: Path) -> Tracks:
    tracks, frames, places = points
    if not (frames == np.round(frames)).all():
        raise ValueError(f"frames must be whole numbers, but {frames[frames % 1 != 0][0]} came")
    if places.shape[1] == 3 and len(places) and np.ptp(places[:, 2]) == 0:
        places = places[:, :2]
    if all(label.isascii() and label.isdecimal() and len(label) < 19 for label in np.unique(tracks)):
        tracks = tracks.astype(int)  # 2 before 10
    order = np.lexsort((frames, tracks))
    tracks, frames, places = tracks[order], frames[order].astype(int), places[order]
    ids, starts, counts = np.unique(tracks, return_index=True, return_counts=True)
    twice = (tracks[1:] == tracks[:-1]) & (frames[1:] == frames[:-1])
    if twice.any():
        at = int(np.flatnonzero(twice)[0])
        raise ValueError(
            f"track {tracks[at]} has frame {frames[at]} twice, and {int(twice.sum())} frames in all are so; leave one "
            "of each out, or give the two particles different tracks"
        )
    long = counts >= shortest
    if not long.any():
        raise ValueError(
            f"{path} has no track of {shortest} frames or more; the longest of {len(ids)} has "
            f"{counts.max(initial=0)}. Lower shortest, or link the tracks over gaps"
        )
    if not long.all():
        told.append(f"{int((~long).sum())} of {len(ids)} tracks were seen in fewer than {shortest} frames")
    spans = [frames[s + c - 1] - frames[s] + 1 for s, c in zip(starts[long], counts[long])]
    _refuse_empty_spans(spans, int(counts[long].sum()), ids[long], path)
    positions, seen = np.zeros((len(spans), max(spans), places.shape[1])), np.zeros((len(spans), max(spans)), bool)
    for i, (s, c) in enumerate(zip(starts[long], counts[long])):
        at = frames[s : s + c] - frames[s]
        positions[i, at], seen[i, at] = places[s : s + c], True
    gaps = int(sum(spans) - counts[long].sum())
    if gaps:
        told.append(f"{gaps} frames are missing inside of tracks")
    return Tracks(tuple(str(label) for label in ids[long]), positions, seen, frame_interval, tuple(told))


def _refuse_empty_spans(spans: list[Any], points: int, ids: np.ndarray, path: Path) -> None:
    if len(spans) * max(spans) > 10**6 + _PLACES_A_POINT * points:
        widest = int(np.argmax(spans))
        raise ValueError(
            f"{path}: track {ids[widest]} reaches over {max(spans)} frames, but all tracks hold {points} points; "
            "frames must be numbers of frames, not times"
        )
