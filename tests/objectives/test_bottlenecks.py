"""Bottlenecks of jointly normal numbers, whose optimum is known (Chechik et al. 2005), views and time series."""

import jax
import jax.numpy as jnp
import numpy as np
import numpyro.distributions as dist
import pytest

import suffice as sf

# θ normal, x = θ + ε: with a correlation of ρ² = 1/2 and a price β the best code has
# I(x; z) = ½ log((1/β - 1) ρ² / (1 - ρ²)), and I(θ; z) = -½ log(1 - ρ² (1 - exp(-2 I(x; z)))).
BETA = 0.2
RATE = 0.5 * np.log((1 / BETA - 1) * 0.5 / 0.5)
KEPT = -0.5 * np.log(1 - 0.5 * (1 - np.exp(-2 * RATE)))
ENTROPY = 0.5 * np.log(2 * np.pi * np.e)


@pytest.fixture(scope="module")
def sims():
    simulator = lambda key, theta: theta + jax.random.normal(key, (1,))  # noqa: E731
    return sf.simulate(sf.Prior(a=dist.Normal(0, 1)), simulator, 10_000, key=0, progress=False)


def end_of(objective, sims):
    fit = sf.fit(objective, sims, valid=0.3, key=1, learning_rate=3e-3, max_epochs=25, progress=False)
    best = fit.history.loc[fit.history["valid_loss"].idxmin()]
    return fit, best


def test_the_information_bottleneck_of_normal_numbers(sims):
    fit, best = end_of(sf.VIB(sf.networks.Linear(1, 1, key=0), BETA, components=1, width=16), sims)
    assert best["valid_rate"] == pytest.approx(RATE, abs=0.06)
    assert best["valid_value"] + ENTROPY == pytest.approx(KEPT, abs=0.03)
    x, theta = jnp.ones(1), jnp.zeros(1)
    assert np.isfinite(fit.objective.log_prob(theta, x)) and fit.objective.summary(x).shape == (1,)


def test_the_conditional_entropy_bottleneck_of_normal_numbers(sims):
    # -I(θ; z) + β' I(x; z | θ) has the optimum of the other at β = β' / (1 + β').
    _, best = end_of(sf.CEB(sf.networks.Linear(1, 1, key=0), BETA / (1 - BETA), components=1, width=16), sims)
    assert best["valid_residual"] == pytest.approx(RATE - KEPT, abs=0.06)
    assert best["valid_value"] + ENTROPY == pytest.approx(KEPT, abs=0.03)


@pytest.mark.parametrize("kind", [sf.VIB, sf.CEB])
def test_nearly_everything_is_kept_where_it_costs_nothing(sims, kind):
    fit, _ = end_of(kind(sf.networks.Linear(1, 1, key=0), 0.0, components=1, width=16), sims)
    log = jax.jit(jax.vmap(fit.objective.log_prob))(jnp.asarray(sims.theta), jnp.asarray(sims.x))
    assert float(log.mean()) + ENTROPY == pytest.approx(0.5 * np.log(2), abs=0.03)


def shared(n, seed=0):
    """Views of eight numbers each, of which one direction is common."""
    rng = np.random.default_rng(seed)
    common = rng.normal(size=(n, 1))
    mix = np.random.default_rng(9).normal(size=(2, 8, 8))
    one, two = (np.concatenate([common + 0.3 * rng.normal(size=(n, 1)), rng.normal(size=(n, 7))], 1) for _ in range(2))
    return one @ mix[0], two @ mix[1], common[:, 0]


@pytest.mark.parametrize("both", [True, False])
def test_views_agree_on_what_is_common(both):
    one, two, _ = shared(4000)
    if not both:  # the same network for both, so the views must look alike
        two = shared(4000, 0)[0] + 0.1 * np.random.default_rng(3).normal(size=one.shape)
    other = sf.networks.MLP(8, 1, width=16, key=1) if both else None
    objective = sf.MIB(sf.networks.MLP(8, 1, width=16, key=0), other, negatives=32, width=16)
    fit = sf.fit(objective, sf.train.views(one, two), key=0, learning_rate=5e-3, max_epochs=10, progress=False)
    fresh, _, truth = shared(2000, 5)
    s = jax.jit(jax.vmap(fit.objective.summary))(jnp.asarray(fresh, float))[:, 0]
    if both:
        assert abs(np.corrcoef(s, truth)[0, 1]) > 0.9  # the best is 0.958
    else:
        assert fit.history["valid_value"].max() > 1  # nearly all of a view stands in the other


