import dataclasses

import numpy as np
import pytest
from scipy import stats

from suffice.checks import coverage_from_levels

NAMES = ("a", "b")
REFUSED = (ValueError, TypeError)  # in tests, annotations refuse a wrong shape with a TypeError of their own


def test_empirical_coverage_is_the_share_of_levels_below_nominal():
    levels = np.array([[0.1], [0.5], [0.6], [0.97]])
    result = coverage_from_levels(levels, ("a",), nominal=(0.5, 0.95))
    np.testing.assert_array_equal(result.empirical, [[0.5, 0.75]])
    low, high = result.interval(0.95)
    np.testing.assert_allclose(low[0], stats.beta.ppf(0.025, [2.5, 3.5], [2.5, 1.5]))
    np.testing.assert_allclose(high[0], stats.beta.ppf(0.975, [2.5, 3.5], [2.5, 1.5]))


@pytest.mark.parametrize("seed", range(5))
def test_calibrated_posteriors_pass(gaussian, seed):
    assert coverage_from_levels(gaussian(1000, seed=seed).levels, NAMES).passed


def test_false_alarms_are_rarer_than_promised():
    rng = np.random.default_rng(1)
    failed = [not coverage_from_levels(rng.random((500, 3)), ("a", "b", "c")).passed for _ in range(200)]
    assert np.mean(failed) <= 0.05


@pytest.mark.parametrize(("width", "word"), [(0.8, "narrow"), (1.25, "wide")])
def test_planted_widths_are_found_and_named(gaussian, width, word):
    result = coverage_from_levels(gaussian(2000, width=width).levels, NAMES)
    assert not result.passed
    verdicts = result.table().verdict
    assert verdicts.str.startswith(f"intervals too {word}: ").all()
    exact = 2 * stats.norm.cdf(stats.norm.ppf(0.84) * width) - 1
    assert result.empirical[0, 1] == pytest.approx(exact, abs=0.03)


def test_planted_bias_is_found(gaussian):
    result = coverage_from_levels(gaussian(2000, bias=0.7).levels, NAMES)
    assert "too narrow" in result.table().verdict[1]


def test_only_the_faulty_group_is_blamed(gaussian):
    levels = np.stack([gaussian(2000).levels[:, 0], gaussian(2000, width=0.6).levels[:, 0]], axis=1)
    table = coverage_from_levels(levels, NAMES).table()
    assert list(table.columns) == ["group", "nominal", "empirical", "low", "high", "n", "inside", "verdict"]
    assert table[table.group == "a"].inside.all()
    assert not table[table.group == "b"].inside.any()
    assert (table[table.group == "a"].verdict == "as it should be").all()


def test_text_says_what_is_wrong(gaussian):
    text = str(coverage_from_levels(gaussian(1000, width=0.6).levels, NAMES))
    assert "1000 held-out simulations: not calibrated" in text
    assert "intervals too narrow" in text


def test_result_is_immutable(gaussian):
    result = coverage_from_levels(gaussian(200).levels, NAMES)
    with pytest.raises(dataclasses.FrozenInstanceError):
        result.names = ("c", "d")


def test_rows_that_are_not_finite_are_left_out_and_counted(gaussian):
    levels = gaussian(200).levels
    levels[:20, 0] = np.nan
    with pytest.warns(UserWarning, match="20 of 200 rows failed or are not finite"):
        result = coverage_from_levels(levels, NAMES)
    assert result.n == 180
    levels[:120, 1] = np.nan
    with pytest.raises(ValueError, match="120 of 200 rows failed or are not finite"):
        coverage_from_levels(levels, NAMES)


@pytest.mark.parametrize(
    ("levels", "match"),
    [
        (np.zeros((0, 2)), "no rows"),
        (np.full((10, 2), 1.5), r"must lie in \[0, 1\]"),
        (np.full((10, 3), 0.5), r"got \(10, 3\)"),
    ],
)
def test_bad_levels_are_refused(levels, match):
    with pytest.raises(ValueError, match=match):
        coverage_from_levels(levels, NAMES)


def test_wrong_number_of_axes_is_refused():
    with pytest.raises(REFUSED):
        coverage_from_levels(np.full(10, 0.5), ("a",))


@pytest.mark.parametrize("nominal", [(), (0.0, 0.5), (68.0,)])
def test_bad_nominal_levels_are_refused(nominal):
    with pytest.raises(ValueError, match="credible masses between 0 and 1"):
        coverage_from_levels(np.full((10, 2), 0.5), NAMES, nominal=nominal)


def test_bad_confidence_is_refused():
    with pytest.raises(ValueError, match="confidence must lie between 0 and 1"):
        coverage_from_levels(np.full((10, 2), 0.5), NAMES, confidence=95.0)
