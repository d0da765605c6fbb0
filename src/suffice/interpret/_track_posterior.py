"""A posterior of each track, learned from simulated tracks of the same lengths and gaps.

The unit of D depends on the exponent: D in length² a time^α is D in length² a frame^α times interval^-α. The two are
therefore learned and drawn together, and each draw is brought to units of time by its own exponent.
"""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import numpyro.distributions as dist
from jaxtyping import Array, Float

from ..networks import MLP
from ..objectives import Ratio
from ..posteriors import posterior
from ..priors import Prior
from ..simulate import simulate, Tracks
from ..simulate.processes import FractionalBrownian
from ..train import fit
from ._track_features import lags_of, track_features
from ._track_likelihood import TrackGrid

_ALPHA = (0.05, 1.95)
_SUMMARIES = 4
_DRAWS = 4000
_FRAMES = 400_000  # simulated at once
_TRACKS = 256  # at once: a grid of the two parameters for each


def posterior_columns(
    tracks: Tracks, grid: TrackGrid, n: int, level: float, key: Array, progress: bool
) -> dict[str, np.ndarray]:
    """Mean, and both ends of the interval of this level, of `alpha` and of `D` in units of time."""
    for_sims, for_network, for_fit, for_posterior = jax.random.split(key, 4)
    size = dist.Uniform(float(np.log(grid.d[0])), float(np.log(grid.d[-1])))
    prior = Prior(alpha=dist.Uniform(*_ALPHA), log_D=size)
    frames, dims = tracks.positions.shape[1:]
    process, lags = FractionalBrownian(frames - 1, dims=dims, noise=grid.noise), lags_of(frames)
    patterns = jnp.asarray(tracks.seen)

    def simulator(key: Array, theta: Array) -> Array:
        for_pattern, for_path = jax.random.split(key)
        steps = process(for_path, jnp.stack([theta[0], jnp.exp(theta[1])])).reshape(frames - 1, dims)
        positions = jnp.concatenate([jnp.zeros((1, dims)), jnp.cumsum(steps, axis=0)])
        return track_features(positions, patterns[jax.random.randint(for_pattern, (), 0, len(patterns))], lags)

    chunk = int(np.clip(_FRAMES // frames, 1, 1024))
    sims = simulate(prior, simulator, n, key=for_sims, chunk=chunk, progress=progress)
    network = MLP(len(lags) + 1, _SUMMARIES, width=64, key=for_network)
    trained = fit(Ratio(network, "joint"), sims, key=for_fit, max_epochs=60, patience=8, progress=progress)
    parts = []
    for start in range(0, len(tracks), _TRACKS):
        seen = _features(tracks[np.arange(start, min(start + _TRACKS, len(tracks)))], lags)
        own = jax.random.fold_in(for_posterior, start)
        drawn = posterior(trained, prior, seen, key=own).sample(_DRAWS, key=own)
        parts.append(in_units(drawn, level, tracks.frame_interval))
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def in_units(drawn: Float[np.ndarray, "n s 2"], level: float, interval: float) -> dict[str, np.ndarray]:
    """Means and intervals from s draws of α and log D a frame for each of n tracks; D in units of time."""
    drawn = np.asarray(drawn, np.float64)
    alpha, d = drawn[..., 0], np.exp(drawn[..., 1] - drawn[..., 0] * np.log(interval))
    columns = {}
    for name, values in {"alpha": alpha, "D": d}.items():
        low, high = np.quantile(values, [0.5 - level / 2, 0.5 + level / 2], axis=1)
        columns |= {f"{name}_mean": values.mean(axis=1), f"{name}_low": low, f"{name}_high": high}
    return columns


def _features(tracks: Tracks, lags: tuple[int, ...]) -> np.ndarray:
    # In single precision a position far from the origin loses its digits.
    places = jnp.asarray(tracks.positions - tracks.positions[:, :1], float)
    return np.asarray(_features_of(places, jnp.asarray(tracks.seen), lags))


@eqx.filter_jit
def _features_of(places: Array, seen: Array, lags: tuple[int, ...]) -> Array:
    return jax.vmap(lambda x, known: track_features(x, known, lags))(places, seen)
