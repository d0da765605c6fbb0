"""Formulas from densities on the bivariate normal with its exact conditional, and a mixture that must learn one."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.stats import norm

from suffice.bounds import barber_agakov, ClassCritic, club, difference_of_entropies, FlowCritic, leave_one_out
from suffice.networks import ConditionalFlow, ConditionalMixture, DiscriminantCritic, Stack

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


@pytest.mark.parametrize("kind", ["autoregressive", "coupling"])
def test_a_flow_is_a_density(kind):
    flow = ConditionalFlow(1, 2, kind=kind, layers=2, width=8, key=3)
    flow = jax.tree.map(lambda w: 3 * w + 0.1, flow)  # far from the identity
    grid = jnp.linspace(-15, 15, 401)
    points = jnp.stack(jnp.meshgrid(grid, grid), axis=-1).reshape(-1, 2)
    log = jax.jit(jax.vmap(lambda y: flow.log_prob(y, jnp.array([0.3]))))(points)
    assert float(jnp.exp(log).sum() * 0.075**2) == pytest.approx(1, abs=5e-3)
    draws = jax.jit(jax.vmap(lambda k: flow.sample(jnp.array([0.3]), key=k)))(jax.random.split(jax.random.key(0), 4000))
    mean = (jnp.exp(log)[:, None] * points).sum(axis=0) * 0.075**2
    np.testing.assert_allclose(draws.mean(axis=0), mean, atol=5 * float(draws.std()) / np.sqrt(4000))


def test_flows_of_one_size_have_one_structure():
    one, other = (ConditionalFlow(2, 1, layers=1, width=4, key=k) for k in (0, 1))
    assert jax.tree.structure(one) == jax.tree.structure(other)
    assert any(not np.array_equal(a, b) for a, b in zip(one.weights, other.weights))
    with pytest.raises(ValueError, match="conditioned on 2 numbers, but 3 came"):
        one.log_prob(jnp.ones(1), jnp.ones(3))
    with pytest.raises(ValueError, match="kind must be"):
        ConditionalFlow(2, 1, kind="planar", key=0)  # pyright: ignore[reportArgumentType]
    with pytest.raises(ValueError, match="n_y must be a whole number of at least 1"):
        ConditionalFlow(2, 0, key=0)


def test_a_flow_starts_as_the_log_ratio_of_normal_variables():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(N, 1))
    y = RHO * x + np.sqrt(1 - RHO**2) * rng.normal(size=(N, 1))
    flow = ConditionalFlow(2, 1, layers=1, width=4, key=0)
    critic = FlowCritic.of(x, y, jax.tree.map(jnp.zeros_like, flow))
    log_ratio = jax.jit(jax.vmap(critic))(jnp.asarray(x, float), jnp.asarray(y, float))
    assert float(log_ratio.mean()) == pytest.approx(TRUTH, abs=0.04)
    given, alone = jax.jit(jax.vmap(critic.log_probs))(jnp.asarray(x, float), jnp.asarray(y, float))
    np.testing.assert_allclose(given - alone, log_ratio, atol=1e-5)
    np.testing.assert_allclose(alone, norm.logpdf(y[:, 0]), atol=0.1)


def test_draws_of_a_mixture_are_of_its_density():
    density = ConditionalMixture(1, 2, components=3, key=0)
    x = jnp.array([0.3])
    draws = jax.jit(jax.vmap(lambda key: density.sample(x, key=key)))(jax.random.split(jax.random.key(0), 20_000))
    log_weights, means, lower = density.parameters(x)
    weights = jax.nn.softmax(log_weights - jnp.log(jnp.diagonal(lower, axis1=1, axis2=2)).sum(axis=1))
    np.testing.assert_allclose(draws.mean(axis=0), weights @ means, atol=0.05)
    spread = jnp.linalg.inv(jnp.einsum("cij,ckj->cik", lower, lower))
    second = jnp.einsum("c,cij->ij", weights, spread + means[:, :, None] * means[:, None])
    np.testing.assert_allclose(draws.T @ draws / 20_000, second, atol=0.1)


def test_classes_have_their_frequencies():
    y = np.eye(3)[[0, 0, 1, 2, 2, 2, 2]]
    critic = ClassCritic.of(y, Stack(1, 3, width=4, depth=1, key=jax.random.key(0)))
    assert float(critic.marginal(jnp.array([0.0, 0.0, 1.0]))) == pytest.approx(np.log(5 / 10))
    total = sum(jnp.exp(critic.conditional(critic.left(jnp.ones(1)), jnp.eye(3)[c])) for c in range(3))
    assert float(total) == pytest.approx(1)


def test_the_discriminant_of_two_normal_classes():
    rng = np.random.default_rng(0)
    c = (rng.uniform(size=8000) < 0.3).astype(int)
    x = rng.normal(size=(8000, 1)) + 2 * c[:, None]
    critic = DiscriminantCritic(x, np.eye(2)[c])
    t = jnp.linspace(-1.5, 3.5, 25)
    known = norm.logpdf(t[:, None], [0.0, 2.0]) - np.log(0.7 * norm.pdf(t) + 0.3 * norm.pdf(t - 2))[:, None]
    found = jax.jit(jax.vmap(lambda one: jax.vmap(lambda k: critic(one[None], k))(jnp.eye(2))))(t)
    np.testing.assert_allclose(found, known, atol=0.15)


def test_a_class_that_no_training_row_has_is_improbable_and_finite():
    critic = DiscriminantCritic(np.random.default_rng(0).normal(size=(50, 2)), np.eye(3)[np.arange(50) % 2])
    assert np.isfinite(critic(jnp.ones(2), jnp.array([0.0, 0.0, 1.0])))
