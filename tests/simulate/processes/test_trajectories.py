"""Trajectories against their covariances, likelihoods and mean squared displacements."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.stats

from suffice.simulate.processes import (
    AnnealedTransientTime,
    Brownian,
    ConfinedBrownian,
    ContinuousTimeRandomWalk,
    FractionalBrownian,
    LevyWalk,
    OrnsteinUhlenbeck,
    ScaledBrownian,
)

GAUSSIAN = [
    (Brownian, np.array([0.3])),
    (FractionalBrownian, np.array([0.4, 0.3])),
    (FractionalBrownian, np.array([1.7, 0.3])),
    (ScaledBrownian, np.array([0.5, 0.3])),
    (ScaledBrownian, np.array([1.6, 0.3])),
    (OrnsteinUhlenbeck, np.array([0.3, 0.2])),
]


def simulated(process, theta, n, seed=0):
    keys = jax.random.split(jax.random.key(seed), n)
    return np.asarray(jax.jit(jax.vmap(process, (0, None)))(keys, jnp.asarray(theta, float)))


@pytest.mark.parametrize("noise", [0.0, 0.4])
@pytest.mark.parametrize(("kind", "theta"), GAUSSIAN)
def test_simulations_have_the_exact_covariance(kind, theta, noise):
    process = kind(12, noise=noise)
    x = simulated(process, theta, 40_000)
    exact = process.covariance(theta)
    # A sample covariance scatters by at most √(2 C_ii C_jj / n).
    scatter = np.sqrt(2 * np.outer(np.diag(exact), np.diag(exact)) / 40_000)
    assert np.abs(np.cov(x, rowvar=False) - exact).max() < 5 * scatter.max()
    assert np.abs(x.mean(axis=0)).max() < 5 * np.sqrt(np.diag(exact).max() / 40_000)


@pytest.mark.parametrize(("kind", "theta"), GAUSSIAN)
def test_the_likelihood_is_that_of_normal_numbers(kind, theta):
    process = kind(9, dims=2, noise=0.1)
    x = simulated(process, theta, 3)
    exact = sum(scipy.stats.multivariate_normal(cov=process.covariance(theta)).logpdf(x[:, :, d]) for d in (0, 1))
    np.testing.assert_allclose(process.step_log_probs(theta, x).sum(axis=1), exact, rtol=1e-8)
    np.testing.assert_allclose(process.log_likelihood(np.stack([theta, theta]), x[0]), exact[[0, 0]], rtol=1e-8)


@pytest.mark.parametrize(("kind", "theta"), GAUSSIAN)
def test_entropies_are_the_mean_surprise_of_each_step(kind, theta):
    process = kind(20)
    x = simulated(process, theta, 20_000)
    np.testing.assert_allclose(-process.step_log_probs(theta, x).mean(axis=0), process.entropies(theta), atol=0.03)


def test_the_covariance_of_fractional_brownian_motion_is_that_of_its_mean_squared_displacement():
    process = FractionalBrownian(400)
    for alpha in (0.2, 1.0, 1.8):
        whole = process.covariance(np.array([alpha, 0.5]))
        msd = [whole[:k, :k].sum() for k in (1, 10, 100, 400)]
        np.testing.assert_allclose(msd, 2 * 0.5 * np.array([1, 10, 100, 400.0]) ** alpha, rtol=1e-9)


def test_the_covariance_of_the_ornstein_uhlenbeck_process_is_that_of_its_positions():
    k, s2 = np.arange(13), 0.2 / 0.3
    positions = s2 * np.exp(-0.3 * np.abs(k[:, None] - k))
    difference = np.diff(np.eye(13), axis=0)
    np.testing.assert_allclose(
        OrnsteinUhlenbeck(12).covariance(np.array([0.3, 0.2])), difference @ positions @ difference.T, rtol=1e-9
    )


def test_a_scaled_series_that_begins_later_is_the_tail_of_one_that_does_not():
    whole, later = ScaledBrownian(50), ScaledBrownian(30, origin=20)
    np.testing.assert_allclose(
        later.exact_variances(np.array([0.4, 1.0])), whole.exact_variances(np.array([0.4, 1.0]))[20:]
    )
    x = simulated(later, [0.4, 1.0], 20_000)
    np.testing.assert_allclose(x.var(axis=0), later.exact_variances(np.array([0.4, 1.0])), rtol=0.06)


def test_the_fisher_matrix_of_brownian_motion_with_noise_is_the_curvature():
    process, theta = FractionalBrownian(15, noise=0.2), np.array([0.7, 0.4])
    x = simulated(process, theta, 20_000)
    step = 1e-4
    log = lambda t: process.step_log_probs(t, x).sum(axis=1)  # noqa: E731
    score = np.stack([(log(theta + step * e) - log(theta - step * e)) / (2 * step) for e in np.eye(2)], axis=1)
    np.testing.assert_allclose(np.cov(score, rowvar=False), process.exact_fisher(theta), rtol=0.05, atol=0.3)
    spread = np.sqrt(np.diag(np.linalg.inv(process.exact_fisher(theta))))
    np.testing.assert_allclose(process.cramer_rao(theta), spread)


def test_no_grid_beats_the_parameters_and_the_posterior_finds_them():
    process = FractionalBrownian(60)
    grid = np.array([[a, d] for a in (0.4, 1.0, 1.6) for d in (0.1, 1.0)])
    x = np.concatenate([simulated(process, theta, 200, seed) for seed, theta in enumerate(grid)])
    truth = np.repeat(np.arange(6), 200)
    log = process.exact_log_posterior(grid, x)
    np.testing.assert_allclose(np.exp(log).sum(axis=1), 1)
    assert (log.argmax(axis=1) == truth).mean() > 0.9
    floor = process.predictive_floor(grid, x, first=10, informed=True).mean()
    known = np.mean([-process.step_log_probs(grid[t], row[None])[0, 10:].mean() for t, row in zip(truth, x)])
    assert known < floor < known + np.log(6) / 50


ANOMALOUS = [
    (ContinuousTimeRandomWalk, [0.6, 0.5], 0.6),
    (AnnealedTransientTime, [0.6, 0.5], 0.6),
    (LevyWalk, [1.4, 0.5], 1.4),
]


@pytest.mark.parametrize(("kind", "theta", "alpha"), ANOMALOUS)
def test_the_ensemble_spreads_as_the_power_that_it_should(kind, theta, alpha):
    x = simulated(kind(2000), theta, 4000)
    k = np.array([60, 120, 250, 500, 1000, 2000])
    msd = (np.cumsum(x, axis=1)[:, k - 1] ** 2).mean(axis=0)
    assert np.polyfit(np.log(k), np.log(msd), 1)[0] == pytest.approx(alpha, abs=0.1)


def test_walls_keep_a_particle_in_and_far_walls_leave_it_free():
    near, far = simulated(ConfinedBrownian(400), [1e-2, 0.5], 500), simulated(ConfinedBrownian(50), [1e-2, 1e4], 2000)
    positions = np.cumsum(near, axis=1)
    assert np.ptp(positions, axis=1).max() <= 0.5 + 1e-5
    # Uniform in the box at late times, independent of the start: the squared distance is L² / 6.
    assert (positions[:, -1] ** 2).mean() == pytest.approx(0.25 / 6, rel=0.12)
    assert far.var() == pytest.approx(2e-2, rel=0.03)


def test_several_dimensions_are_as_one_each():
    flat = simulated(LevyWalk(100, dims=3), [1.5, 0.2], 200)
    assert flat.shape == (200, 100, 3)
    assert np.linalg.norm(flat, axis=2).max() <= 0.2 + 1e-5
    assert simulated(FractionalBrownian(10, dims=2), [0.5, 1.0], 3).shape == (3, 10, 2)


def test_settings_and_shapes_that_cannot_be_are_refused():
    with pytest.raises(ValueError, match="steps and dims"):
        Brownian(0)
    with pytest.raises(ValueError, match="noise finite and not negative"):
        LevyWalk(10, noise=-1.0)
    with pytest.raises(ValueError, match="origin"):
        ScaledBrownian(10, origin=-1)
    with pytest.raises(ValueError, match="must be of shape"):
        Brownian(10).step_log_probs(np.array([0.1]), np.ones((3, 9)))


@pytest.mark.parametrize(
    ("process", "theta", "words"),
    [
        (Brownian(10), [1.0, 1e-3], r"parameters of Brownian are D, so theta must be \(1,\), but \(2,\) came"),
        (FractionalBrownian(10), [1.0], r"are alpha, D, so theta must be \(2,\), but \(1,\) came"),
        (FractionalBrownian(10), 1.0, r"theta must be \(2,\), but \(\) came"),
        (FractionalBrownian(10), [1.0, -1e-3], "D of FractionalBrownian must be finite, above 0, but -0.001 came"),
        (FractionalBrownian(10), [2.0, 1e-3], "alpha of FractionalBrownian must be finite, above 0 and below 2, but 2"),
        (ScaledBrownian(10), [np.nan, 1e-3], "alpha of ScaledBrownian must be finite, above 0, but nan came"),
        (OrnsteinUhlenbeck(10), [0.0, 1e-3], "rate of OrnsteinUhlenbeck must be finite, above 0, but 0 came"),
    ],
)
def test_parameters_of_another_process_are_refused(process, theta, words):
    x = np.ones((2, 10))
    for call in (process.covariance, process.cramer_rao, lambda t: process.step_log_probs(t, x)):
        with pytest.raises(ValueError, match=words):
            call(theta)
    if np.ndim(theta):
        with pytest.raises(ValueError, match=words.split(" must be")[0]):
            process.predictive_floor([theta], x, 2)


def test_trajectories_and_settings_that_make_no_sense_are_refused():
    process, theta = FractionalBrownian(10), [1.0, 1e-3]
    for grid in (theta, np.zeros((0, 2))):
        with pytest.raises(ValueError, match=r"theta must be \(m, 2\)"):
            process.grid_log_probs(grid, np.ones((2, 10)))
    with pytest.raises(ValueError, match="trajectories must be of shape"):
        process.step_log_probs(theta, np.ones(10))
    with pytest.raises(ValueError, match="not finite"):
        process.step_log_probs(theta, np.full((2, 10), np.nan))
    with pytest.raises(ValueError, match="masks"):
        process.step_log_probs(theta, {"x": np.ones((2, 10)), "mask": np.ones((2, 10), bool)})
    for one in (FractionalBrownian, ScaledBrownian):
        with pytest.raises(ValueError, match=r"trajectories of 1 steps cannot tell alpha, D0? apart"):
            one(1).cramer_rao([1.0, 1.0])
    for wrong in ({"steps": 10.5}, {"noise": np.inf}, {"dims": 0}):
        with pytest.raises((ValueError, TypeError), match=r"steps|noise"):
            FractionalBrownian(**wrong)
