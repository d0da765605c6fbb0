"""Likelihood-free posteriors against exact ones: a Gaussian with a known variance, and ten draws with both unknown."""

import jax
import jax.numpy as jnp
import numpy as np
import numpyro.distributions as dist
import pytest
from scipy import stats

import suffice as sf

MATRIX = np.array([[1.0, 0.6], [0.0, 1.0], [0.4, -0.3]])
FISHER = MATRIX.T @ MATRIX / 0.25
PRIOR = sf.Prior(a=dist.Normal(0, 1), b=dist.Normal(0, 1))
COVARIANCE = np.linalg.inv(FISHER + np.eye(2))
TRUTH = np.array([0.4, -0.7])
X = MATRIX @ TRUTH
MEAN = COVARIANCE @ FISHER @ TRUTH


def simulator(key, theta):
    return MATRIX @ theta + 0.5 * jax.random.normal(key, (3,))


def estimate(x):
    return jnp.linalg.pinv(jnp.asarray(MATRIX)) @ x


def numpy_simulator(rng, theta):
    return MATRIX @ theta + 0.5 * rng.normal(size=3)


def numpy_estimate(x):
    return np.linalg.lstsq(MATRIX, np.asarray(x), rcond=None)[0].astype(float)


def close(posterior, rtol=0.08):
    std = np.sqrt(np.diag(COVARIANCE))
    same_mean = np.allclose(posterior.mean, MEAN, rtol=0, atol=0.12 * std.max())
    return same_mean and np.allclose(posterior.std, std, rtol=rtol, atol=0)


@pytest.fixture(scope="module")
def abc():
    return sf.ABC(PRIOR, simulator, estimate, FISHER).run(X, draws=200_000, key=0, progress=False)


@pytest.fixture(scope="module")
def pmc():
    return sf.PMC(PRIOR, simulator, estimate, FISHER).run(X, particles=2000, epsilon=0.4, key=0, progress=False)


class TestGaussianApproximation:
    method = sf.GaussianApproximation(PRIOR, estimate, FISHER)

    def test_is_exact_for_a_gaussian(self):
        posterior = self.method.condition(X)
        np.testing.assert_allclose(posterior.mean, MEAN, atol=3e-3)
        np.testing.assert_allclose(posterior.std, np.sqrt(np.diag(COVARIANCE)), rtol=0.01)
        theta = np.array([[0.1, 0.2], [0.5, -0.5]])
        exact = dist.MultivariateNormal(MEAN, COVARIANCE).log_prob(theta)
        np.testing.assert_allclose(posterior.log_prob(theta), exact, atol=0.01)
        draws = posterior.sample(50_000, key=1)
        np.testing.assert_allclose(np.cov(draws, rowvar=False), COVARIANCE, rtol=0.05, atol=2e-3)

    def test_a_grid_holds_the_mass_and_the_prior(self):
        grid = self.method.condition(X).grid(80)
        cell = np.prod([axis[1] - axis[0] for axis in grid.axes])
        assert grid.posterior.sum() * cell == pytest.approx(1, abs=0.01)
        assert grid.likelihood.sum() * cell == pytest.approx(1, abs=0.01)
        assert grid.axes[0][grid.posterior.sum(axis=1).argmax()] == pytest.approx(MEAN[0], abs=0.1)

    def test_the_prior_cuts(self):
        prior = sf.Prior(a=dist.Uniform(0.3, 5), b=dist.Uniform(-5, 5))
        posterior = sf.GaussianApproximation(prior, estimate, FISHER).condition(X)
        assert posterior.sample(1000, key=0)[:, 0].min() >= 0.3
        assert np.isneginf(posterior.log_prob(np.array([[0.0, 0.0]])))
        assert posterior.log_prob(np.zeros((0, 2))).shape == (0,)

    def test_many_observations(self):
        both = self.method.condition_many(np.stack([X, 0 * X]))
        np.testing.assert_allclose(both[0].mean, MEAN, atol=3e-3)
        np.testing.assert_allclose(both[1].mean, 0, atol=3e-3)

    def test_an_estimate_outside_the_prior_is_refused(self):
        prior = sf.Prior(a=dist.Uniform(1, 5), b=dist.Uniform(-5, 5))
        with pytest.raises(ValueError, match=r"no density at the estimate a = 0.4"):
            sf.GaussianApproximation(prior, estimate, FISHER).condition(X)


