"""A normal distribution cut off at two ends: the map to a whole one, and its regression, beside exact answers."""

import jax
import jax.numpy as jnp
import mpmath
import numpy as np
import numpyro.distributions as dist
import pytest
from scipy import stats

from suffice import fit, Flow, Gaussian, Prior, simulate, Simulations
from suffice.networks import Linear
from suffice.objectives import better_start, gaussian_start
from suffice.objectives._truncated_normal import from_normal, to_normal
from suffice.objectives._truncated_regression import truncated_regression
from suffice.simulate.processes import TwoMoons

INTERVALS = [(-np.inf, np.inf), (-1, 2), (-0.01, 0.02), (3, np.inf), (5.5, 5.6), (-50, -5), (-3, 20), (2, 9)]
SHARES = (1e-4, 0.1, 0.5, 0.8, 0.9999)


def exact(y: float, low: float, high: float) -> float:
    """z, from sixty digits."""
    with mpmath.workdps(60):
        below, above = (mpmath.ncdf(b) - mpmath.ncdf(a) for a, b in ((low, y), (y, high)))
        smaller = float(min(below, above) / (below + above))
    return float(stats.norm.ppf(smaller)) * (1 if below < above else -1)


@pytest.mark.parametrize("ends", INTERVALS, ids=str)
def test_map_and_inverse_are_exact_in_single_precision(ends):
    low, high = (jnp.asarray(end, float) for end in ends)
    y = jnp.asarray(stats.truncnorm(*map(float, (low, high))).ppf(SHARES), float)
    known = np.array([exact(float(one), float(low), float(high)) for one in y])
    z, slope = jax.jit(to_normal)(y, low, high)
    # A number's own last digit moves z by this much.
    digit = np.abs(np.spacing(np.asarray(y))) * np.exp(np.clip(slope, 0, None))
    assert (np.abs(np.asarray(z) - known) < 4e-6 + 4 * digit).all()
    assert np.allclose(jax.jit(from_normal)(z, low, high), y, rtol=3e-6, atol=3e-6)


@pytest.mark.parametrize("ends", [(-1.0, 2.0), (3.0, np.inf), (-30.0, 30.0), (5.5, 5.6), (9.0, 11.0)], ids=str)
def test_the_reported_slope_is_that_of_the_map(ends):
    ends = tuple(jnp.asarray(end, float) for end in ends)
    y = jnp.asarray(ends[0] + np.array([0.02, 0.3, 0.97]) * min(ends[1] - ends[0], 60.0), float)
    slope = jax.jit(jax.vmap(jax.grad(lambda one: to_normal(one, *ends)[0])))(y)
    assert np.allclose(jnp.log(slope), jax.jit(to_normal)(y, *ends)[1], atol=2e-3)


def test_gradients_are_finite_close_to_the_ends_and_far_away():
    y, low, high = (jnp.asarray(column) for column in zip((1e-7, 0.0, 1.0), (20.0, -3.0, 30.0), (7.0, 6.999, 7.01)))
    found = jax.jit(jax.vmap(jax.grad(lambda *a: sum(to_normal(*a)), (0, 1, 2))))(y, low, high)
    assert all(np.isfinite(part).all() for part in found)


def test_regression_finds_what_was_before_the_cut():
    rng = np.random.default_rng(0)
    x = np.column_stack([rng.uniform(-1, 1, 20_000), np.ones(20_000)])
    y = stats.truncnorm.rvs(*((end - 1.5 * x[:, 0]) / 0.6 for end in (-1, 1)), loc=1.5 * x[:, 0], scale=0.6,
                            random_state=rng)  # fmt: skip
    found = truncated_regression(x, y, -1.0, 1.0)
    plain = truncated_regression(x, y, -np.inf, np.inf)
    assert np.allclose([*found.weights, found.spread], [1.5, 0.0, 0.6], atol=0.04)
    assert plain.weights[0] < 1.0 and plain.spread < 0.5  # least squares alone is far off


@pytest.mark.parametrize("ends", [(-np.inf, np.inf), (-1.0, 1.0)], ids=str)
def test_regression_finds_how_the_spread_depends_on_the_columns(ends):
    rng = np.random.default_rng(3)
    x = np.column_stack([rng.normal(size=(20_000, 2)), np.ones(20_000)])
    place, spread = 0.5 * x[:, 0], np.exp(0.6 * x[:, 1] - 1)
    cut = [(end - place) / spread for end in ends]
    y = stats.truncnorm.rvs(*cut, loc=place, scale=spread, random_state=rng)
    found = truncated_regression(x, y, *ends, of_spread=x[:, :2])
    assert np.allclose([*found.weights, *found.of_spread], [0.5, 0.0, 0.0, 0.0, 0.6], atol=0.04)
    assert np.isclose(found.spread, np.exp(-1), rtol=0.04)
    even = stats.truncnorm.rvs(*((end - place) / 0.4 for end in ends), loc=place, scale=0.4, random_state=rng)
    assert (truncated_regression(x, even, *ends, of_spread=x[:, :2]).of_spread == 0).all()


