"""Single-particle tracks from a table: gaps, tracks of different lengths, units.

Positions are at frames; displacements lie between neighbouring frames. Where a frame is missing, the two displacements
beside it are not known (their sum is).
"""

import dataclasses
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Bool, Float

from ..core import listed
from ._simulations import Simulations
from ._track_table import track_table, TrackTable

_SHORTEST = 10
_WHOLE = re.compile(r"[0-9]{1,18}(\.0*)?")  # spreadsheets write 1.0 for 1
_LARGEST = 2.0**53
# Tracks are laid out from their first to their last frame: so many places for each point are gaps, more a mistake.
_PLACES_A_POINT = 100


@dataclasses.dataclass(frozen=True, eq=False)
class Tracks:
    """Tracks side by side, as long as the longest.

    - `ids`: as the file calls them; `positions`: `(n, frames, d)`, from the first frame of each, in units of length.
    - `seen`: `(n, frames)`, whether the particle was seen in that frame; positions are 0 elsewhere.
    - `frame_interval`: time between frames.
    - `told`: what was found and left out, in sentences.
    - `units`: what lengths and times are counted in.
    """

    ids: tuple[Any, ...]
    positions: Float[np.ndarray, "n frames d"]
    seen: Bool[np.ndarray, "n frames"]
    frame_interval: float
    told: tuple[str, ...]
    units: tuple[str, str] = ("pixels", "frames")

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(self, rows: Any) -> "Tracks":
        """Some of them: by a number, a slice, numbers, or whether each is wanted."""
        which = np.atleast_1d(np.arange(len(self))[rows])
        ids = tuple(self.ids[i] for i in which)
        return dataclasses.replace(self, ids=ids, positions=self.positions[which], seen=self.seen[which])

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
    units: Sequence[str] = (),
) -> Tracks:
    """Read a CSV file as TrackMate, trackpy or the AnDi challenge write it, its columns split by `,`, `;` or tabs.

    **Arguments:**

    - `columns`: names of the columns for track, frame, x, and y and z where there are any; by default those of the
      program that wrote the file.
    - `pixel_size`: units of length in a unit of the file; `frame_interval`: units of time between frames.
    - `shortest`: tracks seen in fewer frames are left out.
    - `units`: names of the units of length and time, `("µm", "s")`, for tables and figures.

    **Raises** `ValueError` for a file that is none of these, for frames that a track has twice, and where nothing is
    left.
    """
    path = Path(path)
    if not (0 < pixel_size < np.inf and 0 < frame_interval < np.inf and shortest >= 3):
        raise ValueError(
            "pixel_size and frame_interval must be numbers above 0 and shortest at least 3; "
            f"{pixel_size}, {frame_interval} and {shortest} came"
        )
    if len(units) not in (0, 2):
        raise ValueError(f"units must name that of length and that of time, but {listed(units)} came")
    table = track_table(path, tuple(columns))
    kept, told = _kept(table, path)
    points = _Points(kept.tracks, kept.frames, pixel_size * kept.places)
    length = table.unit or "pixels" if pixel_size == 1 else "units of length"
    named = tuple(units) if units else (length, "frames" if frame_interval == 1 else "units of time")
    found = _assembled(points, frame_interval, shortest, told, path)
    return dataclasses.replace(found, units=named)


class _Points(NamedTuple):
    tracks: np.ndarray
    frames: np.ndarray
    places: np.ndarray


def _kept(table: TrackTable, path: Path) -> tuple[_Points, list[str]]:
    """The rows of tracks with finite places, and what is said of the others."""
    labels, (numbers, commas) = table.labels(), table.numbers()
    numbers[np.abs(numbers) > _LARGEST] = np.nan  # no frame and no place: floats beyond have no neighbours left
    told = ["numbers are read with a decimal comma"] if commas else []
    inside = ~np.isin(labels, ["", "None", "nan"])
    if not inside.all():
        told.append(f"{int((~inside).sum())} rows belong to no track")
    if not inside.any():
        raise ValueError(f"{path} has no row that belongs to a track")
    lost, names = ~np.isfinite(numbers), table.names[1:]
    if len(names) == 4 and lost[inside, 3].all():
        told.append(f"column {names[3]} holds no number and is left out")
        numbers, lost, names = numbers[:, :3], lost[:, :3], names[:3]
    broken = lost.any(axis=1) & inside
    if broken.any():
        each = ", ".join(f"{int(n)} in {name}" for name, n in zip(names, lost[inside].sum(axis=0)) if n)
        if (broken == inside).all():
            raise ValueError(
                f"{path} has no row with a finite number in each of {', '.join(names)}: of {int(inside.sum())} rows of "
                f"tracks, those without one are {each}; name other columns, or leave an empty one out"
            )
        told.append(f"{int(broken.sum())} rows without finite positions ({each}), taken as frames not seen")
    kept = inside & ~broken
    return _Points(labels[kept], numbers[kept, 0], numbers[kept, 1:]), told


def _assembled(points: _Points, frame_interval: float, shortest: int, told: list[str], path: Path) -> Tracks:
    tracks, frames, places = points
    if not (frames == np.round(frames)).all():
        raise ValueError(f"frames must be whole numbers, but {frames[frames % 1 != 0][0]} came")
    if places.shape[1] == 3 and len(places) and np.ptp(places[:, 2]) == 0:
        places = places[:, :2]
    if all(_WHOLE.fullmatch(label) for label in np.unique(tracks)):
        tracks = np.array([int(label.partition(".")[0]) for label in tracks], int)  # 2 before 10
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
            "frames must be numbers of frames, not times, and a frame far from all others left out"
        )
