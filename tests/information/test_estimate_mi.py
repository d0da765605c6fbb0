"""Mutual information against known values, and the honesty of its interval."""

import equinox as eqx
import jax
import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

import suffice as sf
from suffice.information import discrete_mi, gaussian_mi, ksg, train_mi
from suffice.information._certified import contributions, Correction, correction, evaluations
from suffice.information._folds import folds_of
from suffice.information._marginals import Marginals
from suffice.information._scores import score, Scores
from suffice.information._variables import as_variable
from suffice.networks import FunctionCritic

RHO = 0.8
TRUTH = -0.5 * np.log(1 - RHO**2)


def normal(n, seed=0, rho=RHO):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=n)
    return x, rho * x + np.sqrt(1 - rho**2) * rng.normal(size=n)


def log_ratio(x, y):
    z = (x[0] ** 2 - 2 * RHO * x[0] * y[0] + y[0] ** 2) / (1 - RHO**2)
    return TRUTH - 0.5 * (z - x[0] ** 2 - y[0] ** 2)


@pytest.fixture(scope="module")
def found():
    return sf.estimate_mi(*normal(2000), key=0, folds=4, hidden=(16,), max_epochs=6, progress=False)


def test_a_bivariate_normal(found):
    assert found.kind == "lower" and found.unit == "nats"
    assert abs(found.value - TRUTH) < 0.06 and found.low < TRUTH
    table = found.details.table.set_index("estimate")
    assert {"auto", "gaussian", "ksg", "difference of entropies"} <= set(table.index)
    assert "agree" in found.details.says or "interval" in found.details.says
    assert abs(table.loc["gaussian", "value"] - TRUTH) < 0.06


def test_the_profile_is_the_log_ratio_of_each_row(found):
    x, y = normal(2000)
    rows = found.details.rows
    assert len(set(rows)) == len(rows) == 2000
    known = np.array([log_ratio(x[[i]], y[[i]]) for i in rows])
    assert np.corrcoef(found.details.pointwise, known)[0, 1] > 0.97
    assert found.details.normaliser == pytest.approx(1, abs=0.05)
    assert {"member", "epoch", "valid_loss"} <= set(found.details.history)


def test_the_same_key_gives_the_same_number(found):
    again = sf.estimate_mi(*normal(2000), key=0, folds=4, hidden=(16,), max_epochs=6, progress=False)
    assert again.value == found.value


def test_a_second_call_compiles_nothing(compilations):
    settings = {"estimator": "js", "folds": 2, "hidden": (8,), "max_epochs": 2, "progress": False}
    sf.estimate_mi(*normal(600), **settings)
    before = len(compilations)
    sf.estimate_mi(*normal(600, seed=1), key=1, **settings)
    assert len(compilations) == before
    sf.estimate_mi(*normal(640), **settings)
    assert len(compilations) > before  # so the listener hears


def test_stopping_does_not_start_from_zero():
    # The Jensen-Shannon loss is above zero all along; a best value of zero would end training with patience.
    found = sf.estimate_mi(
        *normal(600), "js", folds=2, hidden=(8,), max_epochs=6, patience=2, learning_rate=1e-3, progress=False
    )
    history = found.details.history
    assert (history["valid_loss"] > 0).all() and history["epoch"].max() == 6


def test_folds_share_no_weights(found):
    first, second, *_ = (jax.tree.leaves(eqx.filter(one.ratio, eqx.is_inexact_array)) for one in found.details.ratios)
    assert any(not np.array_equal(a, b) for a, b in zip(first, second))


def test_bits():
    nats, bits = (sf.estimate_mi(*normal(500), "gaussian", bits=b) for b in (False, True))
    assert bits.value == pytest.approx(nats.value / np.log(2)) and bits.unit == "bits"


@pytest.mark.filterwarnings("ignore:no critic found")
def test_a_critic_that_overfits_gains_nothing():
    # 200 independent rows, a wide network and no end: on its training rows it would claim nats.
    rng = np.random.default_rng(3)
    x, y = rng.normal(size=(200, 8)), rng.normal(size=(200, 8))
    found = sf.estimate_mi(x, y, "js", hidden=(64, 64), max_epochs=60, patience=60, key=1, progress=False)
    assert found.low <= 0.0 and found.value < 0.05


