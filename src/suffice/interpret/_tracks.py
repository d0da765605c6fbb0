"""What tracks say of the motion: an exponent and a diffusion coefficient for each, with intervals, and latents."""

import dataclasses
from typing import Any

import numpy as np
import pandas as pd

from ..checks import draw
from ..core import as_key, KeyLike
from ..objectives import Bottleneck
from ..simulate import Tracks
from ..train import Fit
from ._latents import bottleneck_of, Latents, latents
from ._track_likelihood import grid_of, noise_of, refuse_still, TrackGrid
from ._track_posterior import posterior_columns

_FEWEST = 100


@dataclasses.dataclass(frozen=True, eq=False)
class TrackResults:
    """A table with one row a track, and what it rests on.

    - `table`: `track`, `frames` (from first to last), `seen`; `alpha`, `D`, the most likely; with a trained posterior
      `alpha_mean`, `alpha_low`, `alpha_high` and the same of `D`; with a bottleneck `latent_0`, … of the active ones;
      `remark`, where an estimate is at the end of where it was looked for.
    - `noise`: standard deviation of the localisation error, in units of length, the same for all tracks.
    - `latents`: of a bottleneck, all of them.
    - `tracks`: themselves. `D` is in units of length² a time^alpha: MSD = 2 D t^alpha in each dimension.
    """

    table: pd.DataFrame
    noise: float
    tracks: Tracks
    level: float = 0.9
    latents: Latents | None = None

    @property
    def remarked(self) -> str:
        """How many tracks have a remark, in a sentence; empty where none has."""
        many = np.count_nonzero(self.table["remark"].to_numpy() != "") if "remark" in self.table else 0
        return (
            f"the most likely alpha or D of {many} of {len(self.table)} tracks is at the end of where it was looked "
            "for; such a track, as one of a particle that hardly moves, does not tell it: see the column remark"
            if many
            else ""
        )

    def plot(self, ax: Any = None) -> Any:
        """Exponents against diffusion coefficients: `suffice.plots.track_parameters`."""
        return draw(self, ax)


def analyse_tracks(
    tracks: Tracks,
    *,
    key: KeyLike = 0,
    noise: float | None = None,
    simulations: int = 20_000,
    model: Fit | Bottleneck | None = None,
    level: float = 0.9,
    progress: bool = True,
) -> TrackResults:
    """Exponent and diffusion coefficient of each track under fractional Brownian motion with localisation noise.

    **Arguments:**

    - `noise`: standard deviation of the localisation error in units of length; estimated from all tracks unless given.
    - `simulations`: to train the posterior on, with the lengths and gaps of these tracks; 0 leaves it out.
    - `model`: a `sf.Bottleneck` of displacements of as many dimensions, whose latents go to the table.
    - `level`: of the intervals.
    """
    check_tracks(tracks, noise=noise, simulations=simulations, model=model, level=level)
    found = noise_of(tracks) if noise is None else float(noise)
    grid = grid_of(tracks, found)
    alpha, d = grid.best().T
    frames = tracks.seen.shape[1] - tracks.seen[:, ::-1].argmax(axis=1)
    columns: dict[str, Any] = {"track": tracks.ids, "frames": frames, "seen": tracks.seen.sum(axis=1)}
    columns |= {"alpha": alpha, "D": d * tracks.frame_interval**-alpha}
    if simulations:
        columns |= posterior_columns(tracks, grid, simulations, level, as_key(key), progress)
    codes = None if model is None else latents(model, tracks.simulations())
    if codes is not None:
        columns |= {f"latent_{i}": codes.mean[:, i] for i in sorted(codes.active)}
    columns["remark"] = _remarks(alpha, d, grid)
    return TrackResults(pd.DataFrame(columns), found, tracks, level, codes)


def check_tracks(
    tracks: Tracks,
    *,
    noise: float | None = None,
    simulations: int = 20_000,
    model: Fit | Bottleneck | None = None,
    level: float = 0.9,
) -> None:
    """`ValueError` where `analyse_tracks` cannot use these settings with these tracks; nothing is computed."""
    if noise is not None and not 0 <= noise < np.inf:
        raise ValueError(f"noise must not be negative, but {noise} came")
    if not 0 < level < 1:
        raise ValueError(f"level must be between 0 and 1, but {level} came")
    if simulations != 0 and simulations < _FEWEST:
        raise ValueError(f"simulations must be 0, for no posterior, or at least {_FEWEST}, but {simulations} came")
    refuse_still(tracks)
    if model is None:
        return
    encoder = bottleneck_of(model).summary
    steps, dims = tracks.positions.shape[1] - 1, tracks.positions.shape[2]
    if encoder.n_in != dims:
        raise ValueError(
            f"the model is of displacements in {encoder.n_in} dimensions, but the tracks have {dims}; train one on "
            "tracks like these"
        )
    if steps < encoder.segments:
        raise ValueError(
            f"the model takes tracks of {encoder.segments + 1} frames or more, but the longest of these has "
            f"{steps + 1}; train one on tracks like these"
        )


def _remarks(alpha: np.ndarray, d: np.ndarray, grid: TrackGrid) -> list[str]:
    """Of each track, whether its most likely parameters are no more than the end of where they were looked for."""
    parts = {}
    for name, values, axis in (("alpha", alpha, grid.alpha), ("D", np.log(d), np.log(grid.d))):
        near = 1e-6 * np.ptp(axis)
        parts[name] = (values < axis[0] + near) | (values > axis[-1] - near)
    remarks = [" and ".join(name for name in parts if parts[name][i]) for i in range(len(alpha))]
    return [f"{said} at the edge" if said else "" for said in remarks]
