"""No sampler runs on without end: each has a budget, something to fall back on, and says what its draws are worth."""

import time

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import numpyro.distributions as dist
import pytest

import suffice as sf
from suffice.posteriors import Region
from suffice.posteriors._adaptive import adaptive_draws
from suffice.posteriors._kernel import fitting, proposals
from suffice.posteriors._nuts import nuts
from suffice.posteriors._weighted import Weighted

BOX = sf.Prior(a=dist.Uniform(-1, 1), b=dist.Uniform(-1, 1))


def normal(mean, std):
    """A posterior that is N(mean, std² 1), cut off at the box, as `reweight` and rounds have it."""
    mean = jnp.asarray(mean)

    class Known(sf.objectives.AbstractDensityObjective):
        prior: sf.core.Frozen
        monitor = "loss"

        @property
        def summary(self):
            return lambda x: x

        def draw(self, s, *, key):
            theta = jnp.clip(mean + std * jax.random.normal(key, (2,)), -0.999, 0.999)
            u = BOX.to_unconstrained(theta[None])[0]
            return u, self.log_density(s, u)

        def log_density(self, s, u):
            theta = BOX.from_unconstrained(u[None])
            jacobian = BOX.log_prob_unconstrained(u[None]) - BOX.log_prob(theta)
            return jax.scipy.stats.norm.logpdf(theta[0], mean, std).sum() + jacobian[0]

        def start(self, rows, *, names, key):
            return self

        def finish(self, held_out, *, key):
            return self

        def loss(self, batch, *, key, step):
            raise NotImplementedError

    return sf.posteriors.of_objective(
        Known(sf.core.Frozen(BOX)), BOX, jnp.zeros((1, 1)), single=True, key=jax.random.key(0)
    )


@pytest.fixture(scope="module")
def sliver():
    """A thousandth of the prior, in either direction."""
    return normal([0.3, -0.5], 1e-3)


def test_every_posterior_of_draws_says_what_they_are_worth(sliver):
    assert sliver.ess == pytest.approx(10_000) and sliver.acceptance == pytest.approx(1.0)
    beside = jnp.array([0.301, -0.5])  # one standard deviation off: weights of two normals are worth exp(-1) of n
    moved = sf.reweight(sliver, lambda theta: -0.5 * jnp.sum(((theta - beside) / 1e-3) ** 2), n=4000)
    assert moved.acceptance == pytest.approx(np.exp(-1), rel=0.15)
    assert moved.ess == pytest.approx(4000 * moved.acceptance)


def test_a_region_on_a_sliver_of_the_prior_is_drawn_by_resampling(sliver):
    region = Region(BOX).narrowed(sliver, 1e-3)
    start = time.perf_counter()
    drawn = region.sample(500, key=0)
    assert time.perf_counter() - start < 30 and drawn.shape == (500, 2) and region.contains(drawn).all()
    # The prior inside a disc is flat: mean squared distance r² / 2, with r of the region.
    r2 = -2 * 1e-6 * np.log(1e-3)
    assert ((drawn - [0.3, -0.5]) ** 2).sum(axis=1).mean() == pytest.approx(r2 / 2, rel=0.15)


def test_regions_with_nothing_in_common_fall_back_to_the_last(sliver):
    region = Region(BOX).narrowed(sliver, 1e-3).narrowed(normal([-0.8, 0.8], 1e-3), 1e-3)
    with pytest.warns(UserWarning, match="nothing in common"):
        drawn = region.sample(100, key=0)
    np.testing.assert_allclose(drawn.mean(axis=0), [-0.8, 0.8], atol=1e-3)


def test_a_target_that_fresh_draws_miss_is_drawn_from_the_kept_ones(sliver):
    """Only the very draws that were kept have any weight."""
    kept = jnp.asarray(sliver.draws.theta[0, :3], float)

    def log_likelihood(theta):
        return jnp.where((jnp.abs(theta - kept) < 1e-7).all(axis=1).any(), 0.0, -jnp.inf)

    with pytest.warns(UserWarning, match="worth only"):
        found = sf.reweight(sliver, log_likelihood, n=10_000)
    drawn = found.sample(30, key=5)
    assert len(np.unique(drawn, axis=0)) <= 3 and np.isfinite(drawn).all()
    with pytest.raises(ValueError, match="no draw of the posterior has any weight"):
        sf.reweight(sliver, lambda theta: -jnp.inf * jnp.ones(()), n=1000)


def test_weighted_draws_of_a_sliver_find_it_and_of_nothing_end():
    def log_ratio(theta):
        return -0.5 * (((theta - np.array([0.3, -0.5])) / 1e-3) ** 2).sum(axis=-1)

    found = adaptive_draws(BOX, log_ratio, 1, 4000, key=0)
    draws = Weighted(found.theta[0], found.log_weight[0])
    assert draws.ess > 1000
    np.testing.assert_allclose(draws.weights @ draws.theta, [0.3, -0.5], atol=2e-4)
    empty = adaptive_draws(BOX, lambda theta: np.full(theta.shape[:2], -np.inf), 1, 200, key=0)
    assert np.isneginf(empty.log_weight).all()
    with pytest.raises(ValueError, match="no draw has any weight"):
        Weighted(empty.theta[0], empty.log_weight[0]).resample(5, key=0)