def test_folds_share_nothing_and_test_every_row_once():
    folds = folds_of(103, 5, 0.1, seed=0)
    assert np.unique(np.concatenate([fold.test for fold in folds])).size == 100
    for fold in folds:
        assert not (
            set(fold.train) & set(fold.valid) | set(fold.train) & set(fold.test) | set(fold.valid) & set(fold.test)
        )
        assert len(fold.train) + len(fold.valid) + len(fold.test) == 100
    assert {(len(f.train), len(f.valid), len(f.test)) for f in folds} == {(72, 8, 20)}
    assert len(folds_of(100, 1, 0.1, seed=0)[0].test) == 20 and len(folds_of(100, 2, 0.1, seed=0)[0].test) == 50


def test_contributions_are_the_projection_of_all_pairs():
    rng = np.random.default_rng(0)
    f = rng.normal(size=(7, 7))
    shifts = np.arange(1, 7)
    rows = np.arange(7)
    product = np.stack([f[rows, (rows + s) % 7] for s in shifts])
    column = np.stack([f[(rows - s) % 7, rows] for s in shifts])
    h = contributions(Scores(np.diag(f), product, column), Correction(1.0, np.inf, 0.3, 0.0))
    g = np.exp(f - 0.3)
    np.fill_diagonal(g, 0)
    assert h.mean() == pytest.approx((np.diag(f) - 0.3).mean() - g.sum() / 42 + 1)
    np.testing.assert_allclose(h, np.diag(f) - 0.3 - (g.sum(1) / 6 + g.sum(0) / 6 - g.sum() / 42) + 1)


def test_scores_pair_rows_with_others_in_both_directions():
    x = np.arange(5.0)[:, None]
    scores = score(FunctionCritic(lambda a, b: 10 * a[0] + b[0]), x, x)
    assert scores.joint.tolist() == [0, 11, 22, 33, 44]
    for i in range(5):
        assert sorted(scores.product[:, i]) == [10 * i + j for j in range(5) if j != i]
        assert sorted(scores.column[:, i]) == [10 * j + i for j in range(5) if j != i]


def test_the_interval_is_as_wide_as_the_estimates_scatter():
    exact = FunctionCritic(log_ratio)
    plain = Correction(1.0, np.inf, 0.0, 0.0)
    h = [contributions(score(exact, x[:, None], y[:, None]), plain) for x, y in (normal(400, s) for s in range(200))]
    scatter = np.std([one.mean() for one in h])
    told = np.mean([one.std(ddof=1) / np.sqrt(400) for one in h])
    assert told == pytest.approx(scatter, rel=0.2)
    assert np.mean([one.mean() for one in h]) == pytest.approx(TRUTH, abs=4 * scatter / np.sqrt(200))


def test_the_correction_mends_a_critic_off_in_scale_and_offset():
    x, y = normal(4000)
    off = score(FunctionCritic(lambda a, b: 2 * log_ratio(a, b) + 3), x[:2000, None], y[:2000, None])
    chosen = correction(off)
    assert chosen.temper == 0.5
    fresh = score(FunctionCritic(lambda a, b: 2 * log_ratio(a, b) + 3), x[2000:, None], y[2000:, None])
    assert contributions(fresh, chosen).mean() == pytest.approx(TRUTH, abs=0.06)
    assert evaluations(fresh, chosen).ceiling == pytest.approx(np.log(525), abs=0.02)


def test_normal_scores_are_of_the_training_rows():
    rng = np.random.default_rng(0)
    values = np.exp(3 * rng.normal(size=(3000, 1)))
    mapped = Marginals.fit(values, (True,), "ranks")(values)
    np.testing.assert_allclose(np.sort(mapped[:, 0]), norm.ppf((np.arange(3000) + 0.5) / 3000))
    assert abs(Marginals.fit(values, (True,), "ranks")(np.array([[1e9]]))[0, 0]) <= 12
    tied = Marginals.fit(np.array([[1.0], [1.0], [2.0], [2.0]]), (True,), "ranks")(np.array([[1.0], [2.0]]))
    np.testing.assert_allclose(tied[:, 0], norm.ppf([0.25, 0.75]))


@pytest.mark.parametrize("variant", [1, 2])
def test_neighbours_on_a_bivariate_normal(variant):
    assert ksg(*normal(4000), variant=variant).value == pytest.approx(TRUTH, abs=0.04)


def test_neighbours_with_classes():
    # Two classes whose numbers do not overlap, three that do not differ.
    rng = np.random.default_rng(0)
    classes = rng.integers(0, 2, 2000)
    apart = rng.uniform(size=2000) + 5 * classes
    assert ksg(apart, classes).value == pytest.approx(np.log(2), abs=0.02)
    assert ksg(rng.normal(size=2000), classes.astype(str)).value == pytest.approx(0, abs=0.03)


