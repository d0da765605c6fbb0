"""The main paths on an accelerator: `pytest -m gpu`. Nothing in the package names a device."""

import jax
import numpy as np
import pytest

import suffice as sf
from suffice.simulate.processes import GaussianDraws, LinearRegression

pytestmark = [pytest.mark.gpu, pytest.mark.filterwarnings("default::UserWarning")]


def test_ratios_of_the_linear_regression(on_accelerator):
    process = LinearRegression()
    sims = sf.simulate(process.prior, process, 10_000, key=0, progress=False)
    fit = sf.fit(sf.Ratio(sf.networks.Linear(100, 3, key=1)), sims, key=2, max_epochs=40, progress=False)
    assert on_accelerator(fit.objective)
    x = np.asarray(process(jax.random.key(3), np.array([0.2, -0.4, 0.6])))
    posterior = sf.posterior(fit, process.prior, x, key=4)
    mean, std = process.exact_mean_std(x)
    assert np.abs((np.asarray(posterior.mean) - mean) / std).max() < 0.4
    np.testing.assert_allclose(np.asarray(posterior.std) / std, 1, atol=0.15)


def test_fisher_information_of_ten_draws(on_accelerator):
    tangents = sf.Tangents.simulated(GaussianDraws(), {"mean": 0.0, "variance": 1.0}, 1000)
    fit = sf.fit(sf.Fisher(sf.networks.MLP(10, 2, key=0)), tangents, key=1, max_epochs=40, progress=False)
    fresh = sf.Tangents.simulated(GaussianDraws(), {"mean": 0.0, "variance": 1.0}, 50_000)
    assert on_accelerator(fit.objective)
    assert np.linalg.det(np.asarray(sf.fisher_matrix(fit.objective.summary, fresh, key=2))) > 45


def test_mutual_information_of_a_bivariate_normal():
    rng = np.random.default_rng(0)
    x = rng.normal(size=10_000)
    y = 0.9 * x + np.sqrt(0.19) * rng.normal(size=10_000)
    found = sf.estimate_mi(x, np.exp(y), key=0, progress=False)
    assert abs(found.value - 0.8304) < 0.04 and found.low < 0.8304
