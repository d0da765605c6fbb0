"""Independent draws from a normal distribution of unknown mean and variance.

    x_i = μ + √v ε_i,   ε_i ~ N(0, 1),   i = 1 … n;      F = diag(n / v, n / (2 v²)) at (μ, v)

The test problem of information maximising networks (Charnock, Lavaux & Wandelt 2018, arXiv:1802.03537), in which
Σ x and Σ x² suffice: a network has to find the second.
"""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import numpyro.distributions as dist
from jaxtyping import Array, Float

from ...priors import Prior
from ._process import AbstractProcess, registry


@registry.register("gaussian_draws")
class GaussianDraws(AbstractProcess):
    """`n` draws; parameters `mean` in [-10, 10] and `variance` in (0, 10].

    >>> GaussianDraws().exact_fisher(np.array([0.0, 1.0])).tolist()
    [[10.0, 0.0], [0.0, 5.0]]
    """

    n: int = eqx.field(static=True)

    def __init__(self, n: int = 10):
        if n < 1:
            raise ValueError(f"n must be at least 1 draw, but {n!r} came")
        self.n = int(n)

    @property
    def prior(self) -> Prior:
        return Prior(mean=dist.Uniform(-10, 10), variance=dist.Uniform(0, 10))

    def __call__(self, key: Array, theta: Float[Array | np.ndarray, " p"]) -> Float[Array, " n"]:
        return theta[0] + jnp.sqrt(theta[1]) * jax.random.normal(key, (self.n,))

    def exact_fisher(self, theta: Float[Array | np.ndarray, " p"]) -> np.ndarray:
        """The Fisher matrix of the draws `(2, 2)`."""
        variance = float(theta[1])
        return np.diag([self.n / variance, self.n / (2 * variance**2)])

    def log_likelihood(self, theta: Float[Array | np.ndarray, "m p"], x: Float[Array | np.ndarray, " n"]) -> np.ndarray:
        """Log-likelihood of `m` parameter vectors for one observation, `(m,)`."""
        theta, x = np.asarray(theta, np.float64), np.asarray(x, np.float64)
        # Σ (x - μ)² from two sums, so that a fine grid needs no array for each draw.
        squares = len(x) * (x.mean() - theta[:, 0]) ** 2 + ((x - x.mean()) ** 2).sum()
        with np.errstate(divide="ignore", invalid="ignore"):
            log = -0.5 * len(x) * np.log(2 * np.pi * theta[:, 1]) - squares / (2 * theta[:, 1])
        return np.where(theta[:, 1] > 0, log, -np.inf)
