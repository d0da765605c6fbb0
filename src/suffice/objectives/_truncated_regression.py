"""Linear regression of a number that is drawn from a normal distribution cut off at the ends of an interval.

    y ~ N(w · x, σ²), given that a < y < b

Least squares takes the cut for a smaller slope and a smaller spread. Weights and spread that agree with the moments of
the cut distribution (Johnson, Kotz & Balakrishnan 1994, Continuous Univariate Distributions 1, section 13.10) are found
by iteration: least squares of y less what the cut moves its mean by, and the spread that leaves the residuals that
there are. Of all iterations that with the highest likelihood is kept; without ends the first one is exact.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from scipy.special import log_ndtr
from scipy.stats import norm

_ITERATIONS = 30
_WIDEST = 10.0  # widths of the interval: what is wider looks uniform


class Regression(NamedTuple):
    """Weights of the columns, and standard deviation of what they leave, before the cut."""

    weights: Float[np.ndarray, " k"]
    spread: float


def truncated_regression(
    x: Float[np.ndarray, "n k"], y: Float[np.ndarray, " n"], low: float, high: float
) -> Regression:
    """Weights and spread; `low` and `high` may be infinite, and the columns must hold a constant."""
    inverse = np.linalg.pinv(x, rcond=1e-6)
    smallest, largest = 1e-9 * np.abs(y).max() + 1e-30, _WIDEST * (high - low)
    weights = inverse @ y
    spread = max(float((y - x @ weights).std()), smallest)
    best, highest = Regression(weights, spread), -np.inf
    for _ in range(_ITERATIONS if np.isfinite([low, high]).any() else 0):
        place = x @ weights
        cut = _cut((low - place) / spread, (high - place) / spread)
        likelihood = float((norm.logpdf((y - place) / spread) - np.log(spread) - cut.log_mass).mean())
        if likelihood > highest:
            best, highest = Regression(weights, spread), likelihood
        weights = inverse @ (y - spread * cut.mean)
        left = y - x @ weights - spread * cut.mean
        spread = float(np.clip(np.sqrt((left**2).mean() / cut.variance.mean()), smallest, largest))
    return best


class _Cut(NamedTuple):
    """Mean and variance of a standard normal number between two ends, and the log of the share that is there."""

    mean: Float[np.ndarray, " n"]
    variance: Float[np.ndarray, " n"]
    log_mass: Float[np.ndarray, " n"]


def _cut(low: Float[np.ndarray, " n"], high: Float[np.ndarray, " n"]) -> _Cut:
    upper = low + high > 0
    far, near = np.where(upper, -high, low), np.where(upper, -low, high)
    log_mass = log_ndtr(near) + np.log1p(-np.exp(np.minimum(log_ndtr(far) - log_ndtr(near), -1e-12)))
    at_low, at_high = (np.exp(norm.logpdf(end) - log_mass) for end in (low, high))
    mean = at_low - at_high
    weighted = [np.where(np.isfinite(end), end, 0.0) * density for end, density in ((low, at_low), (high, at_high))]
    return _Cut(mean, np.clip(1 + weighted[0] - weighted[1] - mean**2, 1e-3, 1.0), log_mass)