class TestABC:
    def test_finds_the_posterior(self, abc):
        assert close(abc.accept(epsilon=0.4))
        assert close(abc.accept(quantile=0.02))

    def test_regression_takes_away_the_width_of_epsilon(self, abc):
        std = np.sqrt(np.diag(COVARIANCE))
        wide, moved = abc.accept(epsilon=2.0), abc.accept(epsilon=2.0, adjust=True)
        assert (wide.std > 1.2 * std).all()
        assert close(moved, rtol=0.05)

    def test_accepts_again_without_simulating(self, abc):
        few, many = abc.accept(epsilon=0.3), abc.accept(epsilon=0.6)
        assert len(few.theta) < len(many.theta) and few.simulations == many.simulations == 200_000
        assert few.distance.max() <= 0.3
        assert len(abc.rejected(0.3, 500)) == 500

    def test_runs_until_enough_are_accepted(self):
        run = sf.ABC(PRIOR, simulator, estimate, FISHER).run(X, accepted=500, epsilon=0.5, key=1, progress=False)
        posterior = run.accept(epsilon=0.5)
        assert len(posterior.theta) >= 500 and posterior.simulations == run.total
        with pytest.raises(ValueError, match=r"within 0.5 only"):
            run.accept(epsilon=0.9)
        with pytest.warns(UserWarning, match="gave 0 accepted"):
            sf.ABC(PRIOR, simulator, estimate, FISHER).run(
                X, accepted=50, epsilon=1e-6, max_simulations=10_000, progress=False
            )

    def test_uses_and_keeps_simulations(self):
        sims = sf.simulate(PRIOR, simulator, 30_000, key=4, progress=False)
        run = sf.ABC(PRIOR, None, estimate, FISHER).run(X, simulations=sims)
        assert run.total == 30_000
        assert close(run.accept(epsilon=0.8), rtol=0.15)
        kept = sf.ABC(PRIOR, simulator, estimate, FISHER).run(X, draws=500, keep=True, progress=False)
        assert kept.simulations.x.shape == (500, 3)
        with pytest.raises(ValueError, match="keep and store need draws="):
            sf.ABC(PRIOR, simulator, estimate, FISHER).run(X, accepted=5, epsilon=1.0, keep=True)

    def test_many_observations_share_the_simulations(self):
        runs = sf.ABC(PRIOR, simulator, estimate, FISHER).run_many(np.stack([X, 0 * X]), draws=100_000, progress=False)
        assert close(runs[0].accept(epsilon=0.6), rtol=0.12)
        np.testing.assert_allclose(runs[1].accept(epsilon=0.6).mean, 0, atol=0.06)

    def test_simulators_that_jax_cannot_trace(self):
        method = sf.ABC(PRIOR, numpy_simulator, numpy_estimate, FISHER, workers=1)
        run = method.run(X, draws=2000, progress=False)
        assert len(run.compared) == 2000
        np.testing.assert_allclose(run.accept(quantile=0.05).mean, MEAN, atol=0.2)

    def test_nothing_accepted_says_the_smallest_distance(self, abc):
        with pytest.raises(ValueError, match=r"0 of 200000 .* the nearest is 0\.\d+ away"):
            abc.accept(epsilon=1e-9)


