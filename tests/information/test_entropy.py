"""Entropies and divergences that are known."""

import numpy as np
import pytest

import suffice as sf

QUICK = {"folds": 2, "max_epochs": 25, "progress": False}


def correlated(n, seed=0):
    """Three normal numbers of unequal spreads, and their entropy."""
    root = np.array([[2.0, 0, 0], [0.5, 0.1, 0], [-1, 0.3, 5.0]])
    truth = 1.5 * np.log(2 * np.pi * np.e) + np.log(np.diag(root)).sum()
    return np.random.default_rng(seed).normal(size=(n, 3)) @ root.T, truth


@pytest.mark.parametrize("estimator", ["auto", "mixture", "normal", "knn"])
def test_entropy_of_normal_numbers(estimator):
    rows, truth = correlated(4000)
    found = sf.entropy(rows, estimator, hidden=(16,), **QUICK)
    assert found.kind == ("point" if estimator == "knn" else "upper")
    assert found.value == pytest.approx(truth, abs=0.1)


def test_a_flow_sees_what_a_normal_density_does_not():
    x = np.random.default_rng(0).exponential(size=4000)  # H = 1; a normal density of the same variance has 1.419
    normal, flow, near = (sf.entropy(x, name, **QUICK).value for name in ("normal", "flow", "knn"))
    assert normal == pytest.approx(1.419, abs=0.05) and 0.95 < flow < 1.15 and near == pytest.approx(1, abs=0.06)


def test_entropy_of_classes():
    rng = np.random.default_rng(0)
    values = [sf.entropy(rng.integers(0, 6, 300).astype(str)).value for _ in range(200)]
    assert np.mean(values) == pytest.approx(np.log(6), abs=0.002)  # plug-in alone: 0.008 too small
    assert sf.entropy(["a", "b"] * 50, bits=True).value == pytest.approx(1 + 1 / (200 * np.log(2)))


@pytest.mark.parametrize(
    ("x", "options", "message"),
    [
        (np.arange(10.0), {}, "at least 50"),
        (np.arange(100.0), {"estimator": "none"}, "known: auto"),
        (np.arange(100.0), {"estimator": "discrete"}, "not discrete"),
        (["a", "b"] * 50, {"estimator": "flow"}, "x is discrete"),
        (np.repeat(np.arange(50.0), 4), {"estimator": "knn"}, "have 3 equal ones"),
        (np.stack([np.arange(100.0)] * 2, axis=1), {}, "linearly"),
        (np.arange(100.0), {"estimator": "knn", "k": 100}, "k must be"),
    ],
)
def test_what_has_no_entropy_is_refused(x, options, message):
    with pytest.raises(ValueError, match=message):
        sf.entropy(x, progress=False, **options)


def test_divergence_of_normal_numbers():
    rng = np.random.default_rng(0)
    p, q = rng.normal(size=3000), 1 + 2 * rng.normal(size=5000)
    truth = np.log(2) + (1 + 1) / 8 - 0.5
    found = sf.kl_divergence(p, q, hidden=(16,), **QUICK)
    assert found.kind == "lower" and found.value == pytest.approx(truth, abs=0.06) and found.low < truth


def test_divergence_beyond_two_moments():
    # Uniform against triangular on (0, 2) with the same mean: the integral is 1 - log 2.
    rng = np.random.default_rng(0)
    p, q = rng.uniform(0, 2, 4000), rng.uniform(size=4000) + rng.uniform(size=4000)
    found = sf.kl_divergence(p, q, hidden=(32,), folds=2, max_epochs=60, progress=False)
    assert found.value == pytest.approx(1 - np.log(2), abs=0.08) and found.low < 1 - np.log(2)


def test_the_same_density_twice_has_no_divergence():
    rng = np.random.default_rng(1)
    found = sf.kl_divergence(rng.normal(size=(600, 4)), rng.normal(size=(600, 4)), **QUICK)
    assert found.low <= 0 and found.value < 0.05


def test_samples_that_cannot_be_compared_are_refused():
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="p has 2 columns and q 3"):
        sf.kl_divergence(rng.normal(size=(100, 2)), rng.normal(size=(100, 3)))
    with pytest.raises(ValueError, match="rows of numbers"):
        sf.kl_divergence(["a", "b"] * 50, ["a", "b"] * 50)
