"""`suffice tracks`: single-particle tracks from a table."""

import json
import sys

from ..core import load, save
from ..interpret import analyse_tracks, learn_tracks
from ..objectives import Bottleneck
from ..simulate import read_tracks
from ._options import Tracks


def run(options: Tracks) -> None:
    """Read, analyse, print; write the folder."""
    from ..report import tracks_report

    columns = [name.strip() for name in options.columns.split(",")] if options.columns else []
    tracks = read_tracks(
        options.file,
        columns=columns,
        pixel_size=options.pixel_size,
        frame_interval=options.frame_interval,
        shortest=options.shortest,
    )
    for said in tracks.told:
        print(f"suffice: {said}", file=sys.stderr)
    shown = sys.stderr.isatty()
    trained, model = None, None
    if options.train:
        trained = learn_tracks(tracks, key=options.seed, progress=shown)
        model = trained.objective
    elif options.model is not None:
        model = load(options.model)
        if not isinstance(model, Bottleneck):
            raise ValueError(f"{options.model} holds a {type(model).__name__}, no sf.Bottleneck")
    found = analyse_tracks(
        tracks,
        key=options.seed,
        noise=options.noise,
        simulations=options.simulations,
        model=model,
        progress=shown,
    )
    history = None if trained is None else trained.history
    page = tracks_report(found, options.out, source=options.file.name, training=history)
    if trained is not None:
        save(trained.objective, options.out / "model.sf")
    if options.json:
        record = {"tracks": found.table.to_dict("records"), "noise": found.noise, "told": list(tracks.told)}
        print(json.dumps(record, default=str))
        return
    columns_shown = found.table.drop(columns=["track", "frames", "seen"])
    print(f"{len(found.table)} tracks, localisation noise {found.noise:.4g}")
    print(columns_shown.describe().loc[["mean", "std", "25%", "50%", "75%"]].to_string(float_format="{:.4g}".format))
    print(f"page: {page}")
