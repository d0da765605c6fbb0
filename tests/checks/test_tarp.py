import numpy as np
import pytest

import suffice as sf
from suffice.checks import tarp_from_samples


def run(gaussian, m=1500, key=0, samples=200, seed=0, **fault):
    exact = gaussian(m, seed=seed, **fault)
    return tarp_from_samples(exact.samples(samples, seed + 100), exact.truth, key=key)


@pytest.mark.parametrize("seed", range(5))
def test_calibrated_posteriors_pass(gaussian, seed):
    assert run(gaussian, seed=seed).passed


@pytest.mark.parametrize("samples", [1, 3])
def test_shares_are_uniform_even_with_few_samples(gaussian, samples):
    assert run(gaussian, m=4000, samples=samples).passed


@pytest.mark.parametrize(
    ("fault", "words"),
    [({"width": 0.7}, "too narrow"), ({"width": 1.4}, "too wide"), ({"bias": 1.0}, "shifted")],
)
def test_planted_faults_are_found_and_named(gaussian, fault, words):
    result = run(gaussian, **fault)
    assert not result.passed
    assert words in result.table().verdict[0]
    assert words in str(result)


def test_the_verdict_says_where_it_is_furthest_off():
    """Truths are never among the closest quarter of the draws."""
    shares = np.linspace(0.25, 1.0, 1000)[:, None]
    told = sf.checks.Tarp(shares, ("joint",), 0.95).table().verdict[0]
    assert "balls about random points with 25 % of the draws hold 0 % of truths" in told


def test_a_missed_correlation_is_found_where_marginals_are_right():
    rng = np.random.default_rng(0)
    factor = np.linalg.cholesky([[1.0, 0.95], [0.95, 1.0]])
    truth = rng.normal(size=(1500, 2)) @ factor.T
    samples = rng.normal(size=(1500, 200, 2))
    for i in range(2):
        assert tarp_from_samples(samples[..., i : i + 1], truth[:, i : i + 1], key=0).passed
    assert not tarp_from_samples(samples, truth, key=0).passed


def test_the_prior_is_found_out_by_references_that_depend_on_the_data(gaussian):
    exact = gaussian(1500, noise=0.3)
    prior = np.random.default_rng(5).normal(size=(1500, 200, 2))
    assert tarp_from_samples(prior, exact.truth, key=0).passed
    assert not tarp_from_samples(prior, exact.truth, key=0, references=exact.mean).passed


def test_share_of_closer_samples_by_hand():
    samples = np.array([0.1, 0.2, 0.9])[None, :, None].repeat(2, axis=0)
    truth, references = np.array([[0.5], [1.0]]), np.zeros((2, 1))
    shares = tarp_from_samples(samples, truth, key=0, references=references).shares[:, 0]
    assert 2 / 4 <= shares[0] <= 3 / 4  # two of three closer; the tie-break fills the gap to the next
    assert 3 / 4 <= shares[1] <= 1


def test_ties_of_discrete_parameters_do_not_bias():
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 2, size=(3000, 1)).astype(float)
    samples = rng.integers(0, 2, size=(3000, 50, 1)).astype(float)
    assert tarp_from_samples(samples, truth, key=1).passed


def test_same_key_same_result(gaussian):
    np.testing.assert_array_equal(run(gaussian, m=50, key=3).shares, run(gaussian, m=50, key=3).shares)
    assert not np.array_equal(run(gaussian, m=50, key=3).shares, run(gaussian, m=50, key=4).shares)


def test_units_do_not_matter(gaussian):
    exact = gaussian(100)
    scale, samples = np.array([1.0, 1e6]), exact.samples(20, 0)
    one = tarp_from_samples(samples, exact.truth, key=0)
    other = tarp_from_samples(samples * scale, exact.truth * scale, key=0)
    np.testing.assert_allclose(one.shares, other.shares)


def test_rows_that_are_not_finite_are_left_out_and_counted(gaussian):
    exact = gaussian(100)
    samples = exact.samples(20, 0)
    samples[:10, 3, 1] = np.nan
    with pytest.warns(UserWarning, match="10 of 100 rows"):
        assert tarp_from_samples(samples, exact.truth, key=0).n == 90


@pytest.mark.parametrize("samples_shape", [(10, 5, 3), (9, 5, 2), (10, 0, 2)])
def test_bad_shapes_are_refused(samples_shape):
    with pytest.raises((ValueError, TypeError)):
        tarp_from_samples(np.zeros(samples_shape), np.zeros((10, 2)), key=0)
