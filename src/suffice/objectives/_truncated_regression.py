"""Linear regression of a number that is drawn from a normal distribution cut off at the ends of an interval.

    y ~ N(w · x, σ²), given that a < y < b,   log σ = g · c + h

Least squares takes the cut for a smaller slope and a smaller spread. Weights and spread that agree with the moments of
the cut distribution (Johnson, Kotz & Balakrishnan 1994, Continuous Univariate Distributions 1, section 13.10) are found
by iteration: least squares of y less what the cut moves its mean by, and the spread that leaves the residuals that
there are, by scoring (Harvey 1976, Econometrica 44, 461). Of all iterations that with the highest likelihood is kept;
without ends and with one spread for all rows the first is exact. The spread depends on c where the likelihood says so
by more than twice what as many weights gain by chance.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from scipy.special import log_ndtr
from scipy.stats import norm

_ITERATIONS, _GAIN = 60, 1e-6  # at most so many, and while they gain so many nats a row
_WIDEST = 10.0  # widths of the interval: what is wider looks uniform
_FARTHEST = 25.0  # squared residuals, in units of their own variance: what is further out says no more


class Regression(NamedTuple):
    """Weights of the columns, standard deviation of what they leave before the cut, and weights of its logarithm."""

    weights: Float[np.ndarray, " k"]
    spread: float
    of_spread: Float[np.ndarray, " c"]


class _Fit(NamedTuple):
    weights: np.ndarray
    log_spread: np.ndarray
    likelihood: float


def truncated_regression(
    x: Float[np.ndarray, "n k"],
    y: Float[np.ndarray, " n"],
    low: float = -np.inf,
    high: float = np.inf,
    *,
    of_spread: Float[np.ndarray, "n c"] | None = None,
) -> Regression:
    """Weights and spread of rows; `low` and `high` may be infinite, and `x` must hold a constant.

    `of_spread`: columns without a constant, of mean zero, that the spread may depend on.
    """
    smallest, largest = np.log(1e-9 * np.abs(y).max() + 1e-30), np.log(_WIDEST * (high - low))
    constant, own = np.ones((len(y), 1)), np.zeros((len(y), 0)) if of_spread is None else of_spread
    weights = _least_squares(x, y, np.ones(len(y)))
    first = np.log(max(float((y - x @ weights).std()), np.exp(smallest)))
    ends = (low, high, smallest, largest)
    cut = bool(np.isfinite([low, high]).any())
    found = _iterated(x, y, constant, _Fit(weights, np.array([first]), -np.inf), ends, _ITERATIONS if cut else 1)
    if own.shape[1]:
        columns = np.column_stack([own, constant])
        begin = _Fit(found.weights, np.append(np.zeros(own.shape[1]), found.log_spread), -np.inf)
        other = _iterated(x, y, columns, begin, ends, _ITERATIONS)
        if other.likelihood > found.likelihood + 2 * own.shape[1] / len(y):
            return Regression(other.weights, float(np.exp(other.log_spread[-1])), other.log_spread[:-1])
    return Regression(found.weights, float(np.exp(found.log_spread[-1])), np.zeros(own.shape[1]))


def _iterated(
    x: np.ndarray, y: np.ndarray, columns: np.ndarray, begin: _Fit, ends: tuple[float, ...], iterations: int
) -> _Fit:
    """The best of some iterations, the beginning included."""
    low, high, smallest, largest = ends
    inverse = np.linalg.pinv(columns, rcond=1e-6)
    weights, log_spread, best = begin.weights, begin.log_spread, begin
    for _ in range(iterations):
        rows = np.clip(columns @ log_spread, smallest, largest)
        spread, place = np.exp(rows), x @ weights
        cut = _cut((low - place) / spread, (high - place) / spread)
        likelihood = float((norm.logpdf((y - place) / spread) - rows - cut.log_mass).mean())
        gain = likelihood - best.likelihood
        if gain > 0:
            best = _Fit(weights, log_spread, likelihood)
        if abs(gain) < _GAIN:
            break
        weights = _least_squares(x, y - spread * cut.mean, 1 / spread)
        left = ((y - x @ weights) / spread - cut.mean) ** 2 / cut.variance
        log_spread = log_spread + 0.5 * inverse @ (np.minimum(left, _FARTHEST) - 1)
    return best


def _least_squares(x: np.ndarray, y: np.ndarray, precision: np.ndarray) -> Float[np.ndarray, " k"]:
    """Weights of columns, each row multiplied by its precision."""
    precision = precision / precision.max()
    scaled = x * precision[:, None]
    size = np.sqrt((scaled**2).sum(axis=0)) + 1e-300
    gram = (scaled / size).T @ (scaled / size)
    return np.linalg.pinv(gram, rcond=1e-10, hermitian=True) @ ((scaled / size).T @ (y * precision)) / size


class _Cut(NamedTuple):
    """Mean and variance of a standard normal number between two ends, and the log of the share that is there."""

    mean: Float[np.ndarray, " n"]
    variance: Float[np.ndarray, " n"]
    log_mass: Float[np.ndarray, " n"]


def _cut(low: Float[np.ndarray, " n"], high: Float[np.ndarray, " n"]) -> _Cut:
    upper = high > -low
    far, near = np.where(upper, -high, low), np.where(upper, -low, high)
    log_mass = log_ndtr(near) + np.log1p(-np.exp(np.minimum(log_ndtr(far) - log_ndtr(near), -1e-12)))
    at_low, at_high = (np.exp(norm.logpdf(end) - log_mass) for end in (low, high))
    mean = at_low - at_high
    weighted = [np.where(np.isfinite(end), end, 0.0) * density for end, density in ((low, at_low), (high, at_high))]
    return _Cut(mean, np.clip(1 + weighted[0] - weighted[1] - mean**2, 1e-3, 1.0), log_mass)
