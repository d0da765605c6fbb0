"""A convolutional summary of a series, on top of a linear one."""

import math

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from ..core import as_key, check_whole, KeyLike
from ._convolution import Convolution
from ._layers import Stack
from ._linear_start import LinearStart, MAX_INPUTS
from ._pooling import summarise_positions
from ._standardise import Standardise


class Conv1d(eqx.Module):
    """Strided convolutions along a series, pooled in a few segments, then a perceptron; beside it a linear summary.

    **Arguments:**

    - `shape`: of one example: the length, `(length,)` or `(channels, length)`.
    - `n_out`: how many summaries.
    - `channels`: of the convolutions, each of which halves the length.
    - `kernel`: their width, odd.
    - `width`: of the hidden layer after them.
    - `segments`: averages over so many parts of the series go on; 1 for a stationary one, where times do not matter
      (and no weight is given to any single number).
    - `periodic`: beyond an edge lies the other side; otherwise zeros.
    - `key`: keyword-only; a seed or a JAX key.

    >>> import jax.numpy as jnp
    >>> Conv1d(100, 3, key=0)(jnp.ones(100)).shape
    (3,)
    """

    standardise: Standardise
    linear: LinearStart
    layers: tuple[Convolution, ...]
    stack: Stack
    shape: tuple[int, int] = eqx.field(static=True)
    segments: int = eqx.field(static=True)

    def __init__(
        self,
        shape: int | tuple[int, ...],
        n_out: int,
        *,
        channels: tuple[int, ...] = (32, 64, 64),
        kernel: int = 5,
        width: int = 128,
        segments: int = 8,
        periodic: bool = False,
        key: KeyLike,
    ):
        shape = tuple(shape) if isinstance(shape, tuple | list) else (shape,)
        check_whole(**{f"shape[{i}]": size for i, size in enumerate(shape)})
        check_whole(n_out=n_out, kernel=kernel, segments=segments)
        if len(shape) not in (1, 2) or kernel % 2 == 0:
            raise ValueError(f"shape must be (length,) or (channels, length) and kernel odd; {shape}, {kernel} came")
        self.shape = (1, shape[0]) if len(shape) == 1 else (shape[0], shape[1])
        self.segments = segments
        keys = jax.random.split(as_key(key), len(channels) + 2)
        self.standardise = Standardise((self.shape[0], 1))
        sizes = (self.shape[0], *channels)
        self.layers = tuple(
            Convolution(before, after, dims=1, kernel=kernel, stride=2, periodic=periodic, key=k)
            for before, after, k in zip(sizes, sizes[1:], keys)
        )
        features = jax.eval_shape(
            lambda x: _features(self.layers, x, segments), jax.ShapeDtypeStruct(self.shape, jnp.float32)
        ).size
        numbers = features if segments == 1 else math.prod(self.shape)
        self.linear = LinearStart(numbers, n_out, key=keys[-1], scale=1.0 if numbers <= MAX_INPUTS else 0.0)
        self.stack = Stack(features, n_out, width=width, depth=1, key=keys[-2], last=0.0)

    def __call__(self, x: Array) -> Float[Array, " k"]:
        x = self.standardise(jnp.reshape(x, self.shape))
        features = _features(self.layers, x, self.segments)
        return self.linear(features if self.segments == 1 else x, self.stack(features))


def _features(layers: tuple[Convolution, ...], x: Float[Array, "c n"], segments: int) -> Float[Array, " f"]:
    x = x.T
    for layer in layers:
        x = jax.nn.silu(layer(x))
    return summarise_positions(x.T, segments)
