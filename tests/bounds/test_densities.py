"""Formulas from densities on the bivariate normal with its exact conditional, and a mixture that must learn one."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.stats import norm

from suffice.bounds import barber_agakov, club, difference_of_entropies, Generative, leave_one_out
from suffice.bounds._generative import DensityCritic
from suffice.networks import ConditionalMixture

RHO = 0.9
TRUTH = -0.5 * np.log(1 - RHO**2)
N = 4000


@pytest.fixture(scope="module")
def exact():
    """log p(y_j | x_i) of all pairs; the columns of a matrix are y."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=N)
    y = RHO * x + np.sqrt(1 - RHO**2) * rng.normal(size=N)
    every = norm.logpdf(y[None], RHO * x[:, None], np.sqrt(1 - RHO**2))
    away = ~np.eye(N, dtype=bool)
    product = every[away].reshape(N, N - 1).T  # of x_i with all other y
    column = every.T[away].reshape(N, N - 1).T  # of y_i with all other x
    return np.diag(every), product, column, norm.logpdf(y)


def test_barber_agakov_with_the_known_entropy(exact):
    assert barber_agakov(exact[0], 0.5 * np.log(2 * np.pi * np.e)).mean() == pytest.approx(TRUTH, abs=0.04)


def test_difference_of_entropies(exact):
    assert difference_of_entropies(exact[0], exact[3]).mean() == pytest.approx(TRUTH, abs=0.04)


def test_club_of_the_exact_density_is_larger_by_a_known_amount(exact):
    terms = club(*exact[:3])
    assert terms.mean() == pytest.approx(RHO**2 / (1 - RHO**2), rel=0.05)
    assert terms.mean() == pytest.approx(exact[0].mean() - exact[1].mean())


def test_leave_one_out_takes_its_mean_over_x(exact):
    right, wrong = leave_one_out(exact[0], exact[2]).mean(), leave_one_out(exact[0], exact[1]).mean()
    assert right == pytest.approx(TRUTH, abs=0.04)
    assert wrong < right - 0.03  # log of the mean over y: another number, and smaller


def test_a_mixture_is_a_density():
    density = ConditionalMixture(1, 2, components=3, key=0)
    grid = jnp.linspace(-12, 12, 241)
    points = jnp.stack(jnp.meshgrid(grid, grid), axis=-1).reshape(-1, 2)
    log = jax.jit(jax.vmap(lambda y: density.log_prob(y, jnp.array([0.3]))))(points)
    assert float(jnp.exp(log).sum() * 0.1**2) == pytest.approx(1, abs=1e-3)


def test_diagonal_where_columns_are_many():
    density = ConditionalMixture(0, 9, components=2, key=0)
    assert np.isfinite(density.log_prob(jnp.ones(9)))
    with pytest.raises(ValueError, match="components"):
        ConditionalMixture(1, 1, components=0, key=0)


def test_a_generative_objective_needs_both_densities():
    objective = Generative(DensityCritic(ConditionalMixture(1, 1, key=0), None))
    with pytest.raises(ValueError, match="marginal"):
        objective.loss({"x": jnp.ones((3, 1)), "y": jnp.ones((3, 1))}, key=jax.random.key(0), step=jnp.zeros((), int))
