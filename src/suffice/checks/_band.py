"""Simultaneous band for the empirical distribution function of uniform numbers.

At a point z the number of m uniform draws below z is Binomial(m, z). A band of pointwise intervals
at level 1 - gamma leaves out a calibrated curve somewhere far more often than gamma; here gamma is
lowered until the whole curve stays inside with the wanted confidence. Source: Säilynoja, Bürkner &
Vehtari (2022), "Graphical test for discrete uniformity and its applications in goodness-of-fit
evaluation and multiple sample comparison", section 2.2, with gamma found by simulation.
"""

from functools import lru_cache

import numpy as np
from jaxtyping import Float
from scipy import stats


def ecdf(values: Float[np.ndarray, "m"], points: Float[np.ndarray, "k"]) -> Float[np.ndarray, "k"]:
    """Share of `values` at or below each of `points`.

    >>> ecdf(np.array([0.1, 0.5, 0.9]), np.array([0.0, 0.5, 1.0])).round(2)
    array([0.  , 0.67, 1.  ])
    """
    return np.searchsorted(np.sort(values), points, side="right") / len(values)


def ecdf_band(
    m: int, points: int = 50, confidence: float = 0.95
) -> tuple[Float[np.ndarray, "k"], Float[np.ndarray, "k"], Float[np.ndarray, "k"]]:
    """Band (z, low, high) that holds the ECDF of `m` uniform numbers, as a whole, with `confidence`.

    `z` are `points + 1` equal steps from 0 to 1. Deterministic: the simulation has a fixed seed.

    >>> z, low, high = ecdf_band(1000)
    >>> i = 25
    >>> print(f"at {z[i]:.2f}: {low[i]:.3f} to {high[i]:.3f}")
    at 0.50: 0.454 to 0.546
    """
    z = np.linspace(0, 1, points + 1)
    tail = _pointwise_tail(m, points, confidence)
    low = stats.binom.ppf(tail, m, z) / m
    high = stats.binom.isf(tail, m, z) / m
    low[[0, -1]] = high[[0, -1]] = (0.0, 1.0)  # the ends hold for certain
    return z, low, high


@lru_cache(maxsize=64)
def _pointwise_tail(m: int, points: int, confidence: float, draws: int = 4000) -> float:
    """The tail probability gamma / 2 at each point that makes the band simultaneous."""
    rng = np.random.default_rng(0)
    counts = rng.multinomial(m, np.full(points, 1 / points), size=draws).cumsum(axis=1)[:, :-1]
    z = np.arange(1, points) / points
    below = stats.binom.cdf(counts, m, z)
    above = stats.binom.sf(counts - 1, m, z)
    smallest = np.minimum(below, above).min(axis=1)
    return float(np.quantile(smallest, 1 - confidence))
