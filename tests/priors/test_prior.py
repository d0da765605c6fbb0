"""Priors against SciPy's densities and known masses."""

import jax
import jax.numpy as jnp
import numpy as np
import numpyro.distributions as dist
import pytest
from scipy import stats

import suffice as sf


@pytest.fixture(scope="module")
def mixed():
    return sf.Prior(
        z=dist.Uniform(-1, 1).expand([2]),
        tau=dist.LogNormal(0.5, 0.7),
        g=dist.Gamma(2.0, 3.0),
        c=dist.MultivariateNormal(jnp.array([1.0, -1.0]), jnp.array([[1.0, 0.6], [0.6, 2.0]])),
    )


def density(theta):
    c = stats.multivariate_normal([1.0, -1.0], [[1.0, 0.6], [0.6, 2.0]])
    parts = [
        stats.uniform(-1, 2).logpdf(theta[:, :2]).sum(1),
        stats.lognorm(0.7, scale=np.exp(0.5)).logpdf(theta[:, 2]),
    ]
    return parts[0] + parts[1] + stats.gamma(2.0, scale=1 / 3).logpdf(theta[:, 3]) + c.logpdf(theta[:, 4:])


def test_names_and_density(mixed):
    assert mixed.names == ("z[0]", "z[1]", "tau", "g", "c[0]", "c[1]")
    theta = mixed.sample(200, key=0)
    np.testing.assert_allclose(mixed.log_prob(theta), density(np.asarray(theta, np.float64)), rtol=1e-4, atol=1e-4)
    outside = theta.at[:, 0].set(1.5)
    assert np.isneginf(mixed.log_prob(outside)).all()
    assert not mixed.contains(outside).any()


def test_unconstrained_space_round_trip_and_jacobian(mixed):
    theta = mixed.sample(50, key=1)
    u = mixed.to_unconstrained(theta)
    np.testing.assert_allclose(mixed.from_unconstrained(u), theta, rtol=2e-4, atol=1e-5)
    jacobian = jax.vmap(jax.jacobian(lambda row: mixed.from_unconstrained(row[None])[0]))(u)
    expected = mixed.log_prob(theta) + jnp.linalg.slogdet(jacobian)[1]
    np.testing.assert_allclose(mixed.log_prob_unconstrained(u), expected, rtol=1e-3, atol=1e-3)


def test_truncation_is_normalised(mixed):
    low = np.array([-0.5, -1.0, 1.0, 0.1, 0.0, -2.0])
    high = np.array([0.5, 0.9, 3.0, 0.5, 2.0, 0.5])
    cut = mixed.truncate(low, high)
    c = stats.multivariate_normal([1.0, -1.0], [[1.0, 0.6], [0.6, 2.0]])
    log_mass = np.log(0.5 * 0.95)
    log_mass += np.log(np.diff(stats.lognorm(0.7, scale=np.exp(0.5)).cdf([1.0, 3.0]))[0])
    log_mass += np.log(np.diff(stats.gamma(2.0, scale=1 / 3).cdf([0.1, 0.5]))[0])
    log_mass += np.log(c.cdf(high[4:], lower_limit=low[4:]))
    theta = cut.sample(4000, key=2)
    assert ((theta >= low) & (theta <= high)).all()
    np.testing.assert_allclose(cut.log_prob(theta), density(np.asarray(theta, np.float64)) - log_mass, atol=2e-3)
    inside = stats.gamma(2.0, scale=1 / 3)
    share = (inside.cdf(np.asarray(theta[:, 3])) - inside.cdf(0.1)) / np.diff(inside.cdf([0.1, 0.5]))[0]
    assert stats.kstest(share, "uniform").pvalue > 1e-3


def test_a_narrow_box_far_from_zero_is_drawn_evenly():
    cut = sf.Prior(a=dist.Normal(0, 1)).truncate(np.array([0.5]), np.array([0.50002]))
    drawn = np.asarray(cut.sample(5000, key=0), np.float64)[:, 0]
    assert stats.kstest((drawn - 0.5) / 2e-5, "uniform").statistic < 0.03
    assert len(np.unique(drawn)) > 100


def test_truncation_twice_is_the_intersection():
    prior = (
        sf.Prior(a=dist.Normal(0, 1))
        .truncate(np.array([-1.0]), np.array([2.0]))
        .truncate(np.array([-3.0]), np.array([1.0]))
    )
    low, high = prior.box()
    assert (low[0], high[0]) == (-1.0, 1.0)
    grid = np.linspace(-1, 1, 4001)
    assert np.trapezoid(np.exp(np.asarray(prior.log_prob(grid[:, None]))), grid) == pytest.approx(1, abs=1e-4)


