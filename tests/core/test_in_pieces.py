"""Rows in pieces of two lengths: the numbers of the whole, and no program for every number of rows."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import numpyro.distributions as dist
import pytest

import suffice as sf
from suffice.core import compiled_rows, in_pieces

ROWS = np.arange(400.0).reshape(100, 4)


@pytest.mark.parametrize("n", [1, 2, 3, 31, 32, 33, 64, 100])
def test_pieces_are_the_whole_and_two_lengths_come(n):
    lengths = set()

    def some(rows):
        lengths.add(len(rows))
        return {"sum": jnp.asarray(ROWS[rows]).sum(axis=1), "row": jnp.asarray(rows)}

    found = in_pieces(some, n, most=32)
    np.testing.assert_array_equal(found["sum"], ROWS[:n].sum(axis=1))
    np.testing.assert_array_equal(found["row"], np.arange(n))
    assert lengths == {2 if n <= 32 else 32}


def test_other_numbers_of_rows_are_traced_no_more():
    traces = []

    @eqx.filter_jit
    def double(x):
        traces.append(x.shape)
        return 2 * x

    for n in (1, 5, 100, 256, 257, 1000, 4096, 5000):
        in_pieces(lambda rows: double(jnp.asarray(rows)), n)
    assert traces == [(256,), (4096,)]


def test_a_prior_of_another_number_of_rows_compiles_nothing(compilations):
    prior = sf.Prior(a=dist.Normal(0, 1), b=dist.Uniform(0, 2))

    def ask(n):
        theta = np.asarray([[0.5, 1.5]] * n)
        u = prior.to_unconstrained(theta)
        np.testing.assert_allclose(prior.from_unconstrained(u), theta, rtol=1e-5)
        np.testing.assert_allclose(prior.log_prob(theta), -0.5 * np.log(2 * np.pi) - 0.125 - np.log(2), rtol=1e-5)
        assert prior.contains(theta).shape == prior.log_prob_unconstrained(u).shape == (n,)

    ask(300)
    ask(5000)
    before = len(compilations)
    assert before  # so the listener hears
    for n in (299, 301, 1001, 9000):
        ask(n)
    assert len(compilations) == before


def test_inside_of_a_program_a_prior_is_part_of_it():
    prior = sf.Prior(a=dist.Normal(0, 1), b=dist.Uniform(0, 2))
    gradient = jax.jit(jax.grad(lambda theta: prior.log_prob(theta[None])[0]))
    np.testing.assert_allclose(gradient(jnp.array([0.5, 1.0])), [-0.5, 0.0], atol=1e-6)
    assert prior.log_prob(np.zeros((0, 2))).shape == (0,)


def test_a_summary_of_other_numbers_of_rows_compiles_nothing(compilations):
    network = sf.networks.MLP(4, 2, width=8, key=0)
    known = np.asarray(jax.vmap(network)(jnp.asarray(ROWS, float)))
    compiled_rows(network, ROWS[:20])
    before = len(compilations)
    for n in (17, 30, 100):
        np.testing.assert_allclose(compiled_rows(network, ROWS[:n]), known[:n], rtol=1e-4, atol=1e-4)
    assert len(compilations) == before
