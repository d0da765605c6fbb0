"""The measured Fisher matrix against known ones, and its corrections against planted noise."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import suffice as sf

FIDUCIAL = {"mean": 0.0, "variance": 1.0}


def simulator(key, theta):
    return theta[0] + jnp.sqrt(theta[1]) * jax.random.normal(key, (10,))


def sums(x):
    return jnp.stack([x.sum(), (x**2).sum()])


def test_sufficient_sums_have_the_known_information():
    found = sf.fisher_matrix(sums, sf.Tangents.simulated(simulator, FIDUCIAL, 50_000), key=0)
    np.testing.assert_allclose(found, np.diag([10.0, 5.0]), atol=0.15)
    assert (found.low < np.diag([10.0, 5.0]) + 0.05).all() and (found.high > np.diag([10.0, 5.0]) - 0.05).all()
    assert found.log_det.covers(np.log(50))
    np.testing.assert_allclose(found.errors, [10**-0.5, 5**-0.5], rtol=0.02)


def test_the_sample_variance_loses_what_the_known_mean_gives():
    moments = lambda x: jnp.stack([x.mean(), x.var(ddof=1)])  # noqa: E731
    found = sf.fisher_matrix(moments, sf.Tangents.simulated(simulator, FIDUCIAL, 50_000), key=0)
    assert found.det == pytest.approx(45, rel=0.03)


def test_a_line_with_an_uncertain_slope():
    """y = (m + ζ) x + ε with ζ of variance 0.1: F = s / (1 + 0.1 s), s = Σ x² = 3350.2."""
    x = np.linspace(0, 10, 100)

    def line(key, theta):
        one, two = jax.random.split(key)
        return (theta[0] + jnp.sqrt(0.1) * jax.random.normal(one)) * x + jax.random.normal(two, (100,))

    found = sf.fisher_matrix(lambda y: y @ x, sf.Tangents.simulated(line, {"m": 1.0}, 20_000), key=0)
    assert found[0, 0] == pytest.approx(9.97, rel=0.04)
    plain = sf.Tangents.simulated(lambda key, t: t[0] * x + jax.random.normal(key, (100,)), {"m": 1.0}, 20_000)
    assert sf.fisher_matrix(lambda y: y @ x, plain, key=0)[0, 0] == pytest.approx(3350.2, rel=0.04)
    assert sf.score_compression(plain).fisher[0, 0] == pytest.approx(3350.2, rel=0.05)


def noisy_differences(seed, n_s=400, n_d=40, k=20):
    """k numbers of unit variance, one parameter, ∂μ = 0.1 each: F = 0.01 k; noise of derivatives is 1 each."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n_s, k))
    dx = 0.1 + rng.normal(size=(n_d, k, 1))
    return sf.Tangents.exact(x.astype("f4"), dx.astype("f4"), {"a": 0.0})


@pytest.mark.filterwarnings("ignore:the Fisher matrix may not")
@pytest.mark.parametrize(
    "method, expected", [("standard", 0.2 + 20 / 40), ("corrected", 0.2), ("combined", None), ("compressed", None)]
)
def test_noise_of_the_derivatives_is_taken_away(method, expected):
    found = [sf.fisher_matrix(lambda x: x, noisy_differences(s), method=method, key=s)[0, 0] for s in range(40)]
    error = np.std(found) / np.sqrt(40)
    if expected is None:
        assert (np.mean(found) < 0.2) if method == "compressed" else (0.05 < np.mean(found) < 0.5)
    else:
        assert np.mean(found) == pytest.approx(expected, abs=4 * error)


def test_the_interval_covers():
    hits = [
        found.low[0, 0] <= 0.2 <= found.high[0, 0]
        for s in range(60)
        for found in [sf.fisher_matrix(lambda x: x, noisy_differences(s, 1000, 400), level=0.9, key=s)]
    ]
    assert 47 <= sum(hits) <= 60


def test_the_hartlap_factor_takes_away_the_bias_of_a_small_sample():
    rng = np.random.default_rng(0)
    found = []
    for _ in range(200):
        x = rng.normal(size=(40, 10)).astype("f4")
        tangents = sf.Tangents.exact(x, np.full((40, 10, 1), 0.3, "f4"), {"a": 0.0})
        found.append(sf.fisher_matrix(lambda x: x, tangents, bootstrap=2)[0, 0])
    assert np.mean(found) == pytest.approx(0.9, abs=4 * np.std(found) / np.sqrt(200))


def test_nuisances_are_marginalised():
    def two(key, theta):
        return jnp.stack([theta[0] + theta[1], theta[1]]) + jax.random.normal(key, (2,))

    found = sf.fisher_matrix(lambda x: x, sf.Tangents.simulated(two, {"a": 0.0, "b": 0.0}, 20_000), key=0)
    assert found.marginal("a")[0, 0] == pytest.approx(0.5, rel=0.05)
    with pytest.raises(ValueError, match="known: a, b"):
        found.marginal("c")


def test_the_closed_form_is_the_best_linear_summary():
    rng = np.random.default_rng(3)
    root, slopes = np.tril(rng.normal(size=(8, 8))) + 2 * np.eye(8), rng.normal(size=(8, 2))
    tangents = sf.Tangents.simulated(
        lambda key, theta: slopes @ theta + root @ jax.random.normal(key, (8,)), {"a": 0.0, "b": 0.0}, 20_000
    )
    exact = slopes.T @ np.linalg.solve(root @ root.T, slopes)
    linear = sf.score_compression(tangents)
    np.testing.assert_allclose(linear.fisher, exact, rtol=0.05, atol=0.02)
    np.testing.assert_allclose(sf.fisher_matrix(linear, tangents, key=4), exact, rtol=0.05, atol=0.02)
    x = jnp.asarray(slopes @ np.array([0.3, -0.2]))
    np.testing.assert_allclose(linear.estimate(x), [0.3, -0.2], atol=0.05)


@pytest.mark.parametrize(
    "summary, message",
    [
        (lambda x: x.sum(), "1 summaries came for 2 parameters"),
        (lambda x: jnp.stack([x.sum(), 3 * x.sum()]), "linear combinations"),
        (lambda x: jnp.stack([x.sum(), 0.0]), r"summaries \[1\] never vary"),
        (lambda x: jnp.stack([x.sum(), jnp.log(x[0])]), "not finite"),
    ],
)
def test_summaries_without_an_answer_are_refused(summary, message):
    with pytest.raises(ValueError, match=message):
        sf.fisher_matrix(summary, sf.Tangents.simulated(simulator, FIDUCIAL, 200))


def test_too_few_simulations_and_unknown_methods_are_refused():
    with pytest.raises(ValueError, match="too few for 10 summaries"):
        sf.fisher_matrix(lambda x: x, sf.Tangents.simulated(simulator, FIDUCIAL, 12))
    with pytest.raises(ValueError, match="method must be"):
        sf.fisher_matrix(sums, sf.Tangents.simulated(simulator, FIDUCIAL, 100), method="best")


def test_no_information_is_said():
    with pytest.warns(UserWarning, match="know nothing of some parameter"):
        found = sf.fisher_matrix(
            lambda x: jnp.stack([x.sum(), x[0]]), sf.Tangents.simulated(simulator, FIDUCIAL, 5000), key=1
        )
    assert abs(found[1, 1]) < 0.01
