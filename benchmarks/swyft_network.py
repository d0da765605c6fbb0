"""swyft's network and loss, written for suffice's loop, to time an epoch of equal arithmetic on both sides.

What `swyft.LogRatioEstimator_1dim` of swyft 0.4.5 does by default, for each of the three parameters: the
parameter, standardised, beside the features; a linear layer to 64; two residual blocks of batch norm, ReLU,
linear 64, batch norm, ReLU, dropout 0.1, linear 64; a linear layer to one number. Every row is met with its
own parameters and with those of the row before it, both halves in one batch of 64 for the batch norm. The
loss is binary cross-entropy with logits, summed over the parameters.

To our cost: held-out batches use dropout and the batch's own statistics as training does, where swyft uses
running means. To our gain: swyft renews running means (of batch norm, of the parameters) at every step, and
writes its best weights to a file. All of the layers' arithmetic, in both directions, is the same.
"""

import math
from typing import Any, ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, PyTree

import suffice as sf
from benchmarks.regression_problem import BINS, PARAMETERS

HIDDEN, BLOCKS, DROPOUT = 64, 2, 0.1


class Layer(eqx.Module):
    """One linear layer for each parameter, `(3, n, in)` to `(3, n, out)`."""

    weight: Array
    bias: Array

    def __init__(self, n_in: int, n_out: int, key: Array):
        bound = 1 / math.sqrt(n_in)
        first, second = jax.random.split(key)
        self.weight = jax.random.uniform(first, (PARAMETERS, n_in, n_out), minval=-bound, maxval=bound)
        self.bias = jax.random.uniform(second, (PARAMETERS, 1, n_out), minval=-bound, maxval=bound)

    def __call__(self, x: Array) -> Array:
        return x @ self.weight + self.bias


class Norm(eqx.Module):
    """Batch norm over the rows, for each parameter and feature."""

    scale: Array
    shift: Array

    def __init__(self):
        shape = (PARAMETERS, 1, HIDDEN)
        self.scale, self.shift = jnp.ones(shape), jnp.zeros(shape)

    def __call__(self, x: Array) -> Array:
        mean, variance = x.mean(axis=1, keepdims=True), x.var(axis=1, keepdims=True)
        return (x - mean) * (jax.lax.rsqrt(variance + 1e-3) * self.scale) + self.shift


class Block(eqx.Module):
    """A residual block; `keep` is dropout's mask, scaled."""

    norms: tuple[Norm, Norm]
    layers: tuple[Layer, Layer]

    def __init__(self, key: Array):
        first, second = jax.random.split(key)
        self.norms = (Norm(), Norm())
        self.layers = (Layer(HIDDEN, HIDDEN, first), Layer(HIDDEN, HIDDEN, second))

    def __call__(self, x: Array, keep: Array) -> Array:
        y = self.layers[0](jax.nn.relu(self.norms[0](x)))
        y = jax.nn.relu(self.norms[1](y)) * keep
        return x + self.layers[1](y)


class SwyftNetwork(sf.train.AbstractObjective):
    """The summary and the ratios of swyft's tutorial; `own` gives each head one summary, else all three."""

    monitor: ClassVar[str] = "loss"
    summary: eqx.nn.Linear
    first: Layer
    blocks: tuple[Block, ...]
    last: Layer
    own: bool = eqx.field(static=True)

    def __init__(self, *, own: bool, key: Array):
        keys = jax.random.split(key, BLOCKS + 3)
        self.summary = eqx.nn.Linear(BINS, PARAMETERS, key=keys[0])
        self.first = Layer((1 if own else PARAMETERS) + 1, HIDDEN, keys[1])
        self.blocks = tuple(Block(k) for k in keys[2:-1])
        self.last = Layer(HIDDEN, 1, keys[-1])
        self.own = own

    def start(self, rows: Any, *, names: tuple[str, ...], key: Array) -> "SwyftNetwork":
        return self

    def finish(self, held_out, *, key):
        return self

    def loss(self, batch: PyTree, *, key: Array, step: Array) -> tuple[Array, dict[str, Array]]:
        rows = 2 * len(batch.theta)
        keep = dropout(key, (BLOCKS, PARAMETERS, rows, HIDDEN)).astype(batch.x.dtype)
        joint, shuffled = jnp.split(self.log_ratios(batch.x, batch.theta, keep), 2, axis=1)
        loss = (jax.nn.softplus(-joint) + jax.nn.softplus(shuffled)).sum(axis=0).mean()
        return loss - 2 * math.log(2) * PARAMETERS, {}

    def log_ratios(self, x: Array, theta: Array, keep: Array) -> Array:
        """`(3, 2 n)`: every row with its own parameters, then with those of the row before it."""
        s = jax.vmap(self.summary)(x)
        features = s.T[..., None] if self.own else jnp.repeat(s[None], PARAMETERS, axis=0)
        scaled = theta * math.sqrt(3.0)  # over a uniform's standard deviation
        pairs = jnp.concatenate([scaled, jnp.roll(scaled, 1, axis=0)]).T[..., None]
        y = self.first(jnp.concatenate([jnp.tile(features, (1, 2, 1)), pairs], axis=-1))
        for block, mask in zip(self.blocks, keep):
            y = block(y, mask)
        return self.last(y)[..., 0]


def dropout(key: Array, shape: tuple[int, ...]) -> Array:
    """Zero with probability 0.1, else 1 / 0.9; from 16 random bits each, which is as fast as it gets."""
    bits = jax.random.bits(key, shape, "uint16")
    return jnp.where(bits >= round(DROPOUT * 2**16), 1 / (1 - DROPOUT), 0.0)


def parameters(model: PyTree) -> int:
    """How many numbers are learned."""
    return sum(int(np.prod(leaf.shape)) for leaf in jax.tree.leaves(eqx.filter(model, eqx.is_inexact_array)))
