"""Networks: shapes, statistics from training data, the linear start against least squares."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from suffice.core import trainable
from suffice.networks import Linear, LinearStart, MLP, Standardise, start_from_data


@pytest.fixture(scope="module")
def regression():
    rng = np.random.default_rng(0)
    theta = rng.normal(size=(3000, 2)) * [1.0, 5.0] + [0.0, 3.0]
    design = rng.normal(size=(2, 6))
    return theta, theta @ design + 0.5 * rng.normal(size=(3000, 6)) + 2.0


def started(network, x, theta=None):
    return start_from_data(network, lambda f, x: f(x), x, theta)


def test_standardise_uses_training_statistics_and_is_frozen(regression):
    _, x = regression
    layer = started(Standardise((6,)), x)
    out = jax.jit(jax.vmap(layer))(x)
    np.testing.assert_allclose(out.mean(axis=0), 0, atol=1e-4)
    np.testing.assert_allclose(out.std(axis=0), 1, atol=1e-4)
    assert not any(jax.tree.leaves(trainable(layer)))


def test_constant_and_integer_columns_stay_finite():
    x = np.column_stack([np.full(50, 7), np.arange(50)])
    out = jax.jit(jax.vmap(started(Standardise((2,)), x)))(x)
    assert np.isfinite(out).all()
    assert np.abs(out[:, 0]).max() == 0


@pytest.mark.parametrize("network", [Linear, MLP])
def test_the_start_is_the_least_squares_line(regression, network):
    theta, x = regression
    s = np.asarray(jax.jit(jax.vmap(started(network(6, 2, key=0), x, theta)))(x))
    design = np.column_stack([x, np.ones(len(x))])
    line = design @ np.linalg.lstsq(design, theta, rcond=None)[0]
    np.testing.assert_allclose(s * theta.std(axis=0) + theta.mean(axis=0), line, atol=0.02)


def test_fewer_outputs_keep_the_best_direction(regression):
    theta, x = regression
    s = np.asarray(jax.jit(jax.vmap(started(Linear(6, 1, key=0), x, theta)))(x))[:, 0]
    both = np.asarray(jax.jit(jax.vmap(started(Linear(6, 2, key=0), x, theta)))(x))
    best = max(abs(np.corrcoef(both[:, i], theta[:, i])[0, 1]) for i in range(2))
    explained = max(
        abs(np.corrcoef(s, theta @ np.array([np.cos(a), np.sin(a)]))[0, 1]) for a in np.linspace(0, np.pi, 400)
    )
    assert explained > best - 0.01


def test_more_outputs_than_parameters(regression):
    theta, x = regression
    assert jax.jit(jax.vmap(started(MLP(6, 5, key=0), x, theta)))(x).shape == (3000, 5)


def test_parts_are_started_inside_a_larger_module(regression):
    theta, x = regression

    class Mine(eqx.Module):
        inner: MLP
        scale: jax.Array

        def __call__(self, x):
            return self.inner(self.scale * x[:3])

    mine = started(Mine(MLP(3, 2, key=0), jnp.asarray(10.0)), x, theta)
    assert mine.inner.standardise.fitted
    np.testing.assert_allclose(mine.inner.standardise.mean.value, 10 * x[:, :3].mean(axis=0), rtol=1e-3)


def test_a_function_has_nothing_to_start(regression):
    theta, x = regression
    assert started(jnp.mean, x, theta) is jnp.mean


def test_many_inputs_and_few_rows_do_not_overfit():
    rng = np.random.default_rng(1)
    theta = rng.normal(size=(60, 1))
    x = rng.normal(size=(60, 300))
    line = started(LinearStart(300, 1, key=jax.random.key(0)), x, theta)
    fresh = np.asarray(jax.jit(jax.vmap(line))(rng.normal(size=(500, 300))))
    assert fresh.std() < 0.5


@pytest.mark.parametrize("network", [Linear, MLP])
def test_another_size_of_the_data_is_told_of(network):
    with pytest.raises(ValueError, match="built for 7 numbers, but one example holds 3; build it with n_in=3"):
        network(7, 1, key=0)({"a": jnp.ones(2), "b": jnp.ones(1)})
