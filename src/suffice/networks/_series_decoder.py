"""From latents to a density of a series, each step given the steps before it:

    p(x | z) = Π_t N(x_t; e^ℓ_t μ_t, (e^ℓ_t σ_t)²),    ℓ_t = ℓ_t(z),  (μ_t, log σ_t) = W(x_{<t} e^(-ℓ_{<t}), c_t(z))

W sees a short past only, so what is global must come through z. Its inputs are in units of e^ℓ, a scale that z gives
along time, linear in z and between a few knots, and the densities are of the series itself: steps of 1e-5 are learned
as well as steps of one, and so are those whose size grows or falls with time.
"""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ..core import as_key, KeyLike
from ._convolution import Convolution
from ._layers import Dense
from ._series import as_series
from ._wavenet import WaveNet

_RANGE = 8.0


class Conditions(NamedTuple):
    """What a decoder makes of latents once for a whole series."""

    along: Float[Array, "t m"]
    log_scale: Float[Array, "t 1"]


class SeriesDecoder(eqx.Module):
    """Density of a series given latents, and draws of it at any length.

    **Arguments:**

    - `n_in`: numbers of a step.
    - `n_latent`: how many latents.
    - `conditions`: channels along time that the latents become.
    - `knots`: of the scale along time.
    - `hidden`: widths of the perceptron that begins with the latents; `channels` and `segments` are what it ends in.
    - `wavenet`: options of the causal network (`width`, `skips`, `dilations`, `stacks`, `kernel`).
    - `key`: keyword-only; a seed or a JAX key.
    """

    dense: tuple[Dense, ...]
    convolutions: tuple[Convolution, ...]
    scale: Dense
    direct: Dense
    network: WaveNet
    n_in: int = eqx.field(static=True)
    n_latent: int = eqx.field(static=True)
    segments: int = eqx.field(static=True)

    def __init__(
        self,
        n_in: int,
        n_latent: int,
        *,
        conditions: int = 6,
        channels: int = 16,
        segments: int = 32,
        knots: int = 16,
        hidden: Sequence[int] = (100, 200),
        wavenet: dict[str, Any] | None = None,
        key: KeyLike,
    ):
        keys = jax.random.split(as_key(key), len(hidden) + 8)
        widths = (n_latent, *hidden, channels * segments)
        self.dense = tuple(
            Dense(a, b, key=own, scale=2**0.5) for a, b, own in zip(widths, widths[1:], [keys[7], *keys[8:]])
        )
        sizes = (channels, channels, channels, channels, conditions)
        self.convolutions = tuple(
            Convolution(a, b, dims=1, kernel=3, key=own) for a, b, own in zip(sizes, sizes[1:], keys)
        )
        self.scale = Dense(n_latent, knots, key=keys[4], scale=0.0)
        self.direct = Dense(conditions, 2 * n_in, key=keys[5], scale=0.1)
        self.network = WaveNet(n_in, 2 * n_in, conditions, key=keys[6], **(wavenet or {}))
        self.n_in, self.n_latent, self.segments = n_in, n_latent, segments

    def conditions(self, z: Float[Array, " k"], length: int) -> Conditions:
        """Channels along `length` steps, and the scale."""
        h = z
        for layer in self.dense:
            h = jax.nn.relu(layer(h))
        h = h.reshape(self.segments, -1)[np.arange(length) * self.segments // length]
        for layer in self.convolutions[:-1]:
            h = jax.nn.relu(layer(h))
        scale = jnp.asarray(_between_knots(len(self.scale.bias), length)) @ self.scale(z)
        return Conditions(jax.nn.softplus(self.convolutions[-1](h)), scale[:, None])

    def normals(self, x: Any, z: Float[Array, " k"]) -> tuple[Float[Array, "t d"], Float[Array, "t d"]]:
        """Mean and log of the standard deviation of every step, given the steps before it."""
        rows, _ = as_series(x, self.n_in)
        given = self.conditions(z, len(rows))
        units = rows * jnp.exp(-given.log_scale)
        mean, log_std = self._normal(self.network(jnp.arcsinh(units), given.along), given.along)
        return mean * jnp.exp(given.log_scale), log_std + given.log_scale

    def log_probs(self, x: Any, z: Float[Array, " k"]) -> Float[Array, " t"]:
        """log p(x_t | x before t, z) of every step, in nats, summed over its numbers; 0 for one that is not known."""
        rows, known = as_series(x, self.n_in)
        mean, log_std = self.normals(x, z)
        each = -0.5 * ((rows - mean) * jnp.exp(-log_std)) ** 2 - log_std
        total = (each - 0.5 * math.log(2 * math.pi)).sum(axis=1)
        return total if known is None else total * known

    def sample(self, z: Float[Array, " k"], length: int, *, key: KeyLike) -> Float[Array, "t d"]:
        """A series of `length` steps, drawn step by step with what each layer remembers."""
        given = self.conditions(z, length)

        def step(cache: Any, now: tuple[Array, Array]) -> tuple[Any, Array]:
            along, noise = now
            cache, out = self.network.predict(cache, along)
            mean, log_std = self._normal(out, along)
            units = mean + jnp.exp(log_std) * noise
            return self.network.observe(cache, jnp.arcsinh(units)), units

        noise = jax.random.normal(as_key(key), (length, self.n_in))
        units = jax.lax.scan(step, self.network.fresh_cache(), (given.along, noise))[1]
        return units * jnp.exp(given.log_scale)

    def _normal(self, out: Array, along: Array) -> tuple[Array, Array]:
        """Means and log-standard deviations in units of the scale, the latter within ±8."""
        mean, log_std = jnp.split(out + self.direct(along), 2, axis=-1)
        return mean, _RANGE * jnp.tanh(log_std / _RANGE)


def _between_knots(knots: int, length: int) -> Float[np.ndarray, "t knots"]:
    """Weights of the knots at every step."""
    at = np.interp(np.linspace(0, 1, max(length, 2))[:length], knot_places(knots), np.arange(knots))
    return np.maximum(0, 1 - np.abs(at[:, None] - np.arange(knots))).astype(np.float32)


def knot_places(knots: int) -> Float[np.ndarray, " knots"]:
    """From 0, the first step, to 1, the last; denser at the start, where what ages changes fast."""
    return np.linspace(0, 1, knots) ** 2
