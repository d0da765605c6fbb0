"""A posterior known exactly, and the same with a planted fault.

theta ~ N(0, I), x = theta + s N(0, I): the posterior is N(x / (1 + s^2), s^2 / (1 + s^2)) for each parameter.
`bias` shifts it by so many standard deviations, `width` multiplies its standard deviation.
"""

from typing import NamedTuple

import numpy as np
import pytest
from scipy import stats


class Exact(NamedTuple):
    truth: np.ndarray
    mean: np.ndarray
    std: float

    @property
    def ranks(self) -> np.ndarray:
        return stats.norm.cdf((self.truth - self.mean) / self.std)

    @property
    def levels(self) -> np.ndarray:
        return np.abs(2 * self.ranks - 1)

    def samples(self, n: int, seed: int) -> np.ndarray:
        noise = np.random.default_rng(seed).normal(size=(len(self.truth), n, self.truth.shape[1]))
        return self.mean[:, None] + self.std * noise


def _gaussian(m: int, p: int = 2, *, bias: float = 0.0, width: float = 1.0, noise: float = 0.7, seed: int = 0) -> Exact:
    rng = np.random.default_rng(seed)
    truth = rng.normal(size=(m, p))
    x = truth + noise * rng.normal(size=(m, p))
    std = noise / np.sqrt(1 + noise**2)
    return Exact(truth, x / (1 + noise**2) + bias * std, width * std)


@pytest.fixture
def gaussian():
    """`gaussian(m, p=2, bias=0, width=1, seed=0)`: an `Exact` posterior for each of m simulations."""
    return _gaussian
