"""Jeffreys interval of a binomial proportion.

With k successes of n and the Jeffreys prior Beta(1/2, 1/2), the proportion is distributed as
Beta(k + 1/2, n - k + 1/2); the interval runs between its outer quantiles, and is set to 0 at k = 0
and to 1 at k = n, where a one-sided interval is meant (Brown, Cai & DasGupta 2001, section 3.1.2).
"""

import numpy as np
from jaxtyping import Float, Int
from scipy import stats


def jeffreys_interval(
    k: Int[np.ndarray, "*shape"], n: int, confidence: float = 0.95
) -> tuple[Float[np.ndarray, "*shape"], Float[np.ndarray, "*shape"]]:
    """Interval (low, high) for the proportion of which `k` successes in `n` trials are a sample.

    >>> low, high = jeffreys_interval(np.array([0, 68]), 100)
    >>> print(low.round(3), high.round(3))
    [0.    0.584] [0.025 0.765]
    """
    tail = (1 - confidence) / 2
    low = stats.beta.ppf(tail, k + 0.5, n - k + 0.5)
    high = stats.beta.ppf(1 - tail, k + 0.5, n - k + 0.5)
    return np.where(k == 0, 0.0, low), np.where(k == n, 1.0, high)