def test_start_is_the_exact_posterior_of_a_linear_model_in_a_box():
    rng = np.random.default_rng(1)
    prior = Prior(a=dist.Uniform(-1, 1), b=dist.Uniform(0, 2))
    theta = rng.uniform((-1, 0), (1, 2), (20_000, 2))
    noise = np.array([[0.3, 0.0], [0.2, 0.4]])
    s = theta + rng.normal(size=theta.shape) @ noise.T
    u = np.asarray(prior.to_unconstrained(jnp.asarray(theta, float)), np.float64)
    start = gaussian_start(s, u, theta, prior)
    for own in (np.array([0.0, 1.0]), np.array([-1.2, 2.3])):
        z = jnp.asarray(rng.normal(size=(40_000, 2)), float)
        v, log_det = jax.jit(jax.vmap(lambda one, own=own: start.inverse(jnp.asarray(own, float), one)))(z)
        assert np.allclose(
            jax.jit(jax.vmap(lambda one, own=own: start(jnp.asarray(own, float), one)))(v)[0], z, atol=2e-2
        )
        drawn = np.asarray(prior.from_unconstrained(v))
        known = rng.multivariate_normal(own, noise @ noise.T, 1_000_000)
        known = known[((known > (-1, 0)) & (known < (1, 2))).all(axis=1)]
        assert len(known) > 20_000
        for i in range(2):
            assert stats.ks_2samp(drawn[:, i], known[:, i]).statistic < 0.05
        assert np.isfinite(log_det).all()


def test_two_modes_are_left_to_the_flow_on_the_real_line():
    process = TwoMoons()
    sims = simulate(process.prior, process, 2000, key=0, progress=False)
    noisy = np.asarray(sims.theta, np.float64) + np.random.default_rng(4).normal(0, 0.3, sims.theta.shape)
    for x, place in ((noisy, 0), (np.asarray(sims.x, np.float64), 1)):
        u = np.asarray(process.prior.to_unconstrained(jnp.asarray(sims.theta)), np.float64)
        starts = [gaussian_start(x, u, np.asarray(sims.theta, np.float64), process.prior), gaussian_start(x, u)]
        assert better_start(starts, [x] * 2, u) == place


def test_a_fit_never_ends_worse_than_it_began():
    rng = np.random.default_rng(2)
    prior = Prior(a=dist.Uniform(-1, 1))
    theta = rng.uniform(-1, 1, (2000, 1)).astype(np.float32)
    sims = Simulations(theta, theta + 0.3 * rng.normal(size=theta.shape).astype(np.float32), names=("a",))
    ruined = {"learning_rate": 1.0, "max_epochs": 2, "key": 0, "progress": False}
    objective = Flow(lambda x: x, prior, layers=1, width=8, depth=1)
    with pytest.raises(ValueError, match="monitor must be one of loss, but 'other' came"):
        fit(objective, sims, monitor="other", **ruined)
    found = fit(objective, sims, ensemble=2, plateau=1, **ruined)
    assert (found.history["learning_rate"] == 1.0).all()  # it does not fall because the start was better
    history = found.history.set_index(["epoch", "member"])["valid_loss"]
    assert history.loc[1:].min() > history.loc[0].max() + 0.1  # what training makes of it
    for own in found.objective.members:
        u = jnp.asarray(prior.to_unconstrained(sims.theta))
        density = jax.jit(jax.vmap(own.log_density))(jnp.asarray(sims.x), u) - prior.log_prob_unconstrained(u)
        at = sims.x - theta
        known = stats.norm.logpdf(at, 0, 0.3) - np.log(np.diff(stats.norm.cdf([[-1], [1]], sims.x.T, 0.3), axis=0).T)
        assert abs(float(density.mean()) - (known + np.log(2)).mean()) < 0.01


@pytest.mark.parametrize("objective", [Gaussian, Flow])
def test_a_prior_with_ends_and_without_trains_a_summary(objective):
    """What lies infinitely far has derivatives of zero, not none: 0 times infinity once ended such fits."""
    prior = Prior(a=dist.Uniform(-1, 1), b=dist.Normal(0, 1), c=dist.HalfNormal(1.0))
    theta = np.asarray(prior.sample(2000, key=0))
    x = theta + 0.3 * np.random.default_rng(0).normal(size=theta.shape) * (1 + np.abs(theta))
    sims = Simulations(theta, x, names=prior.names)
    start = objective(Linear(3, 3, key=0), prior)
    found = fit(start, sims, key=1, max_epochs=3, progress=False)
    assert found.objective.start_at.prior is not None and found.stopped == "max_epochs"
    losses = found.history["train_loss"].iloc[1:]
    assert np.isfinite(losses).all() and losses.is_monotonic_decreasing
    slope = jax.jacrev(lambda s: found.objective.draw(s, key=jax.random.key(0)))(jnp.zeros(3))
    assert all(np.isfinite(part).all() for part in slope)
