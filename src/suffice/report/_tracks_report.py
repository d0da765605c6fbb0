"""The page and the files of an analysis of tracks."""

from pathlib import Path
from typing import Any

import pandas as pd

from ..interpret import TrackResults
from ..plots import history, track_latents, track_msd, track_parameters, tracks
from ._image import figure_of, image
from ._numbers import number
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
    if found.latents is not None:
        sections.append(_latents(found, training))
    shown = _readable(found)
    length, time = found.tracks.units
    caption = f"D in ({length})² / ({time})^α."
    if len(shown) > _ROWS:
        caption += f" The first {_ROWS} of {len(shown)}; all are in tracks.csv."
    sections.append(Section("table", "Every track", (Table.of(shown.head(_ROWS), caption),)))
    lead = f"{len(found.table)} tracks, median exponent {found.table['alpha'].median():.2f}"
    return written_whole(folder / "report.html", page_of(f"Tracks of {source}", lead, sections, foot=FOOT))


def _latents(found: TrackResults, training: pd.DataFrame | None) -> Section:
    """How many latents are awake, and what goes with them."""
    assert found.latents is not None
    awake, many = len(found.latents.active), found.latents.mean.shape[1]
    source = "a model that was given" if training is None else "these tracks alone"
    told = f"Of {many} latents, learned from {source}, {awake} {'is' if awake == 1 else 'are'} awake"
    told += "." if not awake else ", whose means stand in the table, and here against the exponent and D of each track."
    figures = []
    if awake:
        caption = "Mean of each awake latent, a dot a track."
        figures.append(image(figure_of(track_latents(found)[0, 0]), "latents against exponent and D", caption))
    if training is not None:
        caption = "Minus the evidence bound, nats a step; the weights of the marked epoch are kept."
        figures.append(image(figure_of(history(training)), "loss against epoch", caption))
    title = "Latents of a model" if training is None else "A representation of these tracks"
    return Section("training", title, (Text(told), *([Figures(tuple(figures))] if figures else [])))


def _readable(found: TrackResults) -> pd.DataFrame:
    """Latents first, means and intervals in one column, so that all of it is in sight."""
    table = found.table
    columns: dict[str, Any] = {"track": table["track"]} if "track" in table else {}
    if "seen" in table:
        columns["frames"] = [f"{k} of {n}" for k, n in zip(table["seen"], table["frames"])]
    columns |= {str(name).replace("_", " "): table[name] for name in table if str(name).startswith("latent_")}
    for name, sign in (("alpha", "α"), ("D", "D")):
        columns[f"{sign}, most likely"] = table[name]
        if f"{name}_mean" in table:
            ends = zip(table[f"{name}_mean"], table[f"{name}_low"], table[f"{name}_high"])
            told = [f"{number(mean)} ({number(low)} to {number(high)})" for mean, low, high in ends]
            columns[f"{sign}, {100 * found.level:g} %"] = told
    if found.remarked:
        columns["remark"] = table["remark"]
    return pd.DataFrame(columns)


def _found(found: TrackResults) -> Section:
    low, middle, high = (found.table["alpha"].quantile(q) for q in (0.1, 0.5, 0.9))
    length, time = found.tracks.units
    facts = (
        ("tracks", str(len(found.table))),
        ("exponent α, most likely", f"median {middle:.3g}; eight tenths from {low:.3g} to {high:.3g}"),
        ("D, most likely", f"median {found.table['D'].median():.3g} ({length})² / ({time})^α"),
        ("localisation noise", f"{found.noise:.3g} {length}, the same for all tracks"),
        ("time between frames", f"{found.tracks.frame_interval:g} {time}"),
    )
    learned = "alpha_mean" in found.table
    told = (
        "Each track is taken as fractional Brownian motion with localisation noise, MSD = 2 D t^α in each dimension "
        "plus the noise. Maximum likelihood is exact, gaps included (tracks seen in more than 513 frames are scored in "
        "pieces)."
    )
    if learned:
        told += (
            " The posterior is learned from simulated tracks of the same lengths and gaps, and its intervals are to "
            f"hold {100 * found.level:g} %."
        )
    notes = (Note("warn", f"{found.remarked[0].upper()}{found.remarked[1:]}."),) if found.remarked else ()
    figures = [
        image(figure_of(track_parameters(found, which="likelihood")), "most likely", "Most likely, a dot a track.")
    ]
    if learned:
        caption = f"Posterior mean of each track, with intervals of {100 * found.level:g} %."
        figures.insert(0, image(figure_of(track_parameters(found)), "exponent against diffusion coefficient", caption))
    return Section("found", "What was found", (Facts(facts), Text(told), *notes, Figures(tuple(figures))))


def _looked(found: TrackResults) -> Section:
    parts: list[Any] = [Note("warn", f"{said[0].upper()}{said[1:]}.") for said in found.tracks.told]
    figures = (
        image(figure_of(tracks(found.tracks)), "tracks", "At most 200 of them."),
        image(figure_of(track_msd(found.tracks, noise=found.noise)), "mean squared displacements", "A line a track."),
    )
    return Section("tracks", "The tracks", (*parts, Figures(figures)))
