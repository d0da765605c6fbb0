"""The bivariate normal of `benchmarks.mutual_information`, for both sides: no import of either package.

100,000 pairs of correlation 0.9, of which 72,000 train, 8,000 decide when to stop and 20,000 measure.
"""

import os

import numpy as np

RHO, N = 0.9, 100_000
TRUTH = -0.5 * float(np.log(1 - RHO**2))
# Pairs that do not belong together for each that does, each package's own default; None is all of the batch.
NEGATIVES = {"js": 1, "infonce": None, "smile": 1, "nwj": 1, "mine": 1, "flo": 1, "doe": None}
OURS = 4
BATCH, HIDDEN, EPOCHS, RATE = 128, (32, 32), 5, 1e-3


def one_thread() -> None:
    """Before anything that starts threads is imported."""
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})


def pairs(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """x and y, `(n, 1)`."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(N, 1))
    y = RHO * x + np.sqrt(1 - RHO**2) * rng.normal(size=(N, 1))
    return x.astype(np.float32), y.astype(np.float32)
