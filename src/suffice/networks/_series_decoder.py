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
from jaxtyping import Array, Float, Int

from ..core import as_key, check_whole, KeyLike
from ._convolution import Convolution
from ._layers import Dense
from ._series import as_series, known_length
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
    - `components`: of the density of each number, normal with one, otherwise a mixture.
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
    components: int = eqx.field(static=True)

    def __init__(
        self,
        n_in: int,
        n_latent: int,
        *,
        conditions: int = 6,
        channels: int = 16,
        segments: int = 32,
        knots: int = 16,
        components: int = 1,
        hidden: Sequence[int] = (100, 200),
        wavenet: dict[str, Any] | None = None,
        key: KeyLike,
    ):
        check_whole(n_in=n_in, n_latent=n_latent, conditions=conditions, channels=channels, segments=segments)
        check_whole(knots=knots, components=components, **{f"hidden[{i}]": width for i, width in enumerate(hidden)})
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
        told = (2 if components == 1 else 3 * components) * n_in
        self.direct = Dense(conditions, told, key=keys[5], scale=0.1)
        self.network = WaveNet(n_in, told, conditions, key=keys[6], **(wavenet or {}))
        self.n_in, self.n_latent, self.segments, self.components = n_in, n_latent, segments, components

    def conditions(self, z: Float[Array, " k"], length: int, known: Int[Array, ""] | None = None) -> Conditions:
        """Channels along `length` steps, and the scale; stretched over the first `known` of them where that is given.

        What comes after those is never scored, and is made so that it changes nothing before.
        """
        h = z
        for layer in self.dense:
            h = jax.nn.relu(layer(h))
        steps = np.arange(length)
        if known is None:
            inside: Any = 1.0
            which, weights = steps * self.segments // length, _between_knots(len(self.scale.bias), length)
        else:
            inside = (steps < known)[:, None]
            which = (steps * self.segments // known).clip(0, self.segments - 1)
            weights = _between_knots_of(len(self.scale.bias), length, known)
        h = h.reshape(self.segments, -1)[which]
        for layer in self.convolutions[:-1]:
            h = jax.nn.relu(layer(h * inside))
        h = self.convolutions[-1](h * inside)
        return Conditions(jax.nn.softplus(h), (jnp.asarray(weights) @ self.scale(z))[:, None])

    def normals(self, x: Any, z: Float[Array, " k"]) -> tuple[Float[Array, "t d"], Float[Array, "t d"]]:
        """Mean and log of the standard deviation of every step, given the steps before it."""
        each, log_scale = self._mixtures(x, z)
        weight = jnp.exp(each.log_weight)
        mean = (weight * each.mean).sum(axis=-1)
        square = (weight * (each.mean**2 + jnp.exp(2 * each.log_std))).sum(axis=-1)
        log_std = each.log_std[..., 0] if self.components == 1 else 0.5 * jnp.log((square - mean**2).clip(1e-30))
        return mean * jnp.exp(log_scale), log_std + log_scale

    def log_probs(self, x: Any, z: Float[Array, " k"]) -> Float[Array, " t"]:
        """log p(x_t | x before t, z) of every step, in nats, summed over its numbers; 0 for one that is not known."""
        rows, known = as_series(x, self.n_in)
        each, log_scale = self._mixtures(x, z)
        away = ((rows * jnp.exp(-log_scale))[..., None] - each.mean) * jnp.exp(-each.log_std)
        log = jax.nn.logsumexp(each.log_weight - each.log_std - 0.5 * away**2, axis=-1) - log_scale
        total = (log - 0.5 * math.log(2 * math.pi)).sum(axis=1)
        return total if known is None else total * known

    def sample(self, z: Float[Array, " k"], length: int, *, key: KeyLike) -> Float[Array, "t d"]:
        """A series of `length` steps, drawn step by step with what each layer remembers."""
        return self.draw(self.conditions(z, length), key=key)

    def draw(self, given: Conditions, *, key: KeyLike) -> Float[Array, "t d"]:
        """A series as long as the conditions."""
        length = len(given.along)

        def step(cache: Any, now: Any) -> tuple[Any, Array]:
            along, noise, choice = now
            cache, out = self.network.predict(cache, along)
            each = self._told(out + self.direct(along))
            mean, log_std = each.mean[..., 0], each.log_std[..., 0]
            if self.components > 1:
                which = jnp.argmax(each.log_weight + choice, axis=-1, keepdims=True)
                mean, log_std = (jnp.take_along_axis(part, which, axis=-1)[..., 0] for part in each[1:])
            units = mean + jnp.exp(log_std) * noise
            return self.network.observe(cache, jnp.arcsinh(units)), units

        for_noise, for_choice = jax.random.split(as_key(key))
        noise = jax.random.normal(for_noise, (length, self.n_in))
        shape = (length, self.n_in, self.components)
        choice = jax.random.gumbel(for_choice, shape) if self.components > 1 else jnp.zeros(shape)
        units = jax.lax.scan(step, self.network.fresh_cache(), (given.along, noise, choice))[1]
        return units * jnp.exp(given.log_scale)

    def _mixtures(self, x: Any, z: Float[Array, " k"]) -> tuple["_Mixture", Float[Array, "t 1"]]:
        """Of every step in units of the scale, and the logarithm of that."""
        rows, known = as_series(x, self.n_in)
        given = self.conditions(z, len(rows), None if known is None else known_length(known))
        units = jnp.arcsinh(rows * jnp.exp(-given.log_scale))
        return self._told(self.network(units, given.along) + self.direct(given.along)), given.log_scale

    def _told(self, out: Array) -> "_Mixture":
        parts = out.reshape(*out.shape[:-1], -1, self.n_in, self.components)
        mean, log_std = parts[..., 0, :, :], _RANGE * jnp.tanh(parts[..., 1, :, :] / _RANGE)
        if self.components == 1:
            return _Mixture(jnp.zeros_like(mean), mean, log_std)
        return _Mixture(jax.nn.log_softmax(parts[..., 2, :, :]), mean, log_std)


class _Mixture(NamedTuple):
    """Of each number of a step; the last axis is that of the components. Log-standard deviations are within ±8."""

    log_weight: Array
    mean: Array
    log_std: Array


def _between_knots(knots: int, length: int) -> Float[np.ndarray, "t knots"]:
    """Weights of the knots at every step."""
    at = np.interp(np.linspace(0, 1, max(length, 2))[:length], knot_places(knots), np.arange(knots))
    return np.maximum(0, 1 - np.abs(at[:, None] - np.arange(knots))).astype(np.float32)


def _between_knots_of(knots: int, length: int, known: Int[Array, ""]) -> Float[Array, "t knots"]:
    """Those of a series of which the first `known` steps are there."""
    along = (np.arange(length) / (known - 1).clip(1)).clip(0, 1)
    at = jnp.interp(along, knot_places(knots), np.arange(knots, dtype=float))
    return (1 - jnp.abs(at[:, None] - np.arange(knots))).clip(0)


def knot_places(knots: int) -> Float[np.ndarray, " knots"]:
    """From 0, the first step, to 1, the last; denser at the start, where what ages changes fast."""
    return np.linspace(0, 1, knots) ** 2
