import numpy as np
import pytest

from suffice.checks import sbc_from_ranks

NAMES = ("a", "b")


@pytest.mark.parametrize("seed", range(5))
def test_calibrated_posteriors_pass(gaussian, seed):
    assert sbc_from_ranks(gaussian(1000, seed=seed).ranks, NAMES).passed


def test_false_alarms_are_rarer_than_promised():
    rng = np.random.default_rng(1)
    failed = [not sbc_from_ranks(rng.random((500, 3)), ("a", "b", "c")).passed for _ in range(200)]
    assert np.mean(failed) <= 0.06


@pytest.mark.parametrize(
    ("fault", "word"),
    [
        ({"width": 0.8}, "too narrow"),
        ({"width": 1.25}, "too wide"),
        ({"bias": 0.2}, "too high"),
        ({"bias": -0.2}, "too low"),
    ],
)
def test_planted_faults_are_found_and_named(gaussian, fault, word):
    result = sbc_from_ranks(gaussian(2000, **fault).ranks, NAMES)
    assert not result.passed
    assert result.table().verdict.str.startswith(f"posterior {word}").all()
    assert word in str(result)


def test_tests_agree_with_a_worked_example():
    ranks = np.array([[0.05], [0.15], [0.25], [0.95]])
    row = sbc_from_ranks(ranks, ("a",), bins=2).table().iloc[0]
    assert row.ks == pytest.approx(0.5)  # at 0.25+ the ECDF is 0.75, the uniform 0.25
    assert row.chi2 == pytest.approx((3 - 2) ** 2 / 2 + (1 - 2) ** 2 / 2)
    assert row.above == 0.25


def test_only_the_faulty_parameter_is_blamed(gaussian):
    ranks = np.stack([gaussian(2000).ranks[:, 0], gaussian(2000, width=0.6).ranks[:, 0]], axis=1)
    assert list(sbc_from_ranks(ranks, NAMES).table().uniform) == [True, False]


def test_rows_that_are_not_finite_are_left_out_and_counted(gaussian):
    ranks = gaussian(200).ranks
    ranks[:20, 1] = np.inf
    with pytest.warns(UserWarning, match="20 of 200 rows"):
        assert sbc_from_ranks(ranks, NAMES).n == 180


@pytest.mark.parametrize(
    ("ranks", "kwargs", "match"),
    [
        (np.zeros((0, 2)), {}, "no rows"),
        (np.full((10, 2), 7.0), {}, "must lie in"),
        (np.full((10, 3), 0.5), {}, "must have shape"),
        (np.full((10, 2), 0.5), {"bins": 1}, "bins must be at least 2"),
        (np.full((10, 2), 0.5), {"confidence": 1.0}, "confidence"),
    ],
)
def test_bad_input_is_refused(ranks, kwargs, match):
    with pytest.raises(ValueError, match=match):
        sbc_from_ranks(ranks, NAMES, **kwargs)