def test_marginals(mixed):
    points = np.linspace(-2, 2, 7)[:, None]
    np.testing.assert_allclose(mixed.marginal_log_prob((4,), points), stats.norm(1, 1).logpdf(points[:, 0]), atol=1e-4)
    pair = np.column_stack([points[:, 0], np.linspace(0.1, 2, 7)])
    expected = stats.norm(-1, np.sqrt(2)).logpdf(pair[:, 0]) + stats.gamma(2.0, scale=1 / 3).logpdf(pair[:, 1])
    np.testing.assert_allclose(mixed.marginal_log_prob((5, 3), pair), expected, atol=1e-4)


def test_discrete_parameters():
    prior = sf.Prior(model=dist.Categorical(jnp.array([0.2, 0.3, 0.5])), on=dist.Bernoulli(0.25), a=dist.Normal(0, 1))
    assert prior.discrete == (3, 2, None)
    np.testing.assert_allclose(prior.marginal_log_prob((0,), np.array([[0.0], [2.0]])), np.log([0.2, 0.5]), atol=1e-5)
    drawn = np.asarray(prior.sample(4000, key=0))
    assert np.bincount(drawn[:, 0].astype(int))[2] / 4000 == pytest.approx(0.5, abs=0.04)


def test_draws_of_a_file_stand_for_a_prior():
    rng = np.random.default_rng(0)
    theta = np.column_stack([rng.uniform(2, 5, 20_000), rng.normal(size=20_000), rng.lognormal(1, 1, 20_000)])
    prior = sf.Prior.from_samples(theta, ("a", "b", "c"))
    grid = np.linspace(2.05, 4.95, 50)[:, None]
    assert np.abs(np.exp(np.asarray(prior.marginal_log_prob((0,), grid))) * 3 - 1).max() < 0.12
    assert np.isneginf(prior.marginal_log_prob((0,), np.array([[1.9], [5.1]]))).all()
    points = np.linspace(-2, 2, 9)[:, None]
    np.testing.assert_allclose(prior.marginal_log_prob((1,), points), stats.norm.logpdf(points[:, 0]), atol=0.15)
    points = np.linspace(0.5, 10, 9)[:, None]
    expected = stats.lognorm(1, scale=np.e).logpdf(points[:, 0])
    np.testing.assert_allclose(prior.marginal_log_prob((2,), points), expected, atol=0.15)


def test_a_few_whole_numbers_from_zero_are_classes():
    rng = np.random.default_rng(0)
    theta = np.column_stack(
        [rng.choice(3, size=900, p=[0.2, 0.3, 0.5]), rng.normal(size=900), rng.integers(0, 99, 900)]
    )
    prior = sf.Prior.from_samples(theta, ("m", "a", "count"))
    assert prior.discrete == (3, None, None)
    shares = np.exp(prior.marginal_log_prob((0,), np.arange(3.0)[:, None]))
    np.testing.assert_allclose(shares, np.bincount(theta[:, 0].astype(int)) / 900, atol=1e-5)
    assert not prior.contains(np.array([[3.0, 0.0, 1.0]]))[0]
    assert prior.subset((1, 2)).discrete == (None, None)
    two = prior.truncate([0.5, -9.0, -1.0], [2.5, 9.0, 100.0])
    assert two.discrete == (3, None, None) and two.marginal_log_prob((0,), np.zeros((1, 1)))[0] < -20
    assert sf.EmpiricalPrior(theta, discrete=(None, None, None)).discrete == (None, None, None)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: sf.EmpiricalPrior(1.0 + np.arange(60)[:, None] % 3, ("m",)), "'m' holds only 3 whole numbers, from 1"),
        (lambda: sf.EmpiricalPrior(np.arange(60.0)[:, None], discrete=(None, 2)), "discrete must be 1"),
        (lambda: sf.EmpiricalPrior(np.arange(60.0)[:, None], discrete=(2,)), "2 classes holds the number 59"),
        (lambda: sf.Prior(), "at least one"),
        (lambda: sf.Prior(a=3.0), "must be a distribution"),
        (lambda: sf.Prior(a=dist.Normal(0, 1)).log_prob(np.zeros((3, 2))), "must have shape"),
        (lambda: sf.Prior(a=dist.Normal(0, 1)).truncate(np.ones(1), np.zeros(1)), "low must be below"),
        (lambda: sf.Prior(a=dist.Uniform(0, 1)).truncate(np.array([2.0]), np.array([3.0])), "leaves nothing"),
        (lambda: sf.Prior(a=dist.Poisson(3.0)), "discrete without an upper end"),
        (lambda: sf.Prior.from_samples(np.zeros((3, 1))), "at least 20"),
    ],
)
def test_bad_input_is_refused_with_a_sentence(call, message):
    with pytest.raises((ValueError, TypeError), match=message):
        call()


def test_no_draws_at_all_are_refused():
    prior = sf.Prior(a=dist.Normal(0, 1))
    known = sf.EmpiricalPrior(np.arange(20.0)[:, None], ("a",))
    for one in (prior, known):
        with pytest.raises(ValueError, match="n must be a whole number of at least 1, but 0 came"):
            one.sample(0, key=0)