def test_discrete_plug_in_and_its_correction():
    x = np.repeat([0, 1], 50)
    assert discrete_mi(x, x).value == pytest.approx(np.log(2) - (2 - 2 - 2 + 1) / 200)
    rng = np.random.default_rng(0)
    values = [discrete_mi(rng.integers(0, 6, 300), rng.integers(0, 6, 300)).value for _ in range(200)]
    assert np.mean(values) == pytest.approx(0, abs=0.005)  # without the correction 0.042


def test_the_gaussian_copula():
    x, y = normal(4000)
    assert gaussian_mi(np.exp(x), y**3).value == pytest.approx(TRUTH, abs=0.04)
    rng = np.random.default_rng(0)
    z = rng.normal(size=(4000, 2))
    both = gaussian_mi(z, z + rng.normal(size=z.shape), ranks=False)
    assert both.value == pytest.approx(np.log(2), abs=0.05)


def test_what_is_discrete_is_recognised():
    assert as_variable(pd.Series(["a", "b", "a"]), "x").classes.tolist() == [0, 1, 0]
    assert as_variable(np.array([[0, 1], [1, 0], [0, 1]]), "x").classes.tolist() == [1, 0, 1]
    assert as_variable(np.array([True, False]), "x").classes.tolist() == [1, 0]
    assert as_variable(np.array([0.5, 1.5]), "x").classes is None
    mixed = as_variable(pd.DataFrame({"a": [0.1, 0.2, 0.3], "b": ["u", "v", "u"]}), "x")
    assert mixed.classes is None and mixed.continuous == (True, False, False) and mixed.numbers.shape == (3, 3)


def test_both_discrete_needs_no_network():
    rng = np.random.default_rng(0)
    x = rng.integers(0, 3, 500)
    found = sf.estimate_mi(x, x)
    assert found.kind == "point" and found.value == pytest.approx(np.log(3), abs=0.02)


@pytest.mark.parametrize(
    ("x", "y", "options", "message"),
    [
        (np.ones(100), np.arange(100.0), {}, "x never varies"),
        (np.arange(100.0), np.arange(90.0), {}, "100 rows and y 90"),
        (np.arange(10.0), np.arange(10.0), {}, "at least 50"),
        ([np.nan] * 100, np.arange(100.0), {}, "x has 100 missing values"),
        (np.arange(100.0), np.arange(100.0), {"estimator": "none"}, "no estimator is called"),
        (np.arange(100.0), np.arange(100.0), {"folds": 0}, "folds must be"),
        (np.arange(100.0), np.arange(100.0), {"critic": "none"}, "critic must be one of"),
        (np.arange(100).astype(str), np.arange(100.0), {}, "is it an index"),
    ],
)
def test_what_cannot_be_estimated_is_refused(x, y, options, message):
    with pytest.raises(ValueError, match=message):
        sf.estimate_mi(x, y, progress=False, **options)


def test_a_density_gives_its_own_number_and_a_lower_bound():
    found = sf.estimate_mi(*normal(1500), "doe", folds=3, hidden=(16,), max_epochs=25, progress=False)
    assert found.kind == "point" and found.value == pytest.approx(TRUTH, abs=0.08)
    table = found.details.table.set_index("estimate")
    certified = table.loc["lower bound of the same density"]
    assert certified["kind"] == "lower" and certified["value"] == pytest.approx(TRUTH, abs=0.1)


def test_infonce_knows_the_ratio_up_to_a_function_of_x_only():
    found = sf.estimate_mi(*normal(1500), "infonce", folds=3, hidden=(16,), max_epochs=25, progress=False)
    assert found.kind == "lower" and found.value == pytest.approx(TRUTH, abs=0.1)


@pytest.mark.parametrize("estimator", ["pq", "vq", "reweighed", "resampled"])
def test_a_lower_bound_by_other_ways(estimator):
    found = sf.estimate_mi(*normal(1500), estimator, folds=2, hidden=(16,), max_epochs=25, progress=False)
    assert found.kind == "lower" and TRUTH - 0.2 < found.value < TRUTH + 0.07


@pytest.mark.parametrize("estimator", ["binned", "kmeans"])
def test_cells_hide_some_of_it(estimator):
    few, more = (sf.estimate_mi(*normal(20_000), estimator, clusters=k) for k in (3, 20))
    assert few.value < more.value < TRUTH + 0.03 and more.value == pytest.approx(TRUTH, abs=0.04)
    rng = np.random.default_rng(0)
    assert sf.estimate_mi(rng.normal(size=2000), rng.normal(size=2000), estimator).low < 0.01
    with pytest.raises(ValueError, match="at least 2"):
        sf.estimate_mi(*normal(200), estimator, clusters=1)


