"""Convolutional summaries of images: plain and residual."""

import math
from collections.abc import Callable
from functools import partial

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


class ResidualBlock(eqx.Module):
    """Two convolutions added to their input (He et al. 2016), which is halved in size by `stride=2`."""

    first: Convolution
    second: Convolution
    shortcut: Convolution

    def __init__(self, n_in: int, n_out: int, *, stride: int, kernel: int, periodic: bool, key: Array):
        keys = jax.random.split(key, 3)
        around = {"dims": 2, "kernel": kernel, "periodic": periodic}
        self.first = Convolution(n_in, n_out, stride=stride, key=keys[0], **around)
        self.second = Convolution(n_out, n_out, key=keys[1], **around)
        self.shortcut = Convolution(n_in, n_out, dims=2, kernel=1, stride=stride, key=keys[2])

    def __call__(self, x: Float[Array, "h w c"]) -> Float[Array, "h2 w2 d"]:
        return jax.nn.silu(self.shortcut(x) + self.second(jax.nn.silu(self.first(x))))


class ConvBlock(eqx.Module):
    """One strided convolution."""

    layer: Convolution

    def __init__(self, n_in: int, n_out: int, *, stride: int, kernel: int, periodic: bool, key: Array):
        self.layer = Convolution(n_in, n_out, dims=2, kernel=kernel, stride=stride, periodic=periodic, key=key)

    def __call__(self, x: Float[Array, "h w c"]) -> Float[Array, "h2 w2 d"]:
        return jax.nn.silu(self.layer(x))


class ImageNetwork(eqx.Module):
    """Blocks that halve an image, pooled on a coarse grid, then a perceptron; beside it a linear summary.

    Built by `Conv2d` and `ResNet2d`. The linear summary is there for images of at most 4096 numbers; with one segment,
    where positions do not matter, it is one of the pooled channels, not of the pixels.
    """

    standardise: Standardise
    linear: LinearStart
    blocks: tuple[eqx.Module, ...]
    stack: Stack
    shape: tuple[int, int, int] = eqx.field(static=True)
    segments: int = eqx.field(static=True)

    def __call__(self, x: Array) -> Float[Array, " k"]:
        x = self.standardise(jnp.reshape(x, self.shape))
        features = _features(self.blocks, x, self.segments)
        return self.linear(features if self.segments == 1 else x, self.stack(features))


def _features(blocks: tuple, x: Float[Array, "c h w"], segments: int) -> Float[Array, " f"]:
    x = jnp.moveaxis(x, 0, -1)
    for block in blocks:
        x = block(x)
    return summarise_positions(jnp.moveaxis(x, -1, 0), segments)


def _image_network(
    shape: tuple[int, ...],
    n_out: int,
    block: Callable[..., eqx.Module],
    *,
    channels: tuple[int, ...],
    width: int,
    segments: int,
    key: KeyLike,
) -> ImageNetwork:
    if len(shape) not in (2, 3):
        raise ValueError(f"shape must be (height, width) or (channels, height, width), but {shape} came")
    check_whole(**{f"shape[{i}]": size for i, size in enumerate(shape)}, n_out=n_out, segments=segments)
    full = (1, *shape) if len(shape) == 2 else tuple(shape)
    keys = jax.random.split(as_key(key), len(channels) + 2)
    sizes = (full[0], *channels)
    blocks = tuple(block(before, after, stride=2, key=k) for before, after, k in zip(sizes, sizes[1:], keys))
    features = jax.eval_shape(lambda x: _features(blocks, x, segments), jax.ShapeDtypeStruct(full, jnp.float32)).size
    numbers = features if segments == 1 else math.prod(full)
    return ImageNetwork(
        standardise=Standardise((full[0], 1, 1)),
        linear=LinearStart(numbers, n_out, key=keys[-1], scale=1.0 if numbers <= MAX_INPUTS else 0.0),
        blocks=blocks,
        stack=Stack(features, n_out, width=width, depth=1, key=keys[-2], last=0.0),
        shape=(full[0], full[1], full[2]),
        segments=segments,
    )


def Conv2d(
    shape: tuple[int, ...],
    n_out: int,
    *,
    channels: tuple[int, ...] = (16, 32, 64),
    width: int = 128,
    kernel: int = 3,
    periodic: bool = False,
    segments: int = 4,
    key: KeyLike,
) -> ImageNetwork:
    """Plain convolutional summary of an image `(height, width)` or `(channels, height, width)`.

    - `channels`: of the blocks, each of which halves the image.
    - `kernel`: width of the convolutions, odd.
    - `periodic`: beyond an edge lies the other side (a periodic simulation box); otherwise zeros.
    - `segments`: averages over so many parts along each axis go on; 1 for a stationary field, where positions do not
      matter (and no weight is given to any single pixel).
    - `width`: of the hidden layer after them.

    >>> import jax.numpy as jnp
    >>> Conv2d((16, 16), 2, key=0)(jnp.ones((16, 16))).shape
    (2,)
    """
    block = partial(ConvBlock, kernel=kernel, periodic=periodic)
    return _image_network(shape, n_out, block, channels=channels, width=width, segments=segments, key=key)


def ResNet2d(
    shape: tuple[int, ...],
    n_out: int,
    *,
    channels: tuple[int, ...] = (16, 32, 64),
    width: int = 128,
    kernel: int = 3,
    periodic: bool = False,
    segments: int = 4,
    key: KeyLike,
) -> ImageNetwork:
    """Residual convolutional summary of an image `(height, width)` or `(channels, height, width)`.

    - `channels`: of the blocks, each of which halves the image.
    - `kernel`: width of the convolutions, odd.
    - `periodic`: beyond an edge lies the other side (a periodic simulation box); otherwise zeros.
    - `segments`: averages over so many parts along each axis go on; 1 for a stationary field, where positions do not
      matter (and no weight is given to any single pixel).
    - `width`: of the hidden layer after them.

    >>> import jax.numpy as jnp
    >>> ResNet2d((3, 16, 16), 2, key=0)(jnp.ones((3, 16, 16))).shape
    (2,)
    """
    block = partial(ResidualBlock, kernel=kernel, periodic=periodic)
    return _image_network(shape, n_out, block, channels=channels, width=width, segments=segments, key=key)
