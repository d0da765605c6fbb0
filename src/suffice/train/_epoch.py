"""One epoch as one compiled call: a scan over the steps, the held-out loss, the best weights."""

from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, PyTree

from ..core import trainable
from ._flat import unflat
from ._objective import AbstractObjective
from ._source import AbstractSource
from ._spread import same_everywhere, shared_out


class Settings(NamedTuple):
    """What the compiled epoch is specialised to."""

    optimiser: optax.GradientTransformation
    monitor: str
    track_from: int
    average: float
    flat: bool


class Pace(NamedTuple):
    """What the host sets anew for each epoch, out of `Patience`; of several fits side by side, with a leading axis."""

    rate: Array
    decay: Array


class State(eqx.Module):
    """Everything that changes during a fit, on the device."""

    weights: PyTree
    optimiser: PyTree
    average: PyTree
    best: PyTree
    best_value: Array
    step: Array


def parts_of(objective: AbstractObjective) -> tuple[PyTree, PyTree]:
    """What is trained, and what stays."""
    return eqx.partition(objective, trainable(objective))


def initial_state(weights: PyTree, settings: Settings) -> State:
    """The state before the first step."""
    infinity = jnp.asarray(jnp.inf, jnp.result_type(float))
    optimiser = settings.optimiser.init(weights)
    return State(weights, optimiser, weights, weights, infinity, jnp.zeros((), jnp.int32))


def _update(state: State, gradient: PyTree, pace: Pace, settings: Settings) -> State:
    updates, optimiser = settings.optimiser.update(gradient, state.optimiser, state.weights)
    updates = jax.tree.map(lambda update, own: pace.rate * (update - pace.decay * own), updates, state.weights)
    weights = eqx.apply_updates(state.weights, updates)
    average = weights
    if settings.average > 0:
        # The average forgets its start quickly at first: decay grows from 0.1 to its final value.
        decay = jnp.minimum(settings.average, (1 + state.step) / (10 + state.step))
        average = jax.tree.map(lambda old, new: new + decay * (old - new), state.average, weights)
    return State(weights, optimiser, average, state.best, state.best_value, state.step + 1)


def _plan(source: AbstractSource, key: Array) -> tuple[PyTree, Array]:
    """The plan of an epoch and two keys for each step, all drawn at once: a generator takes long to compile."""
    keys = jax.random.split(key, 2 * source.steps + 1)
    return source.plan(keys[0]), keys[1:].reshape(source.steps, 2)


def _train(state: State, fixed: PyTree, source: AbstractSource, key: Array, pace: Pace, settings: Settings) -> Any:
    plan, keys = _plan(source, key)

    def step(state: State, own: tuple[Array, Array]) -> tuple[State, dict[str, Array]]:
        index, (for_batch, for_loss) = own
        batch = shared_out(source.batch(plan, index, for_batch))

        def loss(weights: PyTree) -> tuple[Array, dict[str, Array]]:
            objective: AbstractObjective = eqx.combine(unflat(weights), fixed)
            return objective.loss(batch, key=for_loss, step=state.step)

        (value, metrics), gradient = jax.value_and_grad(loss, has_aux=True)(state.weights)
        return _update(state, gradient, pace, settings), {"loss": value} | metrics

    state, metrics = jax.lax.scan(step, state, (jnp.arange(source.steps), keys))
    return state, {name: value.mean() for name, value in metrics.items()}


def _evaluate(weights: PyTree, fixed: PyTree, source: AbstractSource, key: Array, step: Array) -> dict[str, Array]:
    objective: AbstractObjective = eqx.combine(unflat(weights), fixed)
    plan, keys = _plan(source, key)

    def one(own: tuple[Array, Array]) -> dict[str, Array]:
        index, (for_batch, for_loss) = own
        batch = shared_out(source.batch(plan, index, for_batch))
        value, metrics = objective.loss(batch, key=for_loss, step=step)
        return {"loss": value} | metrics

    return {name: value.mean() for name, value in jax.lax.map(one, (jnp.arange(source.steps), keys)).items()}


def _keep_best(state: State, value: Array, rate: Array, settings: Settings) -> State:
    # A member of several fits side by side that is over has a rate of zero, and its best stays as it was.
    better = jnp.isfinite(value) & (value < state.best_value) & (state.step >= settings.track_from) & (rate > 0)
    best = jax.tree.map(lambda new, old: jnp.where(better, new, old), state.average, state.best)
    best_value = jnp.where(better, value, state.best_value)
    return State(state.weights, state.optimiser, state.average, best, best_value, state.step)


@eqx.filter_jit
def value_before(state: State, fixed: PyTree, held_out: AbstractSource, key: Array, settings: Settings) -> Array:
    """The monitored value before the first step."""
    return _monitored(_evaluate(state.average, fixed, held_out, key, state.step), settings)


def _monitored(held: dict[str, Array], settings: Settings) -> Array:
    if settings.monitor not in held:
        raise ValueError(f"monitor must be one of {', '.join(held)}, but {settings.monitor!r} came")
    return held[settings.monitor]


def _segment(
    state: State,
    fixed: PyTree,
    source: AbstractSource,
    held_out: AbstractSource | None,
    keys: tuple[Array, Array],
    pace: Pace,
    settings: Settings,
) -> tuple[State, dict[str, Array]]:
    """Train on one source; with `held_out`, close the epoch: evaluate and keep the best weights.

    `keys` are for training (a new one each epoch) and for the evaluation (always the same, so
    that one epoch's held-out loss compares with another's).
    """
    state, metrics = _train(state, fixed, source, keys[0], pace, settings)
    numbers = {f"train_{name}": value for name, value in metrics.items()}
    if held_out is None:
        return state, numbers
    held = _evaluate(state.average, fixed, held_out, keys[1], state.step)
    numbers |= {f"valid_{name}": value for name, value in held.items()}
    return _keep_best(state, _monitored(held, settings), pace.rate, settings), numbers


@eqx.filter_jit
def run_segment(*arguments: Any) -> tuple[State, dict[str, Array]]:
    """`_segment`, compiled; what it returns lies on every device."""
    return same_everywhere(_segment(*arguments))
