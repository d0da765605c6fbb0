"""The exact answers of the regression, against brute force."""

import jax
import numpy as np
import pytest

from suffice.simulate.processes import LinearRegression

PROCESS = LinearRegression()
# In the middle of the box, near an edge, at a corner, and fitted outside the box.
TRUTHS = np.array([[0.1, -0.3, 0.2], [0.0, 0.99, -0.97], [1.0, 1.0, 1.0], [-1.03, 0.2, 1.05]])


def observations(truths: np.ndarray, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return truths @ PROCESS.design().T + PROCESS.noise * rng.normal(size=(len(truths), PROCESS.bins))


def brute_force(x: np.ndarray, points: int = 241) -> tuple[list[np.ndarray], list[np.ndarray], float]:
    """Axes, marginal densities and log evidence by the likelihood itself on a grid of three dimensions."""
    design, middle = PROCESS.design(), np.linalg.lstsq(PROCESS.design(), x)[0]
    std = PROCESS.noise * np.sqrt(np.diag(np.linalg.inv(design.T @ design)))
    edges = [
        np.linspace(
            max(-1, m - 7 * s) if m < 1 else 1 - 5 * s,
            min(1, m + 7 * s) if m > -1 else -1 + 5 * s,
            points + 1,
        )
        for m, s in zip(middle, std, strict=True)
    ]
    axes = [(e[1:] + e[:-1]) / 2 for e in edges]
    widths = [e[1] - e[0] for e in edges]
    # |x - A z|² = |A z|² - 2 (Aᵀ x) z + |x|²: cheap on a grid.
    z = np.stack(np.meshgrid(*axes, indexing="ij"), -1).reshape(-1, 3)
    square = ((z @ (design.T @ design)) * z).sum(1) - 2 * z @ (design.T @ x) + x @ x
    log_p = (-0.5 * square / PROCESS.noise**2).reshape(3 * (points,))
    p = np.exp(log_p - log_p.max())
    total = p.sum() * np.prod(widths)
    others = [(1, 2), (0, 2), (0, 1)]
    marginals = [p.sum(o) * np.prod([widths[k] for k in o]) / total for o in others]
    log_evidence = np.log(total / 8) + log_p.max()
    return axes, marginals, log_evidence


@pytest.mark.parametrize("truth", TRUTHS, ids=["middle", "edge", "corner", "outside"])
def test_marginals_and_moments_match_a_grid_of_three_dimensions(truth):
    x = observations(truth[None])[0]
    axes, densities, _ = brute_force(x)
    mean, std = PROCESS.exact_mean_std(x)
    for i, (axis, density) in enumerate(zip(axes, densities, strict=True)):
        exact = PROCESS.exact_marginal(x, i, axis)
        np.testing.assert_allclose(exact, density, atol=2e-3 * density.max())
        mass = density / density.sum()
        np.testing.assert_allclose(mean[i], mass @ axis, atol=2e-3 * std[i])
        np.testing.assert_allclose(std[i], np.sqrt(mass @ (axis - mass @ axis) ** 2), rtol=3e-3)


def test_joint_log_ratio_is_likelihood_over_evidence():
    for x, truth in zip(observations(TRUTHS[:3]), TRUTHS[:3], strict=True):
        _, _, log_evidence = brute_force(x)
        residual = x - PROCESS.design() @ truth
        expected = -0.5 * residual @ residual / PROCESS.noise**2 - log_evidence
        found = PROCESS.exact_joint_log_ratio(truth[None], x[None])[0]
        np.testing.assert_allclose(found, expected, atol=2e-3)


def test_ratios_times_prior_integrate_to_one():
    x = observations(TRUTHS)
    points = 4001
    grid = np.linspace(-1, 1, points)
    for row in x:
        z = np.broadcast_to(grid[:, None], (points, 3))
        ratio = np.exp(PROCESS.exact_log_ratio(z, np.broadcast_to(row, (points, PROCESS.bins))))
        np.testing.assert_allclose(np.trapezoid(ratio / 2, grid, axis=0), 1.0, atol=2e-5)


def test_loss_of_the_exact_ratios_is_the_known_one():
    n = 20_000
    theta = PROCESS.prior.sample(n, key=0)
    x = jax.vmap(PROCESS)(jax.random.split(jax.random.key(1), n), theta)
    joint = PROCESS.exact_log_ratio(theta, x)
    shuffled = PROCESS.exact_log_ratio(np.roll(theta, 1, axis=0), x)
    loss = np.logaddexp(0, -joint).mean(0) + np.logaddexp(0, shuffled).mean(0) - 2 * np.log(2)
    assert np.isfinite(shuffled).all()
    np.testing.assert_allclose(loss.sum(), -3.16, atol=0.015)


def test_posterior_is_calibrated():
    """The truth, counted in exact standard deviations from the exact mean, has mean 0 and variance 1."""
    n = 5000
    theta = np.asarray(PROCESS.prior.sample(n, key=2))
    x = jax.vmap(PROCESS)(jax.random.split(jax.random.key(3), n), theta)
    mean, std = PROCESS.exact_mean_std(x)
    score = (theta - mean) / std
    np.testing.assert_allclose(score.mean(0), 0, atol=4 / np.sqrt(n))
    np.testing.assert_allclose((score**2).mean(0), 1, atol=4 * np.sqrt(2 / n))


def test_exact_box_where_the_posterior_is_an_uncut_gaussian():
    low, high = LinearRegression(noise=0.01).exact_box(np.zeros(100), 1e-6)
    np.testing.assert_allclose(high, [0.0079, 0.0090, 0.0173], atol=5e-5)
    np.testing.assert_allclose(low, -high, rtol=1e-6)


def test_exact_box_ends_where_the_marginal_has_fallen_to_the_threshold():
    x = observations(TRUTHS)[1]
    low, high = PROCESS.exact_box(x, 1e-3)
    assert high[1] == pytest.approx(1.0) and low[2] == pytest.approx(-1.0)  # cut by the prior
    for i, end in ((0, low[0]), (0, high[0]), (1, low[1]), (2, high[2])):
        peak = PROCESS.exact_marginal(x, i, np.linspace(low[i], high[i], 4001)).max()
        assert PROCESS.exact_marginal(x, i, np.array([end]))[0] / peak == pytest.approx(1e-3, rel=1e-3)


def test_information_is_close_to_that_of_an_uncut_gaussian():
    """With little noise hardly any posterior is cut: I = log 2 - entropy of the Gaussian, up to the cut."""
    process = LinearRegression(noise=0.002)
    std = np.sqrt(np.diag(np.linalg.inv(process.fisher())))
    expected = np.log(2) - 0.5 * np.log(2 * np.pi * np.e * std**2)
    joint = 3 * np.log(2) - 1.5 * np.log(2 * np.pi * np.e) + 0.5 * np.linalg.slogdet(process.fisher())[1]
    found = process.exact_information(4000, key=0)
    assert list(found) == ["z[0]", "z[1]", "z[2]", "joint"]
    for estimate, value in zip(found.values(), [*expected, joint], strict=True):
        assert estimate.low - 0.01 < value < estimate.high + 0.01


def test_fisher_matrix_against_the_curvature_of_a_simulation():
    key, theta = jax.random.key(0), np.array([0.1, 0.2, 0.3], np.float32)
    slope = jax.jacfwd(lambda z: PROCESS(key, z))(theta)
    np.testing.assert_allclose(PROCESS.fisher(), slope.T @ slope / PROCESS.noise**2, rtol=1e-4, atol=1e-3)


def test_one_observation_gives_the_row_of_many():
    x = observations(TRUTHS)
    mean, std = PROCESS.exact_mean_std(x)
    assert mean.shape == (4, 3)
    np.testing.assert_allclose(PROCESS.exact_mean_std(x[2]), (mean[2], std[2]))
    grid = np.linspace(-1.5, 1.5, 31)
    density = PROCESS.exact_marginal(x, 1, grid)
    assert density.shape == (4, 31) and (density[:, np.abs(grid) > 1.01] == 0).all()
    np.testing.assert_allclose(PROCESS.exact_marginal(x[2], 1, grid), density[2])


def test_far_outside_ratios_stay_finite():
    """Thousands of standard deviations off: no overflow, no nan."""
    theta = np.array([[0.999, -0.999, 0.999]])
    ratio = PROCESS.exact_log_ratio(theta, observations(np.array([[-1.0, 1.0, -1.0]])))
    assert np.isfinite(ratio).all() and (ratio < -100).all()


def test_outliers_come_at_the_asked_rate_and_have_no_exact_answer():
    process = LinearRegression(noise=0.01, outliers=0.03)
    x = jax.vmap(process, (0, None))(jax.random.split(jax.random.key(0), 500), np.zeros(3, np.float32))
    counts = np.round(np.asarray(x) / 5)
    np.testing.assert_allclose(np.asarray(x), 5 * counts, atol=0.06)
    assert abs(counts.mean() - 0.03) < 4 * np.sqrt(0.03 / counts.size)
    for exact in (
        process.fisher,
        lambda: process.exact_mean_std(x),
        lambda: process.exact_log_ratio(np.zeros((500, 3)), x),
        lambda: process.exact_joint_log_ratio(np.zeros((500, 3)), x),
        lambda: process.exact_information(10, key=0),
    ):
        with pytest.raises(ValueError, match="none is known"):
            exact()


@pytest.mark.parametrize("wrong", [{"noise": 0.0}, {"noise": float("nan")}, {"bins": 2}, {"outliers": -0.1}])
def test_impossible_settings_are_refused(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        LinearRegression(**wrong)


def test_data_of_another_length_are_refused():
    with pytest.raises(ValueError, match="100 bins"):
        PROCESS.exact_mean_std(np.zeros(99))
    with pytest.raises(ValueError, match="threshold"):
        PROCESS.exact_box(np.zeros(100), 1.5)
