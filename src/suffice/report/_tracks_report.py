"""The page and the files of an analysis of tracks."""

from pathlib import Path
from typing import Any

import pandas as pd

from ..interpret import TrackResults
from ..plots import history, track_msd, track_parameters, tracks
from ._image import figure_of, image
from ._page import FOOT, page as page_of
from ._parts import Facts, Figures, Note, Section, Table, Text
from ._written_whole import written_whole

_ROWS = 30


def tracks_report(
    found: TrackResults, folder: str | Path, *, source: str, training: pd.DataFrame | None = None
) -> Path:
    """Write `report.html` and `tracks.csv`. Returns the page's path.

    - `source`: the file, as it is called; `training`: the history of a representation learned from the tracks.
    """
    folder = Path(folder)
    written_whole(folder / "tracks.csv", found.table.to_csv(index=False))
    sections = [_found(found), _looked(found)]
    if training is not None:
        written_whole(folder / "history.csv", training.to_csv(index=False))
        figure = image(figure_of(history(training)), "loss against epoch", "Minus the evidence bound, nats a step.")
        told = "Latents learned from these tracks alone; those that are awake stand in the table."
        sections.append(Section("training", "A representation of these tracks", (Text(told), Figures((figure,)))))
    table = found.table.head(_ROWS)
    caption = (
        f"The first {len(table)} of {len(found.table)}; all are in tracks.csv." if len(found.table) > _ROWS else ""
    )
    sections.append(Section("table", "Every track", (Table.of(table.fillna(""), caption),)))
    lead = f"{len(found.table)} tracks, median exponent {found.table['alpha'].median():.2f}"
    return written_whole(folder / "report.html", page_of(f"Tracks of {source}", lead, sections, foot=FOOT))


def _found(found: TrackResults) -> Section:
    low, middle, high = (found.table["alpha"].quantile(q) for q in (0.1, 0.5, 0.9))
    size = found.tracks.frame_interval
    facts = (
        ("tracks", str(len(found.table))),
        ("exponent α, most likely", f"median {middle:.3g}; eight tenths from {low:.3g} to {high:.3g}"),
        ("D, most likely", f"median {found.table['D'].median():.3g} length² a time^α"),
        ("localisation noise", f"{found.noise:.3g} length, the same for all tracks"),
        ("time between frames", f"{size:g}"),
    )
    told = (
        "Each track is taken as fractional Brownian motion with localisation noise, MSD = 2 D t^α in each dimension "
        "plus the noise. Maximum likelihood is exact, gaps included; the posterior is learned from simulated tracks "
        f"of the same lengths and gaps, and its intervals hold {100 * found.level:g} %."
    )
    figure = image(figure_of(track_parameters(found)), "exponent against diffusion coefficient", "A point a track.")
    return Section("found", "What was found", (Facts(facts), Text(told), Figures((figure,))))


def _looked(found: TrackResults) -> Section:
    parts: list[Any] = [Note("warn", f"{said[0].upper()}{said[1:]}.") for said in found.tracks.told]
    figures = (
        image(figure_of(tracks(found.tracks)), "tracks", "At most 200 of them."),
        image(figure_of(track_msd(found.tracks, noise=found.noise)), "mean squared displacements", "A line a track."),
    )
    return Section("tracks", "The tracks", (*parts, Figures(figures)))
