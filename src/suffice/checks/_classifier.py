"""Perceptrons that tell two classes apart, many of them trained side by side in one compiled call.

Each is what the two-sample tests of the literature use: two hidden layers of rectified linear units, Glorot-uniform
weights, Adam with step 10⁻³ on batches of 200 shuffled rows, a penalty of half of 10⁻⁴ times the squared weights over
the rows of a batch, until the mean loss of an epoch has not fallen by 10⁻⁴ for more than ten epochs: as scikit-learn's
`MLPClassifier` does unless told otherwise (its documentation, version 1.5); the published figures were made with it.
"""

import itertools
import math
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Bool, Float, Int

_BATCH, _PENALTY, _TOLERANCE, _PATIENCE, _EPOCHS = 200, 1e-4, 1e-4, 10, 10_000
_ADAM = optax.adam(1e-3)


class Perceptron(eqx.Module):
    """x `(p,)` -> the logarithm of the odds of the second class."""

    layers: tuple[tuple[Array, Array], ...]

    def __init__(self, n_in: int, width: int, *, key: Array):
        sizes = [n_in, width, width, 1]
        shapes = [shape for a, b in itertools.pairwise(sizes) for shape in ((a, b), (b,))]
        limits = [math.sqrt(6 / (a + b)) for a, b in itertools.pairwise(sizes)]
        draws, at = jax.random.uniform(key, (sum(map(math.prod, shapes)),), minval=-1.0), 0
        arrays = []
        for i, shape in enumerate(shapes):
            arrays.append(limits[i // 2] * draws[at : at + math.prod(shape)].reshape(shape))
            at += math.prod(shape)
        self.layers = tuple(zip(arrays[::2], arrays[1::2]))

    def __call__(self, x: Float[Array, " p"]) -> Float[Array, ""]:
        *hidden, (last, bias) = self.layers
        for weight, shift in hidden:
            x = jax.nn.relu(x @ weight + shift)
        return (x @ last + bias)[0]


class _State(NamedTuple):
    network: Perceptron
    optimiser: Any
    key: Array
    best: Array
    waited: Array
    epochs: Array


def trained(
    x: Float[Array, "n p"], label: Float[Array, " n"], use: Bool[Array, " n"], *, width: int, key: Array
) -> Perceptron:
    """A perceptron trained to tell the rows with label 1 from those with label 0, of the rows in `use`.

    For one classifier; `vmap` for several, which end together.
    """
    for_start, key = jax.random.split(key)
    network = Perceptron(x.shape[1], width, key=for_start)
    zero = jnp.zeros((), jnp.int32)
    start = _State(network, _ADAM.init(eqx.filter(network, eqx.is_array)), key, jnp.inf * jnp.ones(()), zero, zero)

    def go_on(state: _State) -> Array:
        return (state.waited <= _PATIENCE) & (state.epochs < _EPOCHS)

    return jax.lax.while_loop(go_on, lambda state: _epoch(state, x, label, use), start).network


def _epoch(state: _State, x: Array, label: Array, use: Array) -> _State:
    key, for_order = jax.random.split(state.key)
    steps = -(-len(x) // _BATCH)
    # Rows that are not used come last: the batches after them have no weight.
    order = jnp.argsort(jnp.where(use, jax.random.uniform(for_order, use.shape), 2.0))
    order = jnp.pad(order, (0, steps * _BATCH - len(x))).reshape(steps, _BATCH)
    weight = (jnp.arange(steps * _BATCH) < use.sum()).astype(x.dtype).reshape(steps, _BATCH)

    def step(carry: Any, own: tuple[Array, Array]) -> tuple[Any, Array]:
        rows, weight = own
        network, optimiser = carry
        value, gradient = jax.value_and_grad(_loss)(network, x[rows], label[rows], weight)
        updates, moved = _ADAM.update(gradient, optimiser)
        used = weight.sum() > 0
        keep = lambda new, old: jax.tree.map(lambda a, b: jnp.where(used, a, b), new, old)  # noqa: E731
        return (keep(eqx.apply_updates(network, updates), network), keep(moved, optimiser)), value * weight.sum()

    (network, optimiser), losses = jax.lax.scan(step, (state.network, state.optimiser), (order, weight))
    loss = losses.sum() / use.sum()
    waited = jnp.where(loss > state.best - _TOLERANCE, state.waited + 1, 0)
    return _State(network, optimiser, key, jnp.minimum(state.best, loss), waited, state.epochs + 1)


def _loss(network: Perceptron, x: Array, label: Array, weight: Array) -> Array:
    odds = jax.vmap(network)(x)
    n = jnp.maximum(weight.sum(), 1.0)
    squares = sum(jnp.sum(w * w) for w, _ in network.layers)
    return (jnp.sum(weight * (jax.nn.softplus(odds) - label * odds)) + 0.5 * _PENALTY * squares) / n


@eqx.filter_jit
def folds_right(
    x: Float[Array, "n p"], label: Float[Array, " n"], fold: Int[Array, " n"], *, folds: int, width: int, key: Array
) -> Float[Array, " folds"]:
    """The share of each fold's rows that a classifier trained on the other folds puts in the right class."""

    def one(own: Array, key: Array) -> Array:
        network = trained(x, label, fold != own, width=width, key=key)
        right = (jax.vmap(network)(x) > 0) == (label > 0)
        return jnp.sum(jnp.where(fold == own, right, False)) / jnp.sum(fold == own)

    return jax.vmap(one)(jnp.arange(folds), jax.random.split(key, folds))
