"""`suffice tracks`: single-particle tracks from a table."""

import json
import sys
from pathlib import Path
from typing import Any

from ..core import kind_of, load, save
from ..interpret import analyse_tracks, check_tracks, learn_tracks
from ..objectives import Bottleneck
from ..simulate import read_tracks
from ._options import Tracks


def run(options: Tracks) -> None:
    """Read, analyse, print; write the folder."""
    from ..report import tracks_report

    if options.train and options.model is not None:
        raise ValueError("--train learns a model and --model takes one that has been learned; give one of the two")
    if options.out.exists() and not options.out.is_dir():
        raise ValueError(f"--out must be a folder, but {options.out} is a file")
    tracks = _read(options)
    model = None if options.model is None else _loaded(options.model)
    settings: dict[str, Any] = {"noise": options.noise, "simulations": options.simulations}
    check_tracks(tracks, model=model, **settings)
    for said in tracks.told:
        print(f"suffice: {said}", file=sys.stderr)
    shown = sys.stderr.isatty()
    trained = learn_tracks(tracks, key=options.seed, progress=shown) if options.train else None
    found = analyse_tracks(tracks, key=options.seed, model=trained or model, progress=shown, **settings)
    if found.remarked:
        print(f"suffice: {found.remarked}", file=sys.stderr)
    history = None if trained is None else trained.history
    page = tracks_report(found, options.out, source=options.file.name, training=history)
    if trained is not None:
        save(trained.objective, options.out / "model.sf")
    if options.json:
        record = {"tracks": found.table.to_dict("records"), "noise": found.noise, "told": list(tracks.told)}
        print(json.dumps(record, default=str))
        return
    columns_shown = found.table.drop(columns=["track", "frames", "seen", "remark"])
    print(f"{len(found.table)} tracks, localisation noise {found.noise:.4g} {tracks.units[0]}")
    print(columns_shown.describe().loc[["mean", "std", "25%", "50%", "75%"]].to_string(float_format="{:.4g}".format))
    print(f"page: {page}")


def _read(options: Tracks) -> Any:
    columns, units = (
        [name.strip() for name in given.split(",") if name.strip()] for given in (options.columns, options.units)
    )
    return read_tracks(
        options.file,
        columns=columns,
        pixel_size=options.pixel_size,
        frame_interval=options.frame_interval,
        shortest=options.shortest,
        units=units,
    )


def _loaded(path: Path) -> Bottleneck:
    model = load(path)
    if not isinstance(model, Bottleneck):
        raise ValueError(f"{path} holds {kind_of(model)}, no sf.Bottleneck")
    return model