def slow(n, seed=0):
    """A slow number among fast ones."""
    rng = np.random.default_rng(seed)
    steps = rng.normal(size=n)
    hidden = np.zeros(n)
    for t in range(1, n):
        hidden[t] = 0.95 * hidden[t - 1] + np.sqrt(1 - 0.95**2) * steps[t]
    mix = np.random.default_rng(9).normal(size=(6, 6))
    return np.concatenate([hidden[:, None], rng.normal(size=(n, 5))], axis=1) @ mix, hidden


def test_what_lasts_is_found():
    series, _ = slow(6000)
    objective = sf.TemporalInfoMax(sf.networks.MLP(6, 1, width=16, key=0), width=16)
    fit = sf.fit(objective, sf.train.lagged(series, 1), valid=0.2, key=0, max_epochs=10, progress=False)
    fresh, hidden = slow(3000, 5)
    s = jax.jit(jax.vmap(fit.objective.summary))(jnp.asarray(fresh, float))[:, 0]
    assert abs(np.corrcoef(s, hidden)[0, 1]) > 0.97
    exact = -0.5 * np.log(1 - 0.95**2)
    assert 0.8 * exact < fit.history["valid_value"].max() < exact + 0.15


def test_pairs_of_moments_reach_over_no_cut():
    source = sf.train.lagged([np.arange(50.0)[:, None], 100 + np.arange(70.0)[:, None]], 3, batch_size=8)
    train, held, split = source.divide(0.2, 0.1, key=jax.random.key(0))
    pairs = train.sample(1000, key=jax.random.key(0))
    assert len(pairs["one"]) == len(split.train)
    np.testing.assert_array_equal(pairs["two"] - pairs["one"], 3.0)
    later = held.sample(1000, key=jax.random.key(0))
    assert pairs["two"].max() < later["one"].min()
    batch = train.batch(train.plan(jax.random.key(1)), 0, jax.random.key(2))
    assert batch["one"].shape == (8, 1) and not set(split.valid) & set(split.test)


def test_what_cannot_be_compressed_is_refused(sims):
    network = sf.networks.Linear(1, 1, key=0)
    with pytest.raises(ValueError, match="from 1 on nothing"):
        sf.VIB(network, 1.0)
    with pytest.raises(ValueError, match="not be negative"):
        sf.CEB(network, -1.0)
    with pytest.raises(ValueError, match="not be negative"):
        sf.MIB(network, beta=-1.0)
    with pytest.raises(TypeError, match="learns from pairs"):
        sf.fit(sf.MIB(network), sims, key=0, progress=False)
    with pytest.raises(ValueError, match="same rows"):
        sf.train.views(np.ones((10, 1)), np.ones((9, 1)))
    with pytest.raises(ValueError, match="lag must be"):
        sf.train.lagged(np.ones((10, 1)), 10)
    with pytest.raises(ValueError, match="cannot be divided"):
        sf.fit(sf.TemporalInfoMax(network), sf.train.lagged(np.ones((30, 1)), 9), key=0, progress=False)
    for objective in (sf.VIB(network), sf.CEB(network)):
        with pytest.raises(ValueError, match="has not been trained"):
            objective.log_prob(jnp.zeros(1), jnp.zeros(1))


def test_a_bottleneck_can_be_saved(sims, tmp_path):
    fit = sf.fit(sf.VIB(sf.networks.Linear(1, 1, key=0), width=8), sims, key=0, max_epochs=1, progress=False)
    sf.save(fit, tmp_path / "fit.suffice")
    again = sf.load(tmp_path / "fit.suffice")
    assert float(again.objective.log_prob(jnp.zeros(1), jnp.ones(1))) == float(
        fit.objective.log_prob(jnp.zeros(1), jnp.ones(1))
    )
