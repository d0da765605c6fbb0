"""What tracks say of the motion: an exponent and a diffusion coefficient for each, with intervals, and latents."""

import dataclasses
from typing import Any

import jax
import numpy as np
import pandas as pd

from ..checks import draw
from ..core import as_key, KeyLike
from ..networks import SeriesDecoder, SeriesEncoder
from ..objectives import Bottleneck, Schedule
from ..simulate import Simulations, Tracks
from ..train import Fit, fit
from ._latents import latents
from ._track_likelihood import grid_of, noise_of
from ._track_posterior import posterior_columns

_LATENTS = 4


@dataclasses.dataclass(frozen=True, eq=False)
class TrackResults:
    """A table with one row a track, and what it rests on.

    - `table`: `track`, `frames` (from first to last), `seen`; `alpha`, `D`, the most likely; with a trained posterior
      `alpha_mean`, `alpha_low`, `alpha_high` and the same of `D`; with a bottleneck `latent_0`, … of the active ones.
    - `noise`: standard deviation of the localisation error, in units of length, the same for all tracks.
    - `tracks`: themselves. `D` is in units of length² a time^alpha: MSD = 2 D t^alpha in each dimension.
    """

    table: pd.DataFrame
    noise: float
    tracks: Tracks
    level: float = 0.9

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
    if noise is not None and not noise >= 0:
        raise ValueError(f"noise must not be negative, but {noise} came")
    if not 0 < level < 1:
        raise ValueError(f"level must be between 0 and 1, but {level} came")
    found = noise_of(tracks) if noise is None else float(noise)
    grid = grid_of(tracks, found)
    alpha, d = grid.best().T
    frames = tracks.seen.shape[1] - tracks.seen[:, ::-1].argmax(axis=1)
    columns: dict[str, Any] = {"track": tracks.ids, "frames": frames, "seen": tracks.seen.sum(axis=1)}
    columns |= {"alpha": alpha, "D": d * tracks.frame_interval**-alpha}
    if simulations:
        columns |= posterior_columns(tracks, grid, simulations, level, as_key(key), progress)
    if model is not None:
        columns |= _latent_columns(tracks, model)
    return TrackResults(pd.DataFrame(columns), found, tracks, level)


def learn_tracks(
    tracks: Tracks, *, key: KeyLike = 0, n_latent: int = _LATENTS, max_epochs: int = 60, progress: bool = True
) -> Fit:
    """A `sf.Bottleneck` learned from the tracks themselves, all steps scored, whatever the motion is.

    With the history `valid_kl_i` of each latent; `sf.interpret.latents(fit, tracks.simulations())` gives their table.
    """
    n, steps, dims = tracks.displacements.shape
    if n < 100:
        raise ValueError(f"{n} tracks are too few to learn a representation from; at least 100 are needed")
    for_encoder, for_decoder, for_fit = jax.random.split(as_key(key), 3)
    segments = min(16, max(2, steps // 4))
    encoder = SeriesEncoder(dims, n_latent, segments=segments, hidden=(64,), key=for_encoder)
    decoder = SeriesDecoder(dims, n_latent, segments=segments, channels=8, hidden=(64,), key=for_decoder)
    size = int(np.clip(n // 10, 10, 128))
    annealed = Schedule((0, 20 * (n // size)), (0.2, 1.0))
    objective = Bottleneck(encoder, decoder, beta=annealed, skip=0)
    later = 20 * (n // size)
    return fit(
        objective, tracks.simulations(), key=for_fit, batch_size=size, max_epochs=max_epochs, min_epochs=25,
        track_from=later, progress=progress,
    )  # fmt: skip


def _latent_columns(tracks: Tracks, model: Fit | Bottleneck) -> dict[str, np.ndarray]:
    bottleneck = model.objective if isinstance(model, Fit) else model
    if bottleneck.summary.n_in != tracks.positions.shape[2]:
        raise ValueError(
            f"the model is of displacements in {bottleneck.summary.n_in} dimensions, but the tracks have "
            f"{tracks.positions.shape[2]}; train one on tracks like these"
        )
    sims: Simulations = tracks.simulations()
    found = latents(model, sims)
    return {f"latent_{i}": found.mean[:, i] for i in sorted(found.active)}
