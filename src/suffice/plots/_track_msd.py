"""Mean squared displacements of tracks, each averaged over time."""

import numpy as np
from matplotlib.axes import Axes

from ..simulate import Tracks
from ._style import colour, GREY, one, style, TRUTH

_MOST = 200


@style()
def track_msd(given: Tracks, ax: Axes | None = None, *, noise: float = 0.0) -> Axes:
    """One line a track, their median, the line of normal diffusion, and what noise alone would give."""
    ax = one(ax)
    lags = np.unique(np.geomspace(1, max(2, given.seen.shape[1] // 3), 14).astype(int))
    every = [int(lag) for lag in lags]
    lines = np.array([[_msd(x, seen, k) for k in every] for x, seen in zip(given.positions, given.seen)])
    times = lags * given.frame_interval
    ax.loglog(times, lines[:_MOST].T, color=GREY, linewidth=0.3, alpha=0.5)
    middle = np.nanmedian(lines, axis=0)
    ax.loglog(times, middle, color=colour(0), label="median")
    ax.loglog(times, middle[0] * times / times[0], color=TRUTH, linestyle="--", linewidth=0.8, label="normal diffusion")
    if noise > 0:
        floor = 2 * given.positions.shape[2] * noise**2
        ax.axhline(floor, color=colour(1), linewidth=0.8, linestyle=":", label="localisation noise")
    ax.set(xlabel=f"time, {given.units[1]}", ylabel=f"mean squared displacement, ({given.units[0]})²")
    ax.legend()
    return ax


def _msd(x: np.ndarray, seen: np.ndarray, lag: int) -> float:
    both = seen[lag:] & seen[:-lag]
    apart = (x[lag:] - x[:-lag])[both]
    return float((apart**2).sum(axis=1).mean()) if len(apart) else float("nan")
