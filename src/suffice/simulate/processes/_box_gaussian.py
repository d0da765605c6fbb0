"""Marginals of a Gaussian cut off by a box, where each coordinate depends on at most one other.

With mean m, covariance C and box [-1, 1] in every coordinate, and a partner j of i such that all
other coordinates are independent of (z_i, z_j), the marginal is

    p(z_i) ∝ N(z_i; m_i, C_ii) · [Φ((1 - μ)/s) - Φ((-1 - μ)/s)],
    μ = m_j + (z_i - m_i) C_ij/C_ii,   s² = C_jj - C_ij²/C_ii :

the density of z_i times the probability that the partner lies in the box given z_i. The constant is
an integral in one dimension, done by Gauss-Legendre. Everything is kept as logarithms, in float64,
so that values far in the tails stay finite.
"""

import dataclasses

import numpy as np
from jaxtyping import Float
from scipy.special import log_ndtr, logsumexp

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(96)
# The integral runs until the Gaussian has fallen to exp(-_REACH²/2) of its highest value in the box.
_REACH = 10.0


def log_normal(offset: np.ndarray, std: np.ndarray) -> np.ndarray:
    """Log density of N(0, std²)."""
    return -0.5 * (offset / std) ** 2 - np.log(std) - 0.5 * np.log(2 * np.pi)


def log_interval(mean: np.ndarray, std: np.ndarray | float) -> np.ndarray:
    """log P(-1 < z < 1) for z ~ N(mean, std²), exact in both tails."""
    # By symmetry the mean may be taken as negative: then the difference is of two upper tails, none near one.
    near, far = log_ndtr((1 - np.abs(mean)) / std), log_ndtr((-1 - np.abs(mean)) / std)
    return near + np.log1p(-np.exp(far - near))


@dataclasses.dataclass(frozen=True)
class BoxGaussian:
    """Gaussians N(m, C) cut off by the box [-1, 1]^p, for n means and one covariance.

    - `mean`: `(n, p)`, before the cut.
    - `covariance`: `(p, p)`.
    - `partner`: for each coordinate, the one it depends on (any other one, where it depends on none).
    """

    mean: Float[np.ndarray, "n p"]
    covariance: Float[np.ndarray, "p p"]
    partner: tuple[int, ...]

    def log_shape(self, z: Float[np.ndarray, "n p g"]) -> Float[np.ndarray, "n p g"]:
        """Log marginal density of each coordinate at g points inside the box, without its constant."""
        other, own = np.array(self.partner), np.arange(len(self.partner))
        variance = np.diag(self.covariance)
        slope = self.covariance[own, other] / variance
        spread = np.sqrt(variance[other] - slope**2 * variance)
        offset = z - self.mean[:, :, None]
        middle = self.mean[:, other, None] + slope[:, None] * offset
        std = np.sqrt(variance)[:, None]
        return log_normal(offset, std) + log_interval(middle, spread[:, None])

    def nodes(self) -> tuple[Float[np.ndarray, "n p g"], Float[np.ndarray, "n p g"]]:
        """Points and log weights of the quadrature, over the part of the box that counts."""
        std = np.sqrt(np.diag(self.covariance))
        nearest = np.clip(self.mean, -1, 1)
        outside = np.abs(self.mean - nearest)
        # Of a Gaussian centred outside, the box holds only the tail, which falls faster than one std.
        reach = np.sqrt(outside**2 + (_REACH * std) ** 2) - outside
        low, high = np.maximum(nearest - reach, -1), np.minimum(nearest + reach, 1)
        half = (high - low)[..., None] / 2
        return (low + high)[..., None] / 2 + half * _NODES, np.log(half * _WEIGHTS)

    def log_mass(self) -> Float[np.ndarray, "n p"]:
        """Log constants of the marginals: log of ∫ exp(`log_shape`) over the box."""
        z, weight = self.nodes()
        return np.asarray(logsumexp(self.log_shape(z) + weight, axis=-1))

    def log_density(self, z: Float[np.ndarray, "n p g"]) -> Float[np.ndarray, "n p g"]:
        """Log marginal densities at g points of each coordinate; -inf outside the box."""
        return np.where(np.abs(z) <= 1, self.log_shape(z) - self.log_mass()[..., None], -np.inf)

    def moments(self) -> tuple[Float[np.ndarray, "n p"], Float[np.ndarray, "n p"]]:
        """Means and standard deviations of the marginals."""
        z, weight = self.nodes()
        log_p = self.log_shape(z) + weight
        p = np.exp(log_p - logsumexp(log_p, axis=-1, keepdims=True))
        mean = (p * z).sum(-1)
        return mean, np.sqrt((p * (z - mean[..., None]) ** 2).sum(-1))

    def interval(self, threshold: float) -> tuple[Float[np.ndarray, "n p"], Float[np.ndarray, "n p"]]:
        """Lower and upper ends between which each marginal is above `threshold` times its highest value."""
        z, _ = self.nodes()
        left, right = z[..., 0], z[..., -1]
        for _ in range(100):  # ternary search: the marginal is log-concave, so it has one maximum
            a, b = left + (right - left) / 3, right - (right - left) / 3
            rising = self._at(a) < self._at(b)
            left, right = np.where(rising, a, left), np.where(rising, right, b)
        peak = (left + right) / 2
        level = self._at(peak) + np.log(threshold)
        return self._crossing(peak, -np.ones_like(peak), level), self._crossing(peak, np.ones_like(peak), level)

    def _at(self, z: Float[np.ndarray, "n p"]) -> Float[np.ndarray, "n p"]:
        return self.log_shape(z[..., None])[..., 0]

    def _crossing(self, inside: np.ndarray, end: np.ndarray, level: np.ndarray) -> np.ndarray:
        """Bisect between the peak and an end of the box; the end itself where the level is not reached."""
        for _ in range(60):
            middle = (inside + end) / 2
            above = self._at(middle) > level
            inside, end = np.where(above, middle, inside), np.where(above, end, middle)
        return (inside + end) / 2