class TestPMC:
    def test_finds_the_posterior(self, pmc):
        assert pmc.stopped == "epsilon" and pmc.posterior.epsilon <= 0.4
        assert close(pmc.posterior)

    def test_needs_fewer_simulations_than_rejection(self):
        prior = sf.Prior(a=dist.Uniform(-20, 20), b=dist.Uniform(-20, 20))
        arguments = (prior, simulator, estimate, FISHER)
        pmc = sf.PMC(*arguments).run(X, particles=500, epsilon=0.5, stop_rate=1e-6, progress=False)
        abc = sf.ABC(*arguments).run(X, draws=400_000, progress=False).accept(epsilon=0.5)
        assert pmc.posterior.acceptance > 10 * abc.acceptance
        np.testing.assert_allclose(pmc.posterior.std, np.sqrt(np.diag(np.linalg.inv(FISHER))), rtol=0.15)

    def test_weights_are_the_published_ones(self):
        from suffice.posteriors._kernel import log_mixture, root_of

        rng = np.random.default_rng(0)
        theta, centres, weights = rng.normal(size=(5, 2)), rng.normal(size=(7, 2)), rng.dirichlet(np.ones(7))
        covariance = np.array([[2.0, 0.5], [0.5, 1.0]])
        # Student's t of four degrees of freedom has twice the covariance of its scale matrix.
        root = np.linalg.cholesky(covariance / 2)
        kernels = [dist.MultivariateStudentT(4.0, c, root).log_prob(theta) for c in centres]
        exact = np.log(np.einsum("j,jn->n", weights, np.exp(kernels)))
        found = np.asarray(log_mixture(theta, centres, weights, root_of(covariance)))
        np.testing.assert_allclose(found - found[0], exact - exact[0], atol=1e-4)

    def test_draws_of_the_kernel_have_its_covariance(self):
        from suffice.posteriors._kernel import _student

        draws = _student(400_000, 2, np.random.default_rng(0))
        np.testing.assert_allclose(np.cov(draws.T), np.eye(2), atol=0.05)
        radius = (draws**2).sum(axis=1)
        # P(r² / 2 > q) of F(2, 4), at covariance 1 = twice the scale.
        for square in (1.0, 4.0, 20.0):
            assert np.mean(radius > square) == pytest.approx(stats.f(2, 4).sf(square * 2 / 2), rel=0.02)

    def test_history_tells_each_generation(self, pmc):
        assert list(pmc.history) == ["epsilon", "simulations", "acceptance", "ess"]
        assert (np.diff(pmc.history.epsilon) < 0).all() and (np.diff(pmc.history.simulations) > 0).all()

    def test_stops_by_the_rate_and_by_the_limit(self):
        method = sf.PMC(PRIOR, simulator, estimate, FISHER)
        assert method.run(X, particles=200, stop_rate=0.1, progress=False).stopped == "rate"
        with pytest.warns(UserWarning, match="all that max_simulations allows"):
            run = method.run(X, particles=200, epsilon=1e-6, stop_rate=1e-9, max_simulations=5000, progress=False)
        assert run.stopped == "max_simulations" and run.posterior.simulations <= 5000 + 8192

    def test_the_same_key_gives_the_same_population(self):
        method = sf.PMC(PRIOR, simulator, estimate, FISHER)
        one, two = (method.run(X, particles=100, stop_rate=0.2, key=3, progress=False) for _ in range(2))
        np.testing.assert_array_equal(one.posterior.theta, two.posterior.theta)

    def test_a_bounded_prior_is_never_left(self):
        prior = sf.Prior(a=dist.Uniform(0.3, 5), b=dist.Uniform(-5, 5))
        run = sf.PMC(prior, simulator, estimate, FISHER).run(X, particles=500, stop_rate=0.1, progress=False)
        assert run.posterior.theta[:, 0].min() >= 0.3


def test_particles_are_a_posterior():
    posterior = sf.posteriors.Particles(
        np.array([[0.0], [1.0], [2.0]]),
        np.array([0.5, 0.25, 0.25]),
        np.zeros(3),
        epsilon=1.0,
        simulations=10,
        names=("a",),
    )
    assert posterior.mean[0] == 0.75 and posterior.ess == pytest.approx(1 / 0.375)
    assert posterior.sample(4000, key=0).mean() == pytest.approx(0.75, abs=0.01)
    assert posterior.quantile(0.25)[0] == 0.0
    assert posterior.to_arviz().posterior["a"].shape == (1, 4000)


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda: sf.ABC(PRIOR, simulator, estimate, np.eye(3)), r"shape \(2, 2\)"),
        (lambda: sf.PMC(PRIOR, simulator, estimate, np.zeros((2, 2))), "positive definite"),
        (lambda: sf.GaussianApproximation(PRIOR, estimate, [[1.0, 0.5], [0.0, 1.0]]), "symmetric"),
        (lambda: sf.GaussianApproximation(PRIOR, lambda x: x, FISHER).condition(X), r"\(2,\), but \(3,\) came"),
        (lambda: sf.GaussianApproximation(PRIOR, estimate, FISHER).condition(X * np.nan), "non-finite"),
        (lambda: sf.GaussianApproximation(PRIOR, estimate, FISHER).condition(X).quantile(1.5), "q must lie between"),
        (lambda: sf.ABC(PRIOR, simulator, estimate, FISHER).run(X), "give draws"),
        (lambda: sf.ABC(PRIOR, None, estimate, FISHER).run(X, draws=10), "without a simulator"),
        (lambda: sf.PMC(PRIOR, simulator, estimate, FISHER).run(X, particles=100, initial=10), "initial"),
        (lambda: sf.PMC(PRIOR, simulator, estimate, FISHER).run(X, particles=1), "particles"),
        (lambda: sf.PMC(PRIOR, simulator, estimate, FISHER).run(X, stop_rate=2.0), "stop_rate"),
    ],
)
def test_what_does_not_fit_is_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()
