"""Learned ratios against exact ones."""

import jax
import jax.numpy as jnp
import numpy as np
import numpyro.distributions as dist
import pytest
from scipy import stats

import suffice as sf
from suffice.objectives._contrast import bce, imbalance, nre_c

QUIET = {"progress": False}


def test_ratios_of_the_regression_are_the_exact_ones(regression):
    theta, x = regression.fresh.theta, regression.fresh.x
    learned = jax.jit(jax.vmap(regression.fit.objective.log_ratio))(x, theta)
    exact = regression.process.exact_log_ratio(theta, x)
    # Held-out information lost to errors of the ratio, nats: mean log of exact over learned at the truth.
    assert np.abs((exact - learned).mean(axis=0)).max() < 0.06
    assert np.sqrt(((exact - learned) ** 2).mean(axis=0)).max() < 0.4


def test_joint_and_autoregressive_ratios_are_the_exact_one(correlated):
    theta, x = correlated.sims.theta[:500], correlated.sims.x[:500]
    mean, covariance = correlated.exact(x)
    exact = stats.multivariate_normal(np.zeros(2), covariance).logpdf(theta - mean) - stats.norm.logpdf(theta).sum(1)
    for marginals in ("joint", "autoregressive"):
        objective = correlated.fit(marginals).objective
        learned = np.asarray(jax.jit(jax.vmap(objective.log_ratio))(x, theta)).sum(axis=1)
        assert abs((exact - learned).mean()) < 0.05, marginals
        assert np.sqrt(((exact - learned) ** 2).mean()) < 0.4, marginals


@pytest.mark.parametrize("options", [{"loss": "nre-c"}, {"loss": "nre-c", "gamma": 5.0}, {"balance": 10.0}])
def test_other_losses_find_the_same_ratio(options):
    prior = sf.Prior(a=dist.Normal(0, 1))
    sims = sf.simulate(prior, lambda key, theta: theta + 0.5 * jax.random.normal(key, (1,)), 4000, key=0, **QUIET)
    objective = sf.Ratio(sf.networks.Linear(1, 1, key=1), **options)
    fit = sf.fit(objective, sims, key=2, max_epochs=12, average=0.98, **QUIET)
    x = np.linspace(-2, 2, 9, dtype=np.float32)[:, None]
    found = sf.posterior(fit, prior, x)
    np.testing.assert_allclose(found.mean, 0.8 * x, atol=0.06)
    assert found.std.mean() == pytest.approx(np.sqrt(0.2), rel=0.05)


def test_discrete_parameters_get_their_probabilities_and_bayes_factors():
    """Two models, x ~ N(0, 1) or N(2, 1), and the mean of the noise as a nuisance."""
    prior = sf.Prior(model=dist.Categorical(jnp.array([0.3, 0.7])), scale=dist.Uniform(0.9, 1.1))

    def simulator(key, theta):
        return 2.0 * theta[0] + jax.random.normal(key, (1,))

    sims = sf.simulate(prior, simulator, 20_000, key=0, **QUIET)
    objective = sf.Ratio(sf.networks.MLP(1, 2, width=32, key=1), classes={"model": 2})
    fit = sf.fit(objective, sims, key=2, max_epochs=20, average=0.98, **QUIET)
    x = np.linspace(0.0, 2.0, 5, dtype=np.float32)[:, None]  # where both models have hundreds of rows
    part = sf.posterior(fit, prior, x).marginal("model")
    np.testing.assert_allclose(part.evidence, 1.0, atol=0.02)
    odds = np.exp(2.0 * x[:, 0] - 2.0)
    np.testing.assert_allclose(part.mass[:, 1], 0.7 * odds / (0.3 + 0.7 * odds), atol=0.03)
    bayes_factor = part.log_ratio[:, 1] - part.log_ratio[:, 0]
    np.testing.assert_allclose(bayes_factor, 2.0 * x[:, 0] - 2.0, atol=0.15)


def pairs(n=200_000, candidates=4):
    """Exact logits of a Gaussian pair with correlation 0.8, joint first and then shuffled."""
    rng = np.random.default_rng(0)
    s, theta = rng.normal(size=n), rng.normal(size=(n, candidates))
    theta[:, 0] = 0.8 * s + 0.6 * theta[:, 0]
    return jnp.asarray(stats.norm.logpdf(theta, 0.8 * s[:, None], 0.6) - stats.norm.logpdf(theta))


@pytest.mark.parametrize("loss", [bce, lambda f: nre_c(f, 1.0), lambda f: nre_c(f, 7.0)])
def test_the_exact_ratio_minimises_the_loss(loss):
    logits = pairs()
    best = float(loss(logits).mean())
    for other in (logits + 0.3, logits - 0.3, 0.8 * logits, 1.2 * logits):
        assert float(loss(other).mean()) > best + 1e-3


def test_the_exact_ratio_is_balanced():
    assert float(imbalance(pairs())) < 1e-5
    assert float(imbalance(pairs() + 1.0)) > 1e-3


def test_groups_by_name_and_index(regression):
    sims = regression.sims[np.arange(400)]
    for marginals, groups in (
        ([("z[0]", "z[2]"), "z[1]"], ((0, 2), (1,))),
        ([(0, 1), 2], ((0, 1), (2,))),
        (["z"], ((0, 1, 2),)),
    ):
        fit = sf.fit(
            sf.Ratio(sf.networks.Linear(100, 3, key=0), marginals),
            sims, key=0, max_epochs=1, batch_size=64, **QUIET,
        )  # fmt: skip
        assert fit.objective.groups == groups


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"summary": 3}, "must be a network or a function"),
        ({"loss": "mse"}, "'bce' or 'nre-c'"),
        ({"negatives": 0}, "negatives"),
        ({"gamma": -1.0}, "gamma"),
    ],
)
@pytest.mark.usefixtures("unchecked")
def test_bad_settings_are_refused(arguments, message):
    with pytest.raises((TypeError, ValueError), match=message):
        sf.Ratio(**({"summary": jnp.mean} | arguments))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"marginals": ["nonsense"]}, "nonsense.*z\\[0\\]"),
        ({"marginals": [7]}, "7"),
        ({"marginals": [("z[0]", "z[0]")]}, "twice"),
        ({"marginals": "all"}, "'joint' or 'autoregressive'"),
        ({"classes": {"z[0]": 2}}, "whole numbers"),
        ({"classes": {"w": 2}}, "no parameter is called 'w'"),
    ],
)
def test_bad_groups_are_refused_before_training(regression, settings, message):
    with pytest.raises(ValueError, match=message):
        sf.fit(sf.Ratio(lambda x: x[:3], **settings), regression.sims, key=0, **QUIET)


def test_an_untrained_ratio_says_what_to_do():
    with pytest.raises(ValueError, match=r"sf\.fit"):
        sf.Ratio(jnp.mean).log_ratio(jnp.zeros(3), jnp.zeros(2))
