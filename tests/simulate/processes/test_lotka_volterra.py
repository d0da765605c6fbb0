"""The ODE against scipy's integrator, the likelihood against scipy's log-normal."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.stats import lognorm, truncnorm

from suffice.simulate.processes import LotkaVolterra

PROCESS = LotkaVolterra()
PELTS = np.array([0.545, 0.0277, 0.803, 0.0242, 33.9, 5.95, 0.25, 0.25])


def by_scipy(theta: np.ndarray, years: int = 21) -> np.ndarray:
    """(hare, lynx) each year, from the equations in the populations themselves."""
    alpha, beta, gamma, delta = theta[:4]

    def slope(t, z):
        return [(alpha - beta * z[1]) * z[0], (-gamma + delta * z[0]) * z[1]]

    t = np.arange(years, dtype=float)
    return solve_ivp(slope, (0, t[-1]), theta[4:6], t_eval=t, rtol=1e-9, atol=1e-11, method="DOP853").y.T


def test_trajectory_matches_scipy_for_the_pelts():
    np.testing.assert_allclose(PROCESS.trajectory(jnp.asarray(PELTS, jnp.float32)), by_scipy(PELTS), rtol=1e-3)


def test_trajectory_matches_scipy_across_the_prior():
    theta = np.asarray(PROCESS.prior.sample(40, key=0))
    found = np.asarray(jax.vmap(PROCESS.log_trajectory)(theta))
    expected = np.log([by_scipy(row.astype(float)) for row in theta])
    error = np.abs(found - expected).max(axis=(1, 2))
    # A few draws swing by many powers of ten and amplify the rounding of float32.
    assert np.quantile(error, 0.8) < 0.01 and error.max() < 0.5


def test_runge_kutta_is_of_fourth_order():
    with jax.enable_x64(True):
        two, four = (LotkaVolterra(steps=steps).trajectory(jnp.asarray(PELTS)) for steps in (2, 4))
    error = [np.abs(np.asarray(found) - by_scipy(PELTS)).max() for found in (two, four)]
    assert 10 < error[0] / error[1] < 40


def test_log_likelihood_is_that_of_scipys_log_normal():
    x = np.asarray(PROCESS(jax.random.key(0), jnp.asarray(PELTS, jnp.float32)))
    expected = lognorm.logpdf(x, s=PELTS[6:], scale=by_scipy(PELTS)).sum()
    found = PROCESS.log_likelihood(jnp.asarray(PELTS, jnp.float32), jnp.asarray(x))
    np.testing.assert_allclose(found, expected, rtol=1e-3)


def test_noise_is_log_normal_with_its_own_spread_for_each_population():
    theta = jnp.asarray([0.545, 0.0277, 0.803, 0.0242, 33.9, 5.95, 0.1, 0.4])
    x = jax.vmap(PROCESS, (0, None))(jax.random.split(jax.random.key(0), 2000), theta)
    residual = np.log(x) - np.asarray(PROCESS.log_trajectory(theta))
    np.testing.assert_allclose(residual.std((0, 1)), [0.1, 0.4], rtol=0.02)
    np.testing.assert_allclose(residual.mean((0, 1)), 0, atol=0.01)


def test_the_first_row_is_the_initial_state_and_hare_is_first():
    theta = jnp.asarray(PELTS, jnp.float32)
    np.testing.assert_allclose(PROCESS.trajectory(theta)[0], PELTS[4:6], rtol=1e-5)
    no_lynx = theta.at[5].set(1e-20)
    growth = np.diff(np.log(np.asarray(PROCESS.trajectory(no_lynx))[:5, 0]))
    np.testing.assert_allclose(growth, PELTS[0], rtol=1e-4)


def test_the_gradient_of_the_likelihood_is_finite_and_right():
    theta, x = jnp.asarray(PELTS, jnp.float32), jnp.asarray(by_scipy(PELTS), jnp.float32)
    shifted = theta * 1.05
    log_likelihood = jax.jit(PROCESS.log_likelihood)
    gradient = np.asarray(jax.jit(jax.grad(PROCESS.log_likelihood))(shifted, x))
    for i in range(8):
        step = 0.01 * PELTS[i]
        up, down = (log_likelihood(shifted.at[i].add(s), x) for s in (step, -step))
        np.testing.assert_allclose(gradient[i], (up - down) / (2 * step), rtol=0.03, atol=0.05 / PELTS[i])


@pytest.mark.parametrize("extreme", [[5.0, 1e-6, 5.0, 1.0, 1e4, 1e4], [4.0, 0.5, 1e-3, 0.5, 3e3, 1e-3]])
def test_extreme_parameters_stay_finite(extreme):
    x = PROCESS(jax.random.key(0), jnp.asarray([*extreme, 10.0, 10.0]))
    assert np.isfinite(x).all() and (x > 0).all()


def test_prior_is_that_of_the_case_study():
    prior = PROCESS.prior
    assert prior.names == ("alpha", "beta", "gamma", "delta", "z0[0]", "z0[1]", "sigma[0]", "sigma[1]")
    theta = np.array([0.7, 0.03, 1.2, 0.06, 30.0, 5.0, 0.2, 0.4])
    rates = truncnorm.logpdf(theta[:4], -np.array([2, 1, 2, 1]), np.inf, [1, 0.05, 1, 0.05], [0.5, 0.05, 0.5, 0.05])
    starts = lognorm.logpdf(theta[4:6], s=1, scale=10)
    spreads = lognorm.logpdf(theta[6:], s=1, scale=np.exp(-1))
    expected = rates.sum() + starts.sum() + spreads.sum()
    np.testing.assert_allclose(prior.log_prob(theta[None])[0], expected, rtol=1e-5)


@pytest.mark.parametrize("wrong", [{"years": 0}, {"steps": 0}])
def test_impossible_settings_are_refused(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        LotkaVolterra(**wrong)
