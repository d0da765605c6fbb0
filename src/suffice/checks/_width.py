"""By how much posteriors are too narrow, too wide, too high or too low."""

from typing import NamedTuple

import numpy as np
from scipy import stats


class Width(NamedTuple):
    """What is wrong with the width and the place of a parameter's posteriors: shares of the width, with intervals.

    `narrow` is by how much they are too narrow (negative: too wide), `shift` how many standard deviations they sit too
    high; `narrow_error` and `shift_error` are half-widths of 95 % intervals.
    """

    narrow: float
    narrow_error: float
    shift: float
    shift_error: float

    def __str__(self) -> str:
        told = []
        if abs(self.narrow) > self.narrow_error:
            told.append(f"intervals too {'narrow' if self.narrow > 0 else 'wide'} by {100 * abs(self.narrow):.0f} %")
        if abs(self.shift) > self.shift_error:
            told.append(f"too {'high' if self.shift > 0 else 'low'} by {abs(self.shift):.2f} standard deviations")
        return ", ".join(told) or "as it should be"


def width_of(ranks: np.ndarray) -> Width:
    """From ranks of truths in [0, 1]: were posteriors normal, Φ⁻¹(rank) would have mean zero and variance one.

    The spread is taken between quantiles, so that a few truths far outside do not decide.

    >>> z = stats.norm.ppf((np.arange(4000) + 0.5) / 4000)  # as truths are in posteriors of the right width
    >>> str(width_of(stats.norm.cdf(z / 0.8)))
    'intervals too narrow by 20 %'
    """
    n = len(ranks)
    z = stats.norm.ppf(np.clip(ranks, 0.5 / n, 1 - 0.5 / n))
    low, high = np.quantile(z, [0.16, 0.84])
    spread = (high - low) / (stats.norm.ppf(0.84) - stats.norm.ppf(0.16))
    # Standard errors of quantiles of a normal: √(q (1 − q) / n) / φ.
    error = np.sqrt(0.16 * 0.84 * 2 / n) / stats.norm.pdf(stats.norm.ppf(0.16)) / (2 * stats.norm.ppf(0.84))
    middle = np.sqrt(np.pi / 2 / n)
    return Width(1 - 1 / spread, 1.96 * error, -float(np.median(z)) / spread, 1.96 * middle)
