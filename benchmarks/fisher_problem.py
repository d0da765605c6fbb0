"""Ten Gaussian draws of unknown mean and variance: F = diag(10, 5) at (0, 1), det F = 50."""

import numpy as np

FIDUCIAL = (0.0, 1.0)
N = 1000
HELD_OUT = 100_000
EXACT = np.diag([10.0, 5.0])
STRENGTH, CLOSENESS = 10.0, 0.1


def draws(seed: int, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Simulations at the fiducial `(n, 10)` and their derivatives `(n, 10, 2)`."""
    noise = np.random.default_rng(seed).normal(size=(n, 10))
    return noise.astype("f4"), np.stack([np.ones_like(noise), noise / 2], axis=-1).astype("f4")


def information(s: np.ndarray, ds: np.ndarray) -> np.ndarray:
    """F of summaries `(n, k)` with derivatives `(n, k, p)`, independent of suffice."""
    derivative = ds.mean(axis=0)
    return derivative.T @ np.linalg.solve(np.cov(s, rowvar=False), derivative)
