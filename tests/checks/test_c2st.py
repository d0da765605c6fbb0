"""The classifier two-sample test on sets whose distance is known."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats
from sklearn.neural_network import MLPClassifier

from suffice.checks import c2st
from suffice.checks._classifier import trained


@pytest.mark.parametrize("apart", [0.0, 1.0, 3.0])
def test_two_normals_are_told_apart_as_well_as_can_be(apart):
    """The best classifier of two normals d standard deviations apart is right in Φ(d/2)."""
    rng = np.random.default_rng(0)
    found = c2st(rng.normal(size=(3000, 2)), rng.normal(size=(3000, 2)) + [apart, 0.0])
    assert found.accuracy == pytest.approx(stats.norm.cdf(apart / 2), abs=0.02)
    assert found.passed == (apart == 0)
    assert ("cannot be told" in str(found)) == (apart == 0) and found.table().n[0] == 6000


def test_the_classifiers_are_those_of_the_benchmark():
    """As often right as scikit-learn's on rows that neither saw; two trainings of one differ by 0.003."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(6000, 2))
    label = np.repeat([0.0, 1.0], 3000)
    x[3000:, 1] = 0.7 * x[3000:, 1] + 0.3 * (x[3000:, 0] ** 2 - 1)
    use = rng.permutation(6000) < 2000
    rows = (jnp.asarray(x, jnp.float32), jnp.asarray(label, jnp.float32), jnp.asarray(use))
    one = lambda key: trained(*rows, width=20, key=key)  # noqa: E731
    networks = jax.jit(jax.vmap(one))(jax.random.split(jax.random.key(0), 4))
    odds = jax.vmap(lambda network: jax.vmap(network)(rows[0][~use]))(networks)
    ours = [((row > 0) == label[~use]).mean() for row in np.asarray(odds)]
    theirs = [
        MLPClassifier((20, 20), max_iter=10_000, random_state=seed).fit(x[use], label[use]).score(x[~use], label[~use])
        for seed in range(4)
    ]
    assert np.mean(ours) > 0.59
    assert np.mean(ours) == pytest.approx(np.mean(theirs), abs=0.008)


def test_a_dependence_that_no_marginal_shows_is_found():
    rng = np.random.default_rng(0)
    a = rng.normal(size=(3000, 2))
    b = a @ np.linalg.cholesky([[1.0, 0.9], [0.9, 1.0]]).T
    assert c2st(rng.permuted(b, axis=0), b).accuracy > 0.65


def test_sets_of_different_sizes_are_not_told_apart_by_their_sizes():
    rng = np.random.default_rng(0)
    for sizes in ((1500, 300), (300, 1500)):
        found = c2st(*(rng.normal(size=(n, 1)) for n in sizes))
        assert found.n == 600 and found.accuracy < 0.6  # always the larger set: 0.83


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((np.zeros((100, 2)), np.zeros((100, 3))), "must be"),
        ((np.zeros((10, 2)), np.zeros((10, 2))), "at least 2 folds"),
        ((np.full((100, 2), np.nan), np.zeros((100, 2))), "finite"),
    ],
)
def test_bad_input_is_refused(arguments, message, unchecked):
    with pytest.raises(ValueError, match=message):
        c2st(*arguments)
