"""What every ready process promises."""

import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from suffice.simulate.processes import AbstractProcess, registry


@pytest.fixture(params=registry.names)
def process(request) -> AbstractProcess:
    return registry.get(request.param)()


def test_one_simulation_equals_its_row_of_a_batch(process):
    theta = process.prior.sample(3, key=0)
    keys = jax.random.split(jax.random.key(1), 3)
    batch = jax.vmap(process)(keys, theta)
    one = process(keys[1], theta[1])
    jax.tree.map(lambda many, x: np.testing.assert_allclose(many[1], x, rtol=2e-3, atol=1e-5), batch, one)


def test_the_noise_follows_the_key(process):
    theta = process.prior.sample(1, key=0)[0]
    a, b, c = (process(jax.random.key(seed), theta) for seed in (0, 0, 1))
    assert all(jax.tree.leaves(jax.tree.map(np.array_equal, a, b)))
    assert not any(jax.tree.leaves(jax.tree.map(np.array_equal, a, c)))


def test_simulations_of_the_prior_are_finite_and_single_precision(process):
    theta = process.prior.sample(2000, key=2)
    x = jax.vmap(process)(jax.random.split(jax.random.key(3), 2000), theta)
    assert all(leaf.dtype == jnp.float32 and np.isfinite(leaf).all() for leaf in jax.tree.leaves(x))


def test_every_file_of_a_process_opens_with_its_formula(process):
    opening = sys.modules[type(process).__module__].__doc__
    assert opening is not None and "    " in opening and "=" in opening


def test_an_unknown_process_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match=r"brownian, .*gaussian_draws, .*lotka_volterra"):
        registry.get("quadratic")
