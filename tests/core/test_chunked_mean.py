"""The chunked mean: its value and gradient are those of the whole."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from suffice.core import chunked_mean
from suffice.networks import MLP

ROWS = jax.random.normal(jax.random.key(0), (12, 3))


def loss(module, row):
    return jnp.exp(module(row)[0]), {"sum": row.sum()}


@pytest.mark.parametrize("chunk", [1, 4, 5, 12, 100])
def test_value_and_gradient_are_those_of_all_rows(chunk):
    module = MLP(3, 1, width=8, key=0)

    def taken(c):
        return eqx.filter_jit(eqx.filter_value_and_grad(lambda m: chunked_mean(loss, m, ROWS, chunk=c), has_aux=True))(
            module
        )

    (value, beside), slope = taken(chunk)
    (exact, beside_exact), slope_exact = taken(None)
    assert value == pytest.approx(float(exact), rel=1e-5) and beside["sum"] == pytest.approx(
        float(beside_exact["sum"]), rel=1e-5
    )
    for a, b in zip(jax.tree.leaves(slope), jax.tree.leaves(slope_exact)):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6)


def test_members_side_by_side_have_gradients_of_their_own():
    weights = jnp.array([1.0, 2.0, 3.0])

    def mean(w):
        return chunked_mean(lambda w, x: (w**2 * x, None), w, jnp.arange(6.0), chunk=2)[0]

    np.testing.assert_allclose(jax.jit(jax.vmap(jax.grad(mean)))(weights), 2 * weights * 2.5)


def test_a_chunk_of_nothing_is_refused():
    with pytest.raises(ValueError, match="at least 1"):
        chunked_mean(loss, None, ROWS, chunk=0)
