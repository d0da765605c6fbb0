"""Independent draws from a normal distribution of unknown mean and variance.

    x_i = μ + √v ε_i,   ε_i ~ N(0, 1),   i = 1 … n;      F = diag(n / v, n / (2 v²)) at (μ, v)

The test problem of information maximising networks (Charnock, Lavaux & Wandelt 2018, arXiv:1802.03537), in which
Σ x and Σ x² suffice: a network has to find the second.
"""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import numpyro.distributions as dist
from jaxtyping import Array, Float
from scipy.special import gammaincc, gammaln, log_ndtr

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

    def exact_log_ratio(
        self, theta: Float[Array | np.ndarray, "m 2"], x: Float[Array | np.ndarray, "m n"]
    ) -> Float[np.ndarray, "m 3"]:
        """Exact log p(θ_g | x) / p(θ_g) of the mean, of the variance and of both together, pair by pair.

        The mean is integrated over [-10, 10] by the normal distribution, the variance over (0, 10] by the incomplete
        gamma function, ∫ v^{-n/2} exp(-q / 2v) dv = (q / 2)^{1 - n/2} Γ(n/2 - 1, q / 20), both over a grid of log v.

        **Raises** `ValueError` for fewer than 3 draws.

        >>> process = GaussianDraws()
        >>> x = np.random.default_rng(0).normal(size=(1, 10))
        >>> ratios = process.exact_log_ratio(np.array([[0.0, 1.0]]), x)
        >>> bool((ratios > 0).all() and ratios[0, 2] > ratios[0, :2].max())
        True
        """
        if self.n < 3:
            raise ValueError(f"the exact posterior is normalised for n of at least 3 draws, but n is {self.n}")
        theta, x = np.asarray(theta, np.float64), np.asarray(x, np.float64)
        centre, squares = x.mean(axis=1), ((x - x.mean(axis=1, keepdims=True)) ** 2).sum(axis=1)
        half, grid = self.n / 2, np.exp(np.linspace(np.log(1e-6), np.log(10.0), 4001))
        total = np.array([_log_integral(_given_variance(grid, c, q, self.n), grid) for c, q in zip(centre, squares)])
        mean, variance = theta.T
        q = np.maximum(squares + self.n * (centre - mean) ** 2, 1e-300)
        with np.errstate(divide="ignore"):
            of_mean = (1 - half) * np.log(q / 2) + gammaln(half - 1) + np.log(gammaincc(half - 1, q / 20))
            of_variance = _given_variance(variance, centre, squares, self.n)
            of_both = -half * np.log(variance) - q / (2 * variance)
        found = np.column_stack([of_mean + np.log(20), of_variance + np.log(10), of_both + np.log(200)])
        return found - total[:, None]


def _given_variance(v: np.ndarray, centre: Any, squares: Any, n: int) -> np.ndarray:
    """log ∫ v^{-n/2} exp(-Σ (x - μ)² / 2v) dμ over [-10, 10]."""
    scale = np.sqrt(v / n)
    low, high = (-10 - centre) / scale, (10 - centre) / scale
    flip = low > 0  # in the tail where the normal distribution is small, not near one
    low, high = np.where(flip, -high, low), np.where(flip, -low, high)
    inside = log_ndtr(high) + np.log1p(-np.exp(np.minimum(log_ndtr(low) - log_ndtr(high), -1e-300)))
    return -0.5 * n * np.log(v) - squares / (2 * v) + 0.5 * np.log(2 * np.pi * v / n) + inside


def _log_integral(log_values: np.ndarray, grid: np.ndarray) -> float:
    """log ∫ f dv from log f on a grid that is even in log v."""
    log_terms = log_values + np.log(grid)
    top = log_terms.max()
    return float(top + np.log(np.trapezoid(np.exp(log_terms - top), np.log(grid))))
