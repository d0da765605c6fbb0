import numpy as np
import pytest

from suffice.checks import ecdf, ecdf_band, jeffreys_interval


@pytest.mark.parametrize("m", [30, 1000])
def test_band_holds_the_whole_curve_with_the_promised_confidence(m):
    z, low, high = ecdf_band(m, confidence=0.9)
    rng = np.random.default_rng(7)
    curves = np.stack([ecdf(rng.random(m), z) for _ in range(1500)])
    inside = ((curves >= low) & (curves <= high)).all(axis=1).mean()
    assert 0.87 <= inside <= (0.95 if m == 30 else 0.93)  # never exact: counts are whole numbers


def test_band_is_wider_than_one_interval_and_closes_at_the_ends():
    z, low, high = ecdf_band(1000)
    middle = len(z) // 2
    half_width = (high - low)[middle] / 2
    assert 1.96 < half_width / np.sqrt(0.25 / 1000) < 3.5
    assert (low[0], high[0], low[-1], high[-1]) == (0, 0, 1, 1)


def test_jeffreys_interval_covers_the_proportion():
    rng = np.random.default_rng(0)
    low, high = jeffreys_interval(rng.binomial(200, 0.68, size=4000), 200)
    assert np.mean((low <= 0.68) & (high >= 0.68)) == pytest.approx(0.95, abs=0.02)


def test_jeffreys_interval_at_the_ends():
    low, high = jeffreys_interval(np.array([0, 10]), 10)
    assert low[0] == 0 and high[1] == 1
    assert 0 < high[0] < 0.3 and 0.7 < low[1] < 1
