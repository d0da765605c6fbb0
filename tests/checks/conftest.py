"""A posterior known exactly, and the same with a planted fault.

theta ~ N(0, I), x = theta + s N(0, I): the posterior is N(x / (1 + s^2), s^2 / (1 + s^2)) for each parameter.
`bias` shifts it by so many standard deviations, `width` multiplies its standard deviation.
"""

from types import SimpleNamespace
from typing import ClassVar, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import pytest
from scipy import stats

import suffice as sf
from suffice.simulate.processes import NormalMean
from suffice.train import Split


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


TRACED = []


class Planted(sf.objectives.AbstractDensityObjective):
    """The exact posterior of two normal means, N(x / 2, 0.05 1), with a fault where x[0] is positive.

    `bias`: so many standard deviations too high; `width`: so many times as wide.
    """

    prior: sf.core.Frozen
    bias: float
    width: float
    everywhere: bool
    monitor: ClassVar[str] = "loss"

    @property
    def summary(self):
        return lambda x: x

    def _of(self, s):
        """Mean and standard deviation."""
        faulty = jnp.asarray(self.everywhere) | (s[0] > 0)
        std = jnp.sqrt(0.05)
        return s / 2 + jnp.where(faulty, self.bias, 0.0) * std, jnp.where(faulty, self.width, 1.0) * std

    def log_density(self, s, u):
        return jax.scipy.stats.norm.logpdf(u, *self._of(s)).sum()

    def draw(self, s, *, key):
        TRACED.append(1)
        mean, std = self._of(s)
        u = mean + std * jax.random.normal(key, (2,))
        return u, self.log_density(s, u)

    def start(self, rows, *, names, key):
        return self

    def finish(self, held_out, *, key):
        return self

    def loss(self, batch, *, key, step):
        raise NotImplementedError


@pytest.fixture(scope="session")
def planted():
    """`planted(bias=0, width=1)`: a fit whose posteriors are exact but for that; `.prior`, `.sims` of two means."""
    process = NormalMean(2)
    sims = sf.simulate(process.prior, process, 3000, key=0, progress=False)
    example = jax.ShapeDtypeStruct((2,), "float32")
    parts = Split(*np.split(np.arange(3000), [1, 2]))

    def fit(bias=0.0, width=1.0, everywhere=True):
        objective = Planted(sf.core.Frozen(process.prior), bias, width, everywhere)
        return sf.Fit(objective, pd.DataFrame(), "max_epochs", parts, example, process.prior.names, None, 0.0)

    return SimpleNamespace(fit=fit, prior=process.prior, sims=sims, process=process, traced=TRACED)