@pytest.mark.parametrize("estimator", ["doe", "reweighed", "vq"])
def test_classes_need_no_density_of_numbers(estimator):
    # A class that decides between two normal densities two apart: known by quadrature.
    rng = np.random.default_rng(0)
    c = rng.integers(0, 2, 3000)
    x = rng.normal(size=3000) + 2 * c
    t = np.linspace(-8, 10, 20_001)
    p = [norm.pdf(t), norm.pdf(t - 2)]
    mixed = (p[0] + p[1]) / 2
    truth = sum(0.5 * np.sum(one * np.log(one / mixed)) for one in p) * (t[1] - t[0])
    for pair in ((x, c), (c.astype(str), x)):
        found = sf.estimate_mi(*pair, estimator, folds=2, hidden=(16,), max_epochs=30, progress=False)
        assert found.value == pytest.approx(truth, abs=0.05)


def test_two_discrete_columns_are_one_variable():
    rng = np.random.default_rng(0)
    a, b = rng.integers(0, 2, (2, 2000))
    frame = pd.DataFrame({"a": a.astype(str), "b": b.astype(str)})
    x = 6 * (a ^ b) + rng.normal(size=2000)  # neither column alone says anything
    for estimator in ("auto", "doe"):
        found = sf.estimate_mi(x, frame, estimator, folds=2, hidden=(32, 32), max_epochs=60, progress=False)
        assert found.value == pytest.approx(np.log(2), abs=0.05)


def test_what_disagrees_is_said():
    # Information is in the radius, of which a Gaussian copula knows nothing.
    rng = np.random.default_rng(0)
    r, angles = rng.uniform(1, 2, 2000), rng.uniform(0, 2 * np.pi, (2, 2000))
    x, y = r * np.cos(angles[0]), r * np.cos(angles[1])
    found = sf.estimate_mi(np.stack([x, r * np.sin(angles[0])], 1), y, folds=2, max_epochs=20, progress=False)
    assert "below it: gaussian" in found.details.says


def test_densities_that_cannot_be_are_refused():
    x, y = normal(200)
    with pytest.raises(ValueError, match="density must be one of"):
        sf.estimate_mi(x, y, "doe", density="cubist", progress=False)
    with pytest.raises(ValueError, match="needs a discrete variable"):
        sf.estimate_mi(x, y, "doe", density="classes", progress=False)
    with pytest.raises(ValueError, match="draws from a mixture"):
        sf.estimate_mi(x, (y > 0).astype(str), "resampled", folds=1, max_epochs=1, progress=False)
    mixed = pd.DataFrame({"a": y, "b": np.where(y > 0, "u", "v")})
    with pytest.raises(ValueError, match="mixes continuous and discrete"):
        sf.estimate_mi(x, mixed, "doe", progress=False)


@pytest.mark.parametrize("bound", ["js", "infonce"])
def test_training_and_evaluation_apart(bound):
    x, y = normal(3000)
    learned = train_mi(x[:1500], y[:1500], bound, hidden=(16,), max_epochs=25, progress=False)
    found = learned.evaluate(x[1500:], y[1500:])
    assert found.kind == "lower" and found.value == pytest.approx(TRUTH, abs=0.1)
    known = np.array([log_ratio(x[[i]], y[[i]]) for i in range(1500, 1700)])
    assert np.corrcoef(learned.log_ratio(x[1500:1700], y[1500:1700]), known)[0, 1] > 0.9
    assert learned.evaluate(x[1500:], y[1500:], bits=True).value == pytest.approx(found.value / np.log(2))


def test_classes_are_given_so_that_other_rows_have_them_alike():
    x, y = normal(200)
    with pytest.raises(ValueError, match="y holds classes"):
        train_mi(x, y > 0, progress=False)
    hot = np.stack([y > 0, y <= 0], axis=1).astype(float)
    learned = train_mi(x, hot, hidden=(8,), max_epochs=2, progress=False)
    assert np.isfinite(learned.evaluate(x[:50], hot[:50]).value)
    with pytest.raises(ValueError, match="y had 2 columns in training, but 3 came"):
        learned.evaluate(x, np.zeros((200, 3)))
    with pytest.raises(ValueError, match="valid must be"):
        train_mi(x, y, valid=0.9)
