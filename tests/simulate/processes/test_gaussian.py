"""Gaussian draws and fields against their likelihoods and Fisher matrices."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.stats

import suffice as sf
from suffice.simulate.processes import GaussianDraws, GaussianField


def test_the_likelihood_is_that_of_independent_normal_draws():
    x = np.asarray(GaussianDraws(7)(jax.random.key(0), jnp.array([1.0, 2.0])))
    theta = np.array([[1.0, 2.0], [-3.0, 0.5], [0.0, 0.0]])
    found = GaussianDraws(7).log_likelihood(theta, x)
    exact = [scipy.stats.norm(m, np.sqrt(v)).logpdf(x).sum() for m, v in theta[:2]]
    np.testing.assert_allclose(found[:2], exact, rtol=1e-6)
    assert np.isneginf(found[2])


def test_the_fisher_matrix_is_the_curvature_of_the_likelihood():
    """Mean over data of the score's outer product, at a point where nothing is one."""
    process, theta = GaussianDraws(10), jnp.array([0.5, 2.0])
    x = jax.vmap(process, (0, None))(jax.random.split(jax.random.key(1), 40_000), theta)

    def log_likelihood(theta, x):
        return jax.scipy.stats.norm.logpdf(x, theta[0], jnp.sqrt(theta[1])).sum()

    score = np.asarray(jax.vmap(jax.grad(log_likelihood), (None, 0))(theta, x))
    np.testing.assert_allclose(np.cov(score, rowvar=False), process.exact_fisher(theta), rtol=0.03, atol=0.05)


def test_a_field_has_its_power_spectrum():
    process, theta = GaussianField(16), jnp.array([2.0, 1.0])
    x = jax.vmap(process, (0, None))(jax.random.split(jax.random.key(0), 20_000), theta)
    power = np.asarray((jnp.abs(jnp.fft.fft2(x)) ** 2).mean(axis=0)) / 256
    k = np.fft.fftfreq(16) * 16
    k = np.sqrt(k[:, None] ** 2 + k**2)
    np.testing.assert_allclose(power[k > 0], 2 / k[k > 0], rtol=0.06)
    assert power[0, 0] < 1e-8


def test_the_power_in_shells_holds_nearly_all_information_of_a_field():
    process, theta = GaussianField(16), {"A": 1.0, "B": 0.5}
    found = sf.fisher_matrix(process.power, sf.Tangents.simulated(process, theta, 20_000), key=0)
    exact = process.exact_fisher(np.array([1.0, 0.5]))
    assert found.det == pytest.approx(np.linalg.det(exact), rel=0.12)
    assert found.det < 1.02 * np.linalg.det(exact)


def test_the_exact_posterior_of_draws_is_that_of_a_grid():
    process = GaussianDraws(10)
    theta = np.array([[9.9, 3.0], [-6.0, 0.3], [2.0, 9.0]])
    keys = jax.random.split(jax.random.key(1), len(theta))
    x = np.asarray(jax.vmap(process)(keys, jnp.asarray(theta)), np.float64)
    mean, variance = np.linspace(-10, 10, 1601), np.linspace(0.003, 10, 1500)
    points = np.stack(np.meshgrid(mean, variance, indexing="ij"), axis=-1)
    for found, truth, one in zip(process.exact_log_ratio(theta, x), theta, x):
        log = process.log_likelihood(points.reshape(-1, 2), one).reshape(points.shape[:2])
        density = np.exp(log - log.max())
        of_mean, of_variance = np.trapezoid(density, variance, axis=1), np.trapezoid(density, mean, axis=0)
        total = np.trapezoid(of_mean, mean)
        at = np.exp(process.log_likelihood(truth[None], one)[0] - log.max())
        ratios = [np.interp(truth[0], mean, of_mean) * 20, np.interp(truth[1], variance, of_variance) * 10, at * 200]
        np.testing.assert_allclose(found, np.log(np.array(ratios) / total), atol=0.01)
    with pytest.raises(ValueError, match="at least 3 draws"):
        GaussianDraws(2).exact_log_ratio(theta, x[:, :2])
