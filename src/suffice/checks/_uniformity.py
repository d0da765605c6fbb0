"""Are numbers in [0, 1] uniform, and if not, in which way?

Two tests: Pearson's chi-square on equal bins (sees local faults) and Kolmogorov-Smirnov on the
distribution function (sees shifts). Two directions, each as a z-score: the shift, from the mean of the
numbers (1/2, variance 1/12), and the spread, from the mean square distance to 1/2 (1/12, variance
1/180).
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from scipy import stats


class Uniformity(NamedTuple):
    """Two tests of uniformity and two directions of departing from it."""

    ks: float
    ks_p: float
    chi2: float
    chi2_p: float
    shift: float
    spread: float


def uniformity(values: Float[np.ndarray, "m"], bins: int | None = None) -> Uniformity:
    """Test `values` in [0, 1] for uniformity.

    `bins` of the chi-square; by default 20, or fewer such that each expects at least 5.

    >>> narrow = np.random.default_rng(0).beta(0.5, 0.5, size=1000)  # too many at both ends
    >>> result = uniformity(narrow)
    >>> bool(result.chi2_p < 1e-6), bool(result.spread > 5), bool(abs(result.shift) < 3)
    (True, True, True)
    """
    m = len(values)
    bins = default_bins(m) if bins is None else bins
    ks = stats.kstest(values, "uniform")
    counts = np.histogram(values, bins=bins, range=(0, 1))[0]
    chi2 = stats.chisquare(counts)
    shift = (values.mean() - 0.5) * np.sqrt(12 * m)
    spread = (np.square(values - 0.5).mean() - 1 / 12) * np.sqrt(180 * m)
    return Uniformity(*(float(v) for v in (*ks[:2], *chi2[:2], shift, spread)))


def default_bins(m: int) -> int:
    """20 bins, or fewer so that each expects at least 5 of `m` values; at least 2.

    >>> default_bins(2000), default_bins(50), default_bins(3)
    (20, 10, 2)
    """
    return max(2, min(20, m // 5))
