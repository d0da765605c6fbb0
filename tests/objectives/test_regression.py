"""Regression against posterior means that are known."""

import jax
import jax.numpy as jnp
import numpy as np
import numpyro.distributions as dist
import pytest

import suffice as sf

PRIOR = sf.Prior(a=dist.Normal(0, 1), b=dist.Normal(0, 10))
DESIGN = np.random.default_rng(0).normal(size=(2, 6)) * np.array([[1.0], [0.1]])
PRECISION = np.diag([1.0, 0.01]) + DESIGN @ DESIGN.T / 0.25
FAST = {"key": 2, "max_epochs": 15, "progress": False}


def linear(key, theta):
    return theta @ jnp.asarray(DESIGN) + 0.5 * jax.random.normal(key, (6,))


def cube(key, theta):
    """A parameter that is no line of the data: its cube, with noise."""
    return theta**3 + 0.05 * jax.random.normal(key, theta.shape)


@pytest.fixture(scope="module")
def sims():
    return sf.simulate(PRIOR, linear, 4000, key=0, progress=False)


def noisy(key, theta):
    """A parameter with noise, and how large that is: from 1 down to 1/100."""
    first, second = jax.random.split(key)
    size = jnp.exp(-jax.random.uniform(first, (1,)) * jnp.log(100.0))
    return jnp.concatenate([theta + size * jax.random.normal(second, (1,)), jnp.log(size)])


@pytest.mark.parametrize("loss", ["mse", "log-det", "weighted"])
@pytest.mark.parametrize("outputs", [2, 4])
def test_it_finds_the_posterior_mean(sims, loss, outputs):
    fit = sf.fit(sf.Regression(sf.networks.MLP(6, outputs, width=16, key=1), loss), sims, **FAST)
    fresh = sf.simulate(PRIOR, linear, 1000, key=3, progress=False)
    exact = np.asarray(fresh.x) @ DESIGN.T @ np.linalg.inv(PRECISION) / 0.25
    found = jax.vmap(fit.objective.estimate)(jnp.asarray(fresh.x))
    std = np.sqrt(np.diag(np.linalg.inv(PRECISION)))
    assert np.sqrt(np.mean((found - exact) ** 2, axis=0)).max() < 0.15 * std.max()
    assert (np.sqrt(np.mean((found - exact) ** 2, axis=0)) < 0.15 * std).all()
    best = fit.history.iloc[-1]
    assert np.allclose([best["valid_rmse/a"], best["valid_rmse/b"]], std, rtol=0.12)


def test_it_learns_what_no_line_knows():
    prior = sf.Prior(a=dist.Uniform(-1, 1))
    sims, fresh = (sf.simulate(prior, cube, n, key=n, progress=False) for n in (4000, 1000))
    fit = sf.fit(sf.Regression(sf.networks.MLP(1, 1, width=32, key=1)), sims, key=2, max_epochs=40, progress=False)
    grid = np.linspace(-1, 1, 2001)
    weight = np.exp(-0.5 * ((fresh.x - grid**3) / 0.05) ** 2)
    exact = weight @ grid / weight.sum(axis=1)
    found = np.asarray(jax.vmap(fit.objective.estimate)(jnp.asarray(fresh.x)))[:, 0]
    line = np.polyval(np.polyfit(fresh.x[:, 0], exact, 1), fresh.x[:, 0])
    assert np.std(found - exact) < 0.3 * np.std(line - exact)


def test_weights_tell_what_is_known_well():
    """In units of the posterior's own width, which differs from row to row, weighted squares err less."""
    prior = sf.Prior(a=dist.Normal(0, 1))
    sims, fresh = (sf.simulate(prior, noisy, n, key=n, progress=False) for n in (20_000, 1000))
    size = np.exp(fresh.x[:, 1])
    exact, width = fresh.x[:, 0] / (1 + size**2), size / np.sqrt(1 + size**2)
    away = {}
    for loss in ("mse", "weighted"):
        objective = sf.Regression(sf.networks.MLP(2, 2, width=32, key=1), loss)
        fit = sf.fit(objective, sims, key=2, min_epochs=60, max_epochs=60, progress=False)
        found = np.asarray(jax.vmap(fit.objective.estimate)(jnp.asarray(fresh.x)))[:, 0]
        away[loss] = np.sqrt(np.mean(((found - exact) / width) ** 2))
    assert away["weighted"] < 0.17
    assert away["weighted"] < 0.7 * away["mse"]


def test_no_weight_is_infinite_where_nothing_is_left_to_explain():
    sims = sf.simulate(sf.Prior(a=dist.Normal(0, 1)), lambda key, theta: theta, 1000, key=0, progress=False)
    fit = sf.fit(sf.Regression(sf.networks.Linear(1, 1, key=1), "weighted"), sims, **FAST)
    assert np.isfinite(fit.history["valid_loss"]).all()
    assert np.allclose(jax.vmap(fit.objective.estimate)(jnp.asarray(sims.x)), sims.x, atol=1e-2)


def test_fewer_summaries_than_parameters_and_a_plain_function(sims):
    fit = sf.fit(sf.Regression(lambda x: x[:1]), sims, **FAST | {"max_epochs": 2})
    assert fit.objective.estimate(jnp.ones(6)).shape == (2,)
    assert fit.history["valid_rmse/a"].iloc[-1] < 1.0


@pytest.mark.parametrize("loss", ["mse", "weighted"])
def test_it_can_be_saved(sims, tmp_path, loss):
    fit = sf.fit(sf.Regression(sf.networks.Linear(6, 2, key=1), loss), sims, **FAST | {"max_epochs": 1})
    sf.save(fit, tmp_path / "fit.suffice")
    again = sf.load(tmp_path / "fit.suffice").objective
    assert np.array_equal(again.estimate(jnp.ones(6)), fit.objective.estimate(jnp.ones(6)))


def test_what_cannot_be_is_refused(unchecked):
    with pytest.raises(ValueError, match="loss must be one of mse, log-det, weighted"):
        sf.Regression(lambda x: x, "l1")
    with pytest.raises(TypeError, match="summary must be a network"):
        sf.Regression(3)
    with pytest.raises(ValueError, match="has not been trained"):
        sf.Regression(lambda x: x).estimate(jnp.zeros(6))
