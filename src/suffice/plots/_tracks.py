"""Tracks in the plane, or in time."""

import numpy as np
from matplotlib.axes import Axes

from ..simulate import Tracks
from ._style import one, style

_MOST = 200


@style()
def tracks(given: Tracks, ax: Axes | None = None) -> Axes:
    """Positions of at most 200 tracks; against time where they have one dimension."""
    ax = one(ax)
    for where, seen in zip(given.positions[:_MOST], given.seen[:_MOST]):
        if where.shape[1] == 1:
            ax.plot(np.flatnonzero(seen) * given.frame_interval, where[seen, 0], linewidth=0.6)
        else:
            ax.plot(where[seen, 0], where[seen, 1], linewidth=0.6)
    if given.positions.shape[2] == 1:
        ax.set(xlabel=f"time from the first frame, {given.units[1]}", ylabel=f"x, {given.units[0]}")
    else:
        ax.set(xlabel=f"x, {given.units[0]}", ylabel=f"y, {given.units[0]}", aspect="equal")
    return ax
