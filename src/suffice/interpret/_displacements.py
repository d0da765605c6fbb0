"""What trajectories look like: mean squared displacements and correlations of displacements.

    time-averaged     MSD_i(t) = mean over s of |r_i(s + t) - r_i(s)|²
    of the ensemble   MSD(t) = mean over i of |r_i(t) - r_i(0)|²

The two differ where a process does not forget when it began (scaled Brownian motion, random walks with long waits).
"""

from typing import Any

import numpy as np
from jaxtyping import Float


def time_averaged_msd(x: Any, lags: Any) -> Float[np.ndarray, "n lags"]:
    """Time-averaged mean squared displacement of each trajectory, summed over dimensions.

    **Arguments:** `x`: displacements `(n, steps)` or `(n, steps, dims)`; `lags`: in steps.

    >>> time_averaged_msd(np.ones((1, 10)), [1, 3]).tolist()
    [[1.0, 9.0]]
    """
    positions, lags = _positions(x, lags)
    found = [((positions[:, k:] - positions[:, :-k]) ** 2).sum(axis=2).mean(axis=1) for k in lags]
    return np.stack(found, axis=1)


def ensemble_msd(x: Any, lags: Any) -> Float[np.ndarray, " lags"]:
    """Mean squared displacement from the start, over trajectories, summed over dimensions; arguments as above."""
    positions, lags = _positions(x, lags)
    return np.array([((positions[:, k] - positions[:, 0]) ** 2).sum(axis=1).mean() for k in lags])


def msd_exponent(msd: Float[np.ndarray, "... lags"], lags: Any, origin: int = 0) -> Any:
    """Slope of log MSD against log time, by least squares; a number, or one for each row of `msd`.

    **Arguments:** `origin`: for the MSD of an ensemble that began `origin` steps before its first position, after
    which MSD(t) = (origin + t)^α - origin^α: the exponent is then fitted to that form.

    >>> float(msd_exponent(np.array([2.0, 8.0, 32.0]), [1, 2, 4]).round(6))
    2.0
    """
    msd, times = np.asarray(msd, np.float64), np.asarray(lags, np.float64)
    if len(times) < 2 or msd.shape[-1] != len(times):
        raise ValueError(f"msd must have one value for each of at least two lags; {msd.shape} and {len(times)} came")
    if not (msd > 0).all():
        raise ValueError("msd must be above zero at every lag")
    if origin == 0:
        log_t = np.log(times) - np.log(times).mean()
        return (np.log(msd) * log_t).sum(axis=-1) / (log_t**2).sum()
    exponents = np.linspace(0.02, 3, 1491)
    model = np.log((origin + times) ** exponents[:, None] - origin ** exponents[:, None])
    apart = np.log(msd)[..., None, :] - model
    spread = apart.var(axis=-1)  # the factor before the power is free
    return exponents[spread.argmin(axis=-1)]


def autocorrelation(x: Any, lags: Any) -> Float[np.ndarray, " lags"]:
    """Correlation of displacements `lags` steps apart, over time and trajectories; their mean is taken as zero."""
    rows = _rows(x)
    if not all(0 <= k < rows.shape[1] for k in lags):
        raise ValueError(f"lags must be from 0 to {rows.shape[1] - 1}, but {[int(k) for k in lags]} came")
    whole = (rows**2).mean()
    n = rows.shape[1]
    return np.array([(rows[:, k:] * rows[:, : n - k]).mean() for k in lags]) / whole


def _rows(x: Any) -> Float[np.ndarray, "n steps dims"]:
    if isinstance(x, dict):
        raise ValueError("series with masks cannot be averaged in this way; give whole ones, an array of displacements")
    rows = np.asarray(x, np.float64)
    if rows.ndim not in (2, 3) or 0 in rows.shape:
        raise ValueError(f"x must be displacements (n, steps) or (n, steps, dims), but {rows.shape} came")
    if not np.isfinite(rows).all():
        raise ValueError("x holds displacements that are not finite; leave those trajectories out")
    return rows if rows.ndim == 3 else rows[..., None]


def _positions(x: Any, lags: Any) -> tuple[Float[np.ndarray, "n t dims"], list[int]]:
    rows = _rows(x)
    if not len(lags) or not all(1 <= k <= rows.shape[1] for k in lags):
        raise ValueError(f"lags must be from 1 to {rows.shape[1]}, but {[int(k) for k in lags]} came")
    start = np.zeros((len(rows), 1, rows.shape[2]))
    return np.concatenate([start, np.cumsum(rows, axis=1)], axis=1), [int(k) for k in lags]