def test_chains_in_a_narrow_valley_end_within_their_budget():
    """Scales that differ by 10⁵, along a diagonal: trajectories are cut at 256 steps."""
    turned = np.array([[1.0, -1.0], [1.0, 1.0]]) / np.sqrt(2)

    def log_density(u):
        return -0.5 * ((jnp.asarray(turned) @ u / jnp.array([1.0, 1e-5])) ** 2).sum()

    start = time.perf_counter()
    try:
        drawn = nuts(log_density, jnp.zeros((2, 2)) + 1e-6, 200, key=0, warmup=100)
    except UserWarning as told:  # warnings are errors here
        assert "may not have converged" in str(told)
    else:
        assert drawn.shape == (200, 2)
    assert time.perf_counter() - start < 60


def test_a_prior_that_is_a_sliver_of_a_gaussian_is_drawn_from():
    """N(0, 1) cut off at a box of 10⁻⁵: the posterior is the box."""
    prior = sf.Prior(m=dist.Uniform(-5e-6, 5e-6))
    found = sf.GaussianApproximation(prior, lambda x: x, [[1.0]]).condition(np.zeros(1))
    drawn = found.sample(2000, key=0)
    assert (np.abs(drawn) <= 5e-6).all() and found.std[0] == pytest.approx(1e-5 / np.sqrt(12), rel=0.05)
    assert found.ess > 10_000 and 0 < found.acceptance <= 1
    assert found.log_prob(np.zeros((1, 1)))[0] == pytest.approx(np.log(1e5), abs=0.02)


def simulator(key, theta):
    return theta + 0.1 * jax.random.normal(key, (2,))


def test_rejection_ends_when_it_cannot_succeed():
    method = sf.ABC(BOX, simulator, lambda x: x, np.eye(2) / 0.01)
    settings = {"accepted": 1000, "epsilon": 0.1, "max_simulations": 10_000_000, "progress": False, "key": 0}
    with pytest.warns(UserWarning, match="would not give them"):
        run = method.run(np.array([30.0, 0.0]), **settings)
    assert run.total < 100_000
    with pytest.raises(ValueError, match="0 of"):
        run.accept(epsilon=0.1)
    near = method.run(np.array([0.3, 0.0]), **(settings | {"accepted": 200, "epsilon": 0.5}))
    posterior = near.accept(epsilon=0.5)
    assert (
        len(posterior.theta) >= 200
        and posterior.acceptance > 0
        and posterior.ess == pytest.approx(len(posterior.theta))
    )


def test_a_population_far_outside_ends_with_its_budget():
    method = sf.PMC(BOX, simulator, lambda x: x, np.eye(2) / 0.01)
    settings = {"particles": 50, "epsilon": 0.1, "max_simulations": 20_000, "progress": False, "key": 0}
    with pytest.warns(UserWarning, match="all that max_simulations allows"):
        run = method.run(np.array([30.0, 0.0]), stop_rate=1e-6, **settings)
    assert run.stopped == "max_simulations" and run.history["simulations"].iloc[-1] <= 20_000 + 8192
    assert {"acceptance", "ess"} <= set(run.history.columns) and run.posterior.ess > 1


def test_a_kernel_in_a_corner_of_many_parameters_is_narrowed():
    """Of draws moved by a kernel as wide as the box, one in 2⁴⁰ would stay inside."""
    box = sf.Prior(z=dist.Uniform(0, 1).expand([40]))
    theta, weights = np.full((20, 40), 1e-3), np.full(20, 1 / 20)
    root = fitting(box, theta, weights, 0.5 * np.eye(40))
    assert root[0, 0] < 0.01
    moved = proposals(box, theta, weights, root, 100, np.random.default_rng(0))
    assert moved.shape == (100, 40) and np.asarray(box.contains(moved)).all()
    wide = fitting(box, np.full((20, 40), 0.5), weights, 0.05 * np.eye(40))
    np.testing.assert_array_equal(wide, 0.05 * np.eye(40))


def test_an_ensemble_that_disagrees_is_wide_and_says_so(sliver):
    from suffice.posteriors._mixture import mixture

    both = mixture((sliver, normal([-0.8, 0.8], 1e-3)))
    drawn = both.sample(400, key=0)
    assert (drawn[:, 0] > 0).mean() == pytest.approx(0.5, abs=0.01)
    assert (both.spread > 0.9).all() and both.acceptance == pytest.approx(1.0)
    region = Region(BOX).narrowed(both, 1e-2)
    assert region.contains(drawn).mean() > 0.9 and region.sample(100, key=1).shape == (100, 2)


def test_an_observation_far_outside_a_learned_likelihood_is_refused_or_bounded():
    """So far off that every density underflows."""

    from suffice.posteriors._target import log_ratio, Target
    from suffice.posteriors._target_posterior import target_posterior

    class Learned(eqx.Module):
        scale: float

    @log_ratio.register
    def _(objective: Learned, context, theta):
        away = -((theta - context[0, 0]) ** 2).sum() / objective.scale
        return jnp.where(context.sum() > 1e6, -jnp.inf, away)

    settings = {"single": True, "key": jax.random.key(0)}
    with pytest.raises(ValueError, match="lie too far outside of the simulations"):
        target_posterior(Target(Learned(1.0)), BOX, jnp.full((1, 1, 1), 1e9), **settings)
    near = target_posterior(Target(Learned(0.02)), BOX, jnp.full((1, 1, 1), 0.2), **settings)
    np.testing.assert_allclose(near.sample(2000, key=0).std(axis=0), 0.1, rtol=0.1)
    assert 0 < near.acceptance <= 1 and near.ess > 1000
