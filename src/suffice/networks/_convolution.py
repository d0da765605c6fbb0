"""Convolution as one matrix product.

XLA's own convolution is thirty times slower inside a compiled loop on a CPU than outside of it; a
product of shifted slices is as fast in both places.
"""

import itertools
import math

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from ..core import check_whole, initial_normal


class Convolution(eqx.Module):
    """Convolution over all axes but the last, which holds the channels; padded, so that `stride=1` keeps sizes.

    - `kernel`: width along each of the `dims` axes, odd.
    - `periodic`: beyond an edge lies the other side; otherwise zeros.

    >>> Convolution(2, 5, dims=1, kernel=3, stride=2, key=jax.random.key(0))(jnp.ones((9, 2))).shape
    (5, 5)
    """

    weight: Float[Array, "taps_in n_out"]
    bias: Float[Array, " n_out"]
    dims: int = eqx.field(static=True)
    kernel: int = eqx.field(static=True)
    stride: int = eqx.field(static=True)
    periodic: bool = eqx.field(static=True)

    def __init__(
        self, n_in: int, n_out: int, *, dims: int, kernel: int, stride: int = 1, periodic: bool = False, key: Array
    ):
        check_whole(n_in=n_in, n_out=n_out, kernel=kernel, stride=stride)
        if kernel % 2 == 0:
            raise ValueError(f"kernel must be odd, but {kernel} came")
        taps = kernel**dims * n_in
        self.weight = initial_normal(key, (taps, n_out), math.sqrt(2.0 / taps))
        self.bias = jnp.zeros(n_out)
        self.dims, self.kernel, self.stride, self.periodic = dims, kernel, stride, periodic

    def __call__(self, x: Float[Array, "*space c"]) -> Float[Array, "*smaller n_out"]:
        around = self.kernel // 2
        mode = "wrap" if self.periodic else "constant"
        padded = jnp.pad(x, [(around, around)] * self.dims + [(0, 0)], mode=mode)
        sizes = [(size - 1) // self.stride + 1 for size in x.shape[:-1]]
        shifts = itertools.product(range(self.kernel), repeat=self.dims)
        slices = [self._slice(padded, shift, sizes) for shift in shifts]
        return jnp.concatenate(slices, axis=-1) @ self.weight + self.bias

    def _slice(self, x: Array, shift: tuple[int, ...], sizes: list[int]) -> Array:
        ends = [at + (size - 1) * self.stride + 1 for at, size in zip(shift, sizes)]
        return jax.lax.slice(x, (*shift, 0), (*ends, x.shape[-1]), (*[self.stride] * self.dims, 1))
