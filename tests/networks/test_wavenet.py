"""The causal network: what it sees, and that drawing step by step is the same as all at once."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from suffice.networks import WaveNet


def network(**options):
    made = WaveNet(2, 3, 4, width=5, skips=6, key=0, **options)
    return jax.tree.map(lambda w: w + 0.3 * jax.random.normal(jax.random.key(w.size), w.shape), made)


@pytest.mark.parametrize(("options", "field"), [({}, 32), ({"dilations": (1, 2), "stacks": 2, "kernel": 2}, 8)])
def test_it_sees_its_receptive_field_and_nothing_of_the_present(options, field):
    made = network(**options)
    assert made.receptive_field == field
    x, c = jax.random.normal(jax.random.key(1), (60, 2)), jnp.ones((60, 4))
    slope = jax.jit(jax.jacobian(lambda x: made(x, c)[50]))(x)
    seen = np.flatnonzero(np.abs(slope).sum(axis=(0, 2)))
    assert seen.min() == 50 - field and seen.max() == 49


def test_the_condition_of_a_step_is_its_own():
    made = network()
    x, c = jax.random.normal(jax.random.key(1), (40, 2)), jax.random.normal(jax.random.key(2), (40, 4))
    slope = np.abs(jax.jit(jax.jacobian(lambda c: made(x, c)[20]))(c)).sum(axis=(0, 2))
    assert slope[20] > 0 and (slope[21:] == 0).all()


@pytest.mark.parametrize("options", [{}, {"dilations": (1, 3), "stacks": 2, "kernel": 2}, {"kernel": 1}])
def test_step_by_step_is_as_all_at_once(options):
    made = network(**options)
    x, c = jax.random.normal(jax.random.key(1), (45, 2)), jax.random.normal(jax.random.key(2), (45, 4))
    whole = made(x, c)

    def step(cache, now):
        cache, out = made.predict(cache, now[1])
        return made.observe(cache, now[0]), out

    _, each = jax.lax.scan(step, made.fresh_cache(), (x, c))
    np.testing.assert_allclose(each, whole, rtol=1e-5, atol=2e-5)


def test_sizes_of_nothing_are_refused():
    with pytest.raises(ValueError, match="at least 1"):
        WaveNet(1, 2, 0, key=0)
