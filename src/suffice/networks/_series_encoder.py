"""From a series of any length to the mean and the log-variance of a few latents."""

from collections.abc import Sequence
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ..core import as_key, check_whole, KeyLike
from ._convolution import Convolution
from ._layers import Dense
from ._series import as_series

_BLOCKS = 8
_FLOOR = 1e-6  # of the power of a segment, in units of that of the whole series


class SeriesEncoder(eqx.Module):
    """Convolutions along a series, averages and maxima over segments, then a perceptron.

    The series is divided by its root mean square, whose logarithm goes to the perceptron: a series of small steps is as
    easy to read as one of large ones. The logarithms of the root mean squares of the segments go there too, and
    straight to the latents, as do those of blocks of 1, 1, 2, 4, 8, … steps from the first one on, to the perceptron:
    what ages changes most at the start. Called, it gives the means.

    **Arguments:**

    - `n_in`: numbers of a step; a series is `(length,)` or `(length, n_in)`.
    - `n_latent`: how many latents.
    - `channels`, `layers`, `kernel`: of the convolutions.
    - `segments`: of the averages and maxima; a series must be at least so long.
    - `hidden`: widths of the perceptron.
    - `key`: keyword-only; a seed or a JAX key.

    >>> import jax.numpy as jnp
    >>> encoder = SeriesEncoder(1, 6, key=0)
    >>> encoder(jnp.ones(399)).shape, encoder(jnp.ones((50, 1))).shape
    ((6,), (6,))
    """

    convolutions: tuple[Convolution, ...]
    dense: tuple[Dense, ...]
    direct: Dense
    n_in: int = eqx.field(static=True)
    n_latent: int = eqx.field(static=True)
    segments: int = eqx.field(static=True)

    def __init__(
        self,
        n_in: int,
        n_latent: int,
        *,
        channels: int = 16,
        layers: int = 4,
        kernel: int = 3,
        segments: int = 16,
        hidden: Sequence[int] = (200, 100),
        key: KeyLike,
    ):
        check_whole(n_in=n_in, n_latent=n_latent, channels=channels, layers=layers, segments=segments)
        check_whole(**{f"hidden[{i}]": width for i, width in enumerate(hidden)})
        keys = jax.random.split(as_key(key), layers + len(hidden) + 1)
        sizes = (n_in, *(channels,) * layers)
        self.convolutions = tuple(
            Convolution(a, b, dims=1, kernel=kernel, key=own) for a, b, own in zip(sizes, sizes[1:], keys)
        )
        widths = (2 * segments * channels + segments + _BLOCKS + 1, *hidden, 2 * n_latent)
        scales = (*(2.0**0.5,) * len(hidden), 0.1)
        self.dense = tuple(
            Dense(a, b, key=own, scale=scale) for a, b, own, scale in zip(widths, widths[1:], keys[layers:], scales)
        )
        self.direct = Dense(segments, 2 * n_latent, key=keys[0], scale=0.0)
        self.n_in, self.n_latent, self.segments = n_in, n_latent, segments

    def distribution(self, x: Any) -> tuple[Float[Array, " k"], Float[Array, " k"]]:
        """Means and log-variances of the latents of one series."""
        rows, known = as_series(x, self.n_in)
        if len(rows) < self.segments:
            raise ValueError(f"a series must have at least {self.segments} steps for this encoder; {len(rows)} came")
        here = np.ones(len(rows)) if known is None else known
        size = self._size(rows, here)
        sizes = self.log_sizes(x)
        h = h0 = rows / size
        for layer in self.convolutions:
            h = jax.nn.relu(layer(h))
            h = h if known is None else h * known[:, None]
        means, largest = _pooled(h, here, self.segments)
        flat = jnp.concatenate(
            [means.ravel(), largest.ravel(), jnp.log(size)[None], sizes - jnp.log(size), _early(h0, here)]
        )
        for layer in self.dense[:-1]:
            flat = jax.nn.relu(layer(flat))
        mean, log_variance = jnp.split(self.dense[-1](flat) + self.direct(sizes), 2)
        return mean, log_variance

    def log_sizes(self, x: Any) -> Float[Array, " segments"]:
        """Logarithm of the root mean square of each segment of a series."""
        rows, known = as_series(x, self.n_in)
        here = np.ones(len(rows)) if known is None else known
        size = self._size(rows, here)
        squares = ((rows / size) ** 2).mean(axis=1, keepdims=True)
        power, _ = _pooled(squares, here, self.segments, empty=1.0)
        return 0.5 * jnp.log(power[:, 0] + _FLOOR) + jnp.log(size)

    def _size(self, rows: Float[Array, "t d"], here: Any) -> Float[Array, ""]:
        return jnp.sqrt((rows**2).sum() / (here.sum() * self.n_in).clip(1)) + 1e-30

    def __call__(self, x: Any) -> Float[Array, " k"]:
        return self.distribution(x)[0]


def _pooled(
    h: Float[Array, "t c"], known: Array | np.ndarray, segments: int, empty: float = 0.0
) -> tuple[Array, Array]:
    """Means and maxima over equal segments of the part that is known; h is not negative, and 0 where unknown."""
    xp: Any = np if isinstance(known, np.ndarray) else jnp
    length = xp.max(xp.where(known > 0, np.arange(len(h)) + 1, 1))
    edges = -(-np.arange(segments + 1) * length // segments)
    index = edges[:-1, None] + np.arange(-(-len(h) // segments))
    inside = index < edges[1:, None]
    index = xp.minimum(index, len(h) - 1)
    weight = inside * known[index]
    rows = h[index] * inside[..., None]
    count = weight.sum(axis=1)[:, None]
    return jnp.where(count > 0, rows.sum(axis=1) / count.clip(1), empty), rows.max(axis=1)


def _early(units: Float[Array, "t d"], here: Any) -> Float[Array, " blocks"]:
    """Half the log mean squares of blocks that double in length, 0 where nothing of one is known."""
    ends = np.minimum(2 ** np.arange(_BLOCKS), len(units))
    starts = np.minimum(np.concatenate([[0], ends[:-1]]), len(units))
    inside = ((np.arange(len(units)) >= starts[:, None]) & (np.arange(len(units)) < ends[:, None])).astype(np.float32)
    count = inside @ jnp.asarray(here, units.dtype)
    power = inside @ ((units**2).mean(axis=1) * here) / count.clip(1)
    return jnp.where(count > 0, 0.5 * jnp.log(power + _FLOOR), 0.0)
