"""The processes of the sbibm benchmark: their densities integrate, and exact draws follow them."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from suffice.simulate.processes import NormalMean, PredatorPrey, SIR, SLCP, SpikeTrain, TwoMoons, TwoSpreads


def grid_mean(process, x, low, high, cells=400):
    """Posterior mean of θ and of its squares, on a grid of two parameters."""
    axes = [np.linspace(a, b, cells) for a, b in zip(low, high)]
    theta = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 2)
    log = np.asarray(jax.jit(jax.vmap(lambda t: process.log_likelihood(t, jnp.asarray(x, float))))(theta))
    weight = np.exp(log - log.max()) / np.exp(log - log.max()).sum()
    return weight @ theta, np.sqrt(weight @ theta**2)


@pytest.mark.parametrize(
    ("process", "x", "reach"),
    [(TwoMoons(), [0.1, -0.2], 1.0), (TwoMoons(), [-0.75, 0.3], 1.0), (TwoSpreads(), [9.5, -3.0], 10.0)],
)
def test_exact_draws_follow_the_likelihood(process, x, reach):
    draws = process.exact_sample(np.array(x), 40_000, key=0)
    assert (np.abs(draws) <= reach).all()
    mean, size = grid_mean(process, x, [-reach] * 2, [reach] * 2, cells=1000)
    np.testing.assert_allclose(draws.mean(axis=0), mean, atol=0.02 * size.max())
    np.testing.assert_allclose(np.sqrt((draws**2).mean(axis=0)), size, rtol=0.02)


def test_two_moons_has_a_normalised_likelihood():
    process, theta = TwoMoons(), jnp.array([0.3, -0.5])
    points = jnp.stack(jnp.meshgrid(jnp.linspace(-0.3, 0.5, 900), jnp.linspace(-0.8, -0.3, 900)), axis=-1)
    x = points.reshape(-1, 2)
    density = jnp.exp(jax.vmap(lambda one: process.log_likelihood(theta, one))(x))
    assert float(density.mean() * 0.8 * 0.5) == pytest.approx(1, abs=0.01)


def test_a_normal_mean_is_known_exactly():
    x = np.linspace(-1.2, 1.2, 10)
    draws = NormalMean().exact_sample(x, 40_000, key=0)
    np.testing.assert_allclose(draws.mean(axis=0), x / 2, atol=5 * np.sqrt(0.05 / 40_000))
    np.testing.assert_allclose(draws.var(axis=0), 0.05, rtol=0.05)
    draws = NormalMean(uniform=True).exact_sample(x, 40_000, key=0)
    spread = np.sqrt(0.1)
    exact = [stats.truncnorm((-1 - m) / spread, (1 - m) / spread, m, spread) for m in x]
    assert min(stats.kstest(column, one.cdf).pvalue for column, one in zip(draws.T, exact)) > 1e-4


def test_slcp_is_four_normal_points_and_does_not_know_signs():
    process, theta = SLCP(), jnp.array([0.7, -2.0, -1.1, 1.4, 0.6])
    x = np.asarray(jax.vmap(process, (0, None))(jax.random.split(jax.random.key(0), 20_000), theta), np.float64)
    points = x.reshape(-1, 2)
    rho = np.tanh(0.6) * 1.21 * 1.96
    np.testing.assert_allclose(np.cov(points.T), [[1.21**2, rho], [rho, 1.96**2]], rtol=0.03)
    covariance = [[1.21**2 + 1e-6, rho], [rho, 1.96**2 + 1e-6]]
    expected = stats.multivariate_normal([0.7, -2.0], covariance).logpdf(points[:4]).sum()
    assert float(process.log_likelihood(theta, x[0])) == pytest.approx(expected, rel=1e-3)
    assert float(process.log_likelihood(theta.at[2].multiply(-1), x[0])) == pytest.approx(expected, rel=1e-3)


def test_distractors_say_nothing():
    key, theta = jax.random.key(4), jnp.array([0.7, -2.0, -1.1, 1.4, 0.6])
    whole = SLCP(distractors=True)
    x = whole(key, theta)
    assert x.shape == (100,)
    points = SLCP()(key, theta)  # the same key draws the same points
    assert float(whole.log_likelihood(theta, x)) == pytest.approx(float(SLCP().log_likelihood(theta, points)), rel=1e-5)


def test_ten_numbers_suffice_for_a_spike_train():
    raw, told = SpikeTrain(raw=True), SpikeTrain()
    theta = raw.prior.sample(4, key=0)
    spikes = raw(jax.random.key(1), theta[0])
    assert set(np.unique(spikes)) <= {0.0, 1.0}
    np.testing.assert_allclose(told(jax.random.key(1), theta[0]), spikes @ raw.design(), rtol=1e-4, atol=1e-4)
    both = [[float(p.log_likelihood(t, x)) for t in theta] for p, x in ((raw, spikes), (told, spikes @ raw.design()))]
    np.testing.assert_allclose(both[0], both[1], rtol=1e-4, atol=1e-3)
    share = jax.nn.sigmoid(raw.design() @ np.asarray(theta[0]))
    np.testing.assert_allclose(both[0][0], np.log(np.where(spikes > 0, share, 1 - share)).sum(), rtol=1e-3)


def test_an_epidemic_and_populations_follow_their_equations():
    from scipy.integrate import solve_ivp

    sir = solve_ivp(
        lambda _, y: [-0.5 * y[0] * y[1], 0.5 * y[0] * y[1] - 0.1 * y[1]],
        (0, 153),
        [1 - 1e-6, 1e-6],
        t_eval=17.0 * np.arange(10),
        rtol=1e-10,
        atol=1e-14,
    )
    np.testing.assert_allclose(SIR().infected(jnp.array([0.5, 0.1])), sir.y[1], rtol=2e-3)
    rates = np.array([0.9, 0.05, 0.8, 0.04])
    prey = solve_ivp(
        lambda _, y: [(rates[0] - rates[1] * y[1]) * y[0], (-rates[2] + rates[3] * y[0]) * y[1]],
        (0, 19),
        [30.0, 1.0],
        t_eval=2.1 * np.arange(10),
        rtol=1e-10,
    )
    np.testing.assert_allclose(PredatorPrey().log_populations(jnp.asarray(rates)), np.log(prey.y).ravel(), atol=5e-3)
