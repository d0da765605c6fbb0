"""Likelihoods, flow matching, and several observations taken together, against exact posteriors."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

import suffice as sf
from suffice.train import Ensemble

MATRIX = np.array([[1.0, 0.8], [0.2, 1.0], [0.5, 0.7]])
X = np.array([0.5, 0.3, 0.8])


def exact(x):
    """Mean and covariance for rows of independent observations."""
    x = np.atleast_2d(x)
    covariance = np.linalg.inv(np.eye(2) + len(x) * MATRIX.T @ MATRIX / 0.25)
    return x.sum(axis=0) @ MATRIX @ covariance / 0.25, covariance


@pytest.fixture(scope="module")
def likelihood(correlated):
    objective = sf.Likelihood(lambda x: x, correlated.prior, layers=2, width=32, depth=1)
    return sf.fit(objective, correlated.sims, key=1, max_epochs=40, average=0.98, progress=False)


@pytest.fixture(scope="module")
def matching(correlated):
    objective = sf.FlowMatching(lambda x: x, correlated.prior, width=32, depth=2, steps=8)
    return sf.fit(objective, correlated.sims, key=1, max_epochs=25, average=0.98, progress=False)


@pytest.fixture(params=["likelihood", "matching"])
def fit(request):
    return request.getfixturevalue(request.param)


def test_one_observation(fit, correlated):
    found = sf.posterior(fit, correlated.prior, X, key=0)
    mean, covariance = exact(X)
    std = np.sqrt(np.diag(covariance))
    np.testing.assert_allclose(found.mean, mean, atol=0.12 * std.min())
    np.testing.assert_allclose(found.std, std, rtol=0.08)
    drawn = found.sample(4000, key=1)
    normal = stats.multivariate_normal(mean, covariance)
    assert np.mean(found.log_prob(drawn) - normal.logpdf(drawn)) == pytest.approx(0, abs=0.04)
    assert abs(drawn.mean(axis=0) - mean).max() < 0.15 * std.min()


def test_held_out_simulations_are_covered(fit, correlated):
    sims = sf.simulate(correlated.prior, correlated.simulator, 300, key=7, progress=False)
    table = sf.checks.coverage(fit, correlated.prior, sims, key=0).table()
    assert (np.abs(table["empirical"] - table["nominal"]) < 0.09).all()


@pytest.mark.parametrize("kind", ["likelihood", "matching", "ratio"])
def test_independent_observations_multiply(kind, likelihood, matching, correlated):
    fit = {"likelihood": likelihood, "matching": matching}.get(kind) or correlated.fit("joint")
    rows = jax.vmap(correlated.simulator, (0, None))(jax.random.split(jax.random.key(3), 3), jnp.array([0.4, -0.7]))
    found = sf.posterior(fit, correlated.prior, rows, together=True, key=0)
    mean, covariance = exact(rows)
    std = np.sqrt(np.diag(covariance))
    assert found.single and found.ess > 2000 and 0.1 < found.acceptance <= 1
    np.testing.assert_allclose(found.mean, mean, atol=0.4 * std.min())
    np.testing.assert_allclose(found.std, std, rtol=0.12)


def test_the_evidence_of_a_likelihood_is_that_of_the_data(likelihood, correlated):
    found = sf.posterior(likelihood, correlated.prior, X, key=0)
    marginal = stats.multivariate_normal(np.zeros(3), MATRIX @ MATRIX.T + 0.25 * np.eye(3))
    assert found.log_evidence[0] == pytest.approx(marginal.logpdf(X), abs=0.15)


def test_chains_where_weights_are_worth_little(likelihood, correlated, monkeypatch):
    from suffice.posteriors import _target_posterior

    monkeypatch.setattr(_target_posterior, "_ENOUGH", 2.0)
    found = sf.posterior(likelihood, correlated.prior, X, key=0)
    drawn = found.sample(2000, key=1)
    np.testing.assert_allclose(drawn.mean(axis=0), found.mean, atol=0.15 * found.std.min())
    np.testing.assert_allclose(drawn.std(axis=0), found.std, rtol=0.12)


def test_members_of_an_ensemble_are_taken_together(correlated):
    objective = sf.Likelihood(lambda x: x, correlated.prior, layers=1, width=16, depth=1)
    fit = sf.fit(objective, correlated.sims, key=1, max_epochs=6, average=0.98, ensemble=2, progress=False)
    rows = np.stack([X, X + 0.1])
    found = sf.posterior(fit, correlated.prior, rows, together=True, key=0)
    mean, covariance = exact(rows)
    np.testing.assert_allclose(found.mean, mean, atol=0.4 * np.sqrt(covariance.max()))


def test_an_ensemble_of_equal_members_has_their_posterior(likelihood, correlated):
    """Each gives a tenth of its draws, and not those alone that were drawn from the prior."""
    alike = dataclasses.replace(likelihood, objective=Ensemble([likelihood.objective] * 10))
    one, ten = (sf.posterior(fit, correlated.prior, X, key=0) for fit in (likelihood, alike))
    np.testing.assert_allclose(ten.mean, one.mean, atol=0.03 * one.std.min())
    np.testing.assert_allclose(ten.std, one.std, rtol=0.03)
    assert ten.ess > 0.5 * one.ess


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda p, s: sf.Likelihood(3, p), "must be a network or a function"),
        (lambda p, s: sf.Likelihood(lambda x: x, 3), "needs the prior"),
        (lambda p, s: sf.FlowMatching(lambda x: x, p, steps=0), "at least 1"),
        (
            lambda p, s: sf.FlowMatching(lambda x: x, p, steps=2.5),
            "steps must be a whole number",
        ),
        (lambda p, s: sf.FlowMatching(lambda x: x, 3), "needs the prior"),
        (lambda p, s: sf.fit(sf.Likelihood(lambda x: 0 * x, p), s, key=0, progress=False), "never varies"),
        (lambda p, s: sf.FlowMatching(lambda x: x, p).draw(jnp.ones(3), key=jax.random.key(0)), "not been trained"),
        (lambda p, s: sf.Likelihood(lambda x: x, p).log_likelihood(jnp.ones(2), jnp.ones(3)), "not been trained"),
    ],
)
def test_bad_input_is_refused_with_a_sentence(call, message, correlated, unchecked):
    with pytest.raises((ValueError, TypeError), match=message):
        call(correlated.prior, correlated.sims)


def test_ratios_of_groups_do_not_multiply(regression):
    with pytest.raises(ValueError, match="joint ratio"):
        sf.posterior(regression.fit, regression.prior, regression.fresh.x[:3], together=True)
