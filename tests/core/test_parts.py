"""Keys, frozen leaves, the chunked map, the registry."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from suffice.core import as_key, chunked_map, Estimate, Frozen, Registry, trainable


def test_all_forms_of_a_key_agree():
    wanted = jax.random.key_data(jax.random.key(7))
    for key in (7, np.int64(7), jax.random.key(7), jax.random.PRNGKey(7), jnp.asarray(7)):
        np.testing.assert_array_equal(jax.random.key_data(as_key(key)), wanted)
    for bad in (True, 1.5, "a", None):
        with pytest.raises(TypeError):
            as_key(bad)


def test_frozen_leaves_are_not_trained_and_get_no_gradient():
    model = {"w": jnp.ones(2), "f": Frozen(jnp.ones(2)), "n": 3, "i": jnp.arange(2)}
    weights, rest = eqx.partition(model, trainable(model))
    assert [leaf.tolist() for leaf in jax.tree.leaves(weights)] == [[1.0, 1.0]]
    assert len(jax.tree.leaves(rest)) == 3
    gradient = eqx.filter_grad(lambda m: (m["w"] * m["f"].value).sum())(model)
    assert gradient["f"]._value.tolist() == [0.0, 0.0]


def test_chunked_map_has_the_gradient_of_vmap():
    xs = jnp.linspace(0, 1, 13).reshape(13, 1)

    def loss(w, chunk):
        return chunked_map(lambda x: jnp.tanh(w * x).sum(), xs, chunk=chunk).sum()

    whole = jax.value_and_grad(loss)(1.3, None)
    for chunk in (1, 4, 13, 50):
        np.testing.assert_allclose(jax.value_and_grad(loss)(1.3, chunk), whole, rtol=1e-6)
    with pytest.raises(ValueError, match="chunk"):
        loss(1.0, 0)


def test_registry_lists_what_it_knows():
    registry = Registry("thing")
    registry.register("a")(int)
    assert registry.get("a") is int
    with pytest.raises(ValueError, match="known: a"):
        registry.get("b")
    with pytest.raises(ValueError, match="exists already"):
        registry.register("a")(float)


def test_an_estimate_covers_its_interval():
    estimate = Estimate(1.0, 0.8, 1.2)
    assert estimate.covers(0.9)
    assert not estimate.covers(1.3)
    assert not estimate.covers(float("nan"))
