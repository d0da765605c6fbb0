"""Latents learned from tracks against what fractional Brownian motion says of them."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes

from ..interpret import TrackResults
from ._style import colour, panels, style


@style()
def track_latents(results: TrackResults, ax: np.ndarray | Sequence[Axes] | None = None) -> np.ndarray:
    """The mean of each awake latent, a row each, against α and D, a dot a track.

    Of the posterior where there is one, else the most likely. **Returns** axes `(awake, 2)`. **Raises** `ValueError`
    where no latent is awake.
    """
    table = results.table
    names = [name for name in table if str(name).startswith("latent_")]
    if not names:
        raise ValueError("no latent is awake: there is nothing to draw")
    kind = "_mean" if "alpha_mean" in table else ""
    axes = panels(ax, (len(names), 2), (2.9, 2.4), sharey="row", sharex="col")
    for row, name in zip(axes, names):
        for one, parameter in zip(row, ("alpha", "D")):
            one.scatter(table[parameter + kind], table[name], s=7, color=colour(0))
        row[1].set_xscale("log")
        row[0].set_ylabel(str(name).replace("_", " "))
    length, time = results.tracks.units
    axes[-1, 0].set_xlabel("exponent α")
    axes[-1, 1].set_xlabel(f"D, ({length})² / ({time})^α")
    return axes
