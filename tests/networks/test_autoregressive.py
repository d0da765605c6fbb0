"""The inverse, number by number, against flowjax's, which runs the whole network for each."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import paramax
import pytest
from flowjax.bijections import Affine, Chain, MaskedAutoregressive, RationalQuadraticSpline
from flowjax.distributions import StandardNormal
from flowjax.flows import masked_autoregressive_flow

from suffice.networks._autoregressive import autoregressive_flow, OneByOne

SIZES = {"nn_width": 16, "nn_depth": 2, "nn_activation": jax.nn.silu}


def transformer():
    return Chain([Affine(), RationalQuadraticSpline(knots=4, interval=4)])


@pytest.mark.parametrize("dim, cond_dim", [(1, 2), (2, None), (5, 3)])
def test_the_inverse_is_that_of_the_whole_network(dim, cond_dim):
    layer = OneByOne(jax.random.key(0), transformer=transformer(), dim=dim, cond_dim=cond_dim, **SIZES)
    bare = paramax.unwrap(layer)
    condition = jnp.linspace(-1, 1, cond_dim) if cond_dim else None
    noise = jax.random.normal(jax.random.key(1), (64, dim))
    found, log_det = jax.jit(jax.vmap(lambda y: layer.inverse_and_log_det(y, condition)))(noise)
    expected, expected_log_det = jax.jit(
        jax.vmap(lambda y: MaskedAutoregressive.inverse_and_log_det(bare, y, condition))
    )(noise)
    np.testing.assert_allclose(found, expected, atol=1e-5)
    np.testing.assert_allclose(log_det, expected_log_det, atol=1e-4)
    assert np.abs(found - noise).max() > 0.1  # it is not the identity


@pytest.mark.parametrize("dim, cond_dim", [(1, 2), (2, None), (5, 3)])
def test_weights_and_orders_are_those_of_flowjax(dim, cond_dim):
    """Else models saved with flowjax's layers would mean something else."""
    sizes = {"base_dist": StandardNormal((dim,)), "transformer": transformer(), "cond_dim": cond_dim, **SIZES}
    ours = autoregressive_flow(jax.random.key(2), flow_layers=3, **sizes)
    theirs = masked_autoregressive_flow(jax.random.key(2), flow_layers=3, **sizes)
    pairs = list(zip(*(jax.tree.leaves(eqx.filter(flow, eqx.is_array)) for flow in (ours, theirs)), strict=True))
    assert pairs
    for one, other in pairs:
        np.testing.assert_array_equal(one, other)


def test_a_step_costs_the_same_whatever_the_dimension():
    """Of the loop over the numbers the compiler counts one step; flowjax's at 64 is three times that at 16."""

    def operations(dim: int) -> float:
        layer = OneByOne(jax.random.key(0), transformer=Affine(), dim=dim, **SIZES)
        return jax.jit(jax.vmap(layer.inverse)).lower(jnp.zeros((8, dim))).compile().cost_analysis()["flops"]

    assert operations(64) < 1.2 * operations(16)
