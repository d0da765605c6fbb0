"""The normal posterior of a learned summary, against normal posteriors that are known."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import numpyro.distributions as dist
import pytest

import suffice as sf
from suffice.simulate.processes import NormalMean

SMALL = {"width": 32, "depth": 1}


@pytest.fixture(scope="module")
def normal():
    """Three means: the posterior of an observation x is N(x / 2, 0.05 1)."""
    process = NormalMean(3)
    sims = sf.simulate(process.prior, process, 6000, key=0, progress=False)
    objective = sf.Gaussian(sf.networks.Linear(3, 3, key=1), process.prior, **SMALL)
    return process, sf.fit(objective, sims, key=2, max_epochs=20, average=0.98, progress=False)


def test_it_is_the_exact_posterior_of_a_normal_mean(normal):
    process, fit = normal
    x, std = np.array([0.4, -0.2, 0.1]), np.sqrt(0.05)
    found = sf.posterior(fit, process.prior, x, key=0)
    np.testing.assert_allclose(found.mean, x / 2, atol=0.1 * std)
    np.testing.assert_allclose(found.std, std, rtol=0.05)
    drawn = found.sample(20_000, key=1)
    assert np.abs(np.corrcoef(drawn.T) - np.eye(3)).max() < 0.06
    exact = -0.5 * ((drawn - x / 2) ** 2).sum(axis=1) / 0.05 - 1.5 * np.log(2 * np.pi * 0.05)
    assert np.mean(exact - found.log_prob(drawn)) == pytest.approx(0, abs=0.02)
    assert -fit.history["valid_loss"].min() == pytest.approx(1.5 * np.log(2.0), abs=0.06)  # the whole information


def test_moments_are_those_of_its_draws(normal):
    _, fit = normal
    s = eqx.filter_jit(fit.objective.summary)(jnp.array([0.4, -0.2, 0.1]))
    mean, covariance = eqx.filter_jit(fit.objective.moments)(s)
    u, density = jax.jit(jax.vmap(lambda key: fit.objective.draw(s, key=key)))(
        jax.random.split(jax.random.key(0), 20_000)
    )
    error = np.sqrt(np.diag(covariance) / 20_000)
    np.testing.assert_allclose((u.mean(axis=0) - mean) / error, 0, atol=4)
    np.testing.assert_allclose(np.cov(u.T), covariance, atol=5 * float(covariance.max()) / np.sqrt(20_000))
    np.testing.assert_allclose(
        density[:50], jax.jit(jax.vmap(lambda u: fit.objective.log_density(s, u)))(u[:50]), atol=1e-3
    )


def test_correlations_are_learned(correlated):
    objective = sf.Gaussian(sf.networks.Linear(3, 2, key=1), correlated.prior, **SMALL)
    fit = sf.fit(objective, correlated.sims, key=2, max_epochs=10, average=0.98, progress=False)
    mean, covariance = correlated.exact([0.5, 0.3, 0.8])
    found = sf.posterior(fit, correlated.prior, np.array([0.5, 0.3, 0.8]), key=0)
    std = np.sqrt(np.diag(covariance))
    np.testing.assert_allclose(found.mean, mean, atol=0.1 * std.min())
    wanted = covariance[0, 1] / std.prod()
    assert np.corrcoef(found.sample(20_000, key=1).T)[0, 1] == pytest.approx(wanted, abs=0.05)


def test_a_width_that_depends_on_the_data_is_learned():
    """x = θ + (½ + |w|) noise with w observed: the posterior of a standard normal θ has 1 / (1 + 1 / noise²)."""
    prior = sf.Prior(a=dist.Normal(0, 1))

    def simulator(key, theta):
        for_width, for_noise = jax.random.split(key)
        width = 0.2 + 1.3 * jax.random.uniform(for_width)
        return jnp.array([theta[0] + width * jax.random.normal(for_noise), width])

    sims = sf.simulate(prior, simulator, 6000, key=0, progress=False)
    fit = sf.fit(sf.Gaussian(lambda x: x, prior), sims, key=1, max_epochs=100, progress=False)
    x = np.array([[0.5, 0.3], [0.5, 1.2]])
    found = sf.posterior(fit, prior, x, key=0)
    exact = 1 / (1 + 1 / x[:, 1] ** 2)
    np.testing.assert_allclose(found.std[:, 0], np.sqrt(exact), rtol=0.1)
    np.testing.assert_allclose(found.mean[:, 0], x[:, 0] * exact / x[:, 1] ** 2, atol=0.1 * np.sqrt(exact).min())


def test_no_mass_leaves_the_prior_and_it_can_be_saved(tmp_path):
    process = NormalMean(2, uniform=True)
    sims = sf.simulate(process.prior, process, 2000, key=0, progress=False)
    objective = sf.Gaussian(sf.networks.Linear(2, 2, key=1), process.prior, **SMALL)
    fit = sf.fit(objective, sims, key=1, max_epochs=5, progress=False)
    sf.save(fit, tmp_path / "fit.sf")
    found = sf.posterior(sf.load(tmp_path / "fit.sf"), process.prior, np.array([1.3, -1.2]), key=0)
    drawn = found.sample(4000, key=0)
    assert (np.abs(drawn) <= 1).all() and np.isneginf(found.log_prob(np.array([[1.1, 0.0]]))).all()
    np.testing.assert_allclose(found.mean, process.exact_sample(np.array([1.3, -1.2]), 4000, key=1).mean(0), atol=0.1)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda p: sf.Gaussian(3, p), "must be a network or a function"),
        (lambda p: sf.Gaussian(lambda x: x, 0), "sf.Gaussian needs the prior"),
        (lambda p: sf.Gaussian(lambda x: x, p, width=0), "width must be a whole number of at least 1"),
        (lambda p: sf.Gaussian(lambda x: x, p).moments(jnp.zeros(1)), "not been trained"),
    ],
)
def test_bad_input_is_refused_with_a_sentence(call, message, unchecked):
    with pytest.raises((ValueError, TypeError), match=message):
        call(NormalMean(2).prior)
