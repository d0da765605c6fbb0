"""A few numbers of a track, from which a posterior is learned: logarithms of its mean squared displacements."""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

_LAGS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64)


def lags_of(frames: int) -> tuple[int, ...]:
    """Lags up to half of a track."""
    return tuple(lag for lag in _LAGS if lag <= max(2, frames // 2))


def track_features(
    positions: Float[Array | np.ndarray, "t d"], seen: Array | np.ndarray, lags: tuple[int, ...]
) -> Float[Array, " k"]:
    """log MSD at lag 1, by how much it grows to each other lag, and the logarithm of the number of frames seen.

    A lag that no two frames have grows as normal diffusion would.
    """
    values = []
    for lag in lags:
        both = (seen[lag:] * seen[:-lag]).astype(float)
        square = ((positions[lag:] - positions[:-lag]) ** 2).mean(axis=1)
        count = both.sum()
        mean = (square * both).sum() / jnp.maximum(count, 1)
        values.append((jnp.log(jnp.maximum(mean, 1e-30)), count))
    first = values[0][0]
    grown = [
        jnp.where(count > 0, value - first, jnp.log(lag * 1.0)) for (value, count), lag in zip(values[1:], lags[1:])
    ]
    return jnp.stack([first, *grown, jnp.log(seen.sum() * 1.0)])
