"""Several checks together are wrong about an exact posterior as often as is said, and still find faults."""

import numpy as np
from scipy import stats

from suffice.checks import (
    Checks,
    coverage_from_levels,
    Local,
    LocalC2st,
    Misspecification,
    sbc_from_ranks,
    Tarp,
    width_of,
)
from suffice.report._allowance import LOCAL, together

NAMES = ("a", "b")


def of_exact_posteriors(seed, n=500, narrow=1.0):
    """Every check of posteriors that are right, or too narrow: numbers that are then uniform."""
    rng = np.random.default_rng(seed)
    ranks = stats.norm.cdf(rng.normal(size=(n, 2)) / narrow)
    levels, shares = np.abs(2 * ranks - 1), rng.uniform(size=(n, 2))
    local = tuple(Local((name,), rng.uniform(), rng.uniform(size=100), np.zeros(1), np.ones(1)) for name in NAMES)
    return Checks(
        coverage_from_levels(levels, NAMES),
        sbc_from_ranks(ranks, NAMES),
        Tarp(shares, NAMES),
        {name: width_of(column) for name, column in zip(NAMES, ranks.T)},
        np.zeros((n, 1)),
        Misspecification(rng.uniform(size=1), rng.uniform(size=n)),
        LocalC2st(local, NAMES, n, LOCAL),
    )


def test_exact_posteriors_seldom_fail_any_check():
    made = [of_exact_posteriors(seed) for seed in range(120)]
    failed = np.mean([[not one.passed for one in some] for some in (made, map(together, made))], axis=1)
    assert failed[0] > 0.12 and failed[1] < 0.05 + 3 * np.sqrt(0.05 * 0.95 / 120)


def test_faults_are_still_found():
    assert not any(together(of_exact_posteriors(seed, narrow=1.25)).passed for seed in range(5))
