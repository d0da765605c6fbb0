"""The linear regression of swyft's tutorial "Informative data summaries", its exact answer, the comparison.

    z ~ U(-1, 1)^3,   y: 100 bins in [-1, 1],   x = z0 + z1 y + z2 y^2 + 0.2 noise

The posterior is the Gaussian N(m, S) of least squares, S = 0.2^2 (A^T A)^-1, m = (A^T A)^-1 A^T x, cut off
by the box. A marginal is therefore

    p(z_i | x)  prop.  N(z_i; m_i, S_ii) P(the other two in the box | z_i),

and the probability is integrated here by Gauss-Legendre nodes in one of the others and the normal
distribution function in the last. NumPy and SciPy only, nothing of suffice: the peer's environment runs this
file too, and it checks the exact answers that suffice itself carries.
"""

from dataclasses import dataclass

import numpy as np
from scipy.integrate import trapezoid
from scipy.special import ndtr

BINS, NOISE, PARAMETERS, SIMULATIONS = 100, 0.2, 3, 10_000
OBSERVATIONS, HELD_OUT, SHUFFLES = 100, 10_000, 4
OBSERVATION_SEED, HELD_OUT_SEED = 1_000_001, 1_000_002
BINS_AT = np.linspace(-1.0, 1.0, BINS)
DESIGN = np.stack([np.ones(BINS), BINS_AT, BINS_AT**2], axis=1)
GRID = np.linspace(-1.0, 1.0, 2001)


def simulations(seed: int, n: int = SIMULATIONS, *, noise: float = NOISE, outliers: float = 0.0):
    """`(theta (n, 3), x (n, 100))` in float32 of a seed; `outliers` adds 5 Poisson(outliers / 100) a bin."""
    rng = np.random.default_rng(seed)
    theta = rng.uniform(-1.0, 1.0, (n, PARAMETERS))
    x = theta @ DESIGN.T + noise * rng.standard_normal((n, BINS))
    if outliers:
        x += 5.0 * rng.poisson(outliers / BINS, (n, BINS))
    return theta.astype(np.float32), x.astype(np.float32)


def observations():
    """The 100 fresh observations that every seed is judged on."""
    return simulations(OBSERVATION_SEED, OBSERVATIONS)


def held_out():
    """Simulations that no fit has seen, for the loss."""
    return simulations(HELD_OUT_SEED, HELD_OUT)


def negatives(theta: np.ndarray) -> np.ndarray:
    """`(SHUFFLES, n, 3)`: parameters of other rows, the same pairs for everybody."""
    return np.stack([np.roll(theta, k, axis=0) for k in range(1, SHUFFLES + 1)])


@dataclass(frozen=True)
class Exact:
    """The exact marginals of the problem at a noise level."""

    noise: float = NOISE
    nodes: int = 64

    @property
    def covariance(self) -> np.ndarray:
        """Covariance `(3, 3)` of the posterior before the box cuts it."""
        return self.noise**2 * np.linalg.inv(DESIGN.T @ DESIGN)

    def means(self, x: np.ndarray) -> np.ndarray:
        """Means `(m, 3)` of the posteriors before the box cuts them."""
        return np.linalg.lstsq(DESIGN, np.asarray(x, float).T, rcond=None)[0].T

    def unnormalised(self, x: np.ndarray, index: int, z: np.ndarray) -> np.ndarray:
        """Log of Gaussian times probability of the rest in the box, at `z` `(m, k)` for `x` `(m, 100)`."""
        mean, cov = self.means(x), self.covariance
        j, k = (other for other in range(PARAMETERS) if other != index)
        slope = cov[[j, k], index] / cov[index, index]
        rest = cov[np.ix_([j, k], [j, k])] - np.outer(slope, slope) * cov[index, index]
        away = z - mean[:, index, None]
        inside = box_probability(
            mean[:, j, None] + slope[0] * away, mean[:, k, None] + slope[1] * away, rest, self.nodes
        )
        log_gauss = -0.5 * away**2 / cov[index, index] - 0.5 * np.log(2 * np.pi * cov[index, index])
        with np.errstate(divide="ignore"):
            return log_gauss + np.log(inside)

    def log_evidence(self, x: np.ndarray) -> np.ndarray:
        """Log of the Gaussian's mass inside the box, `(m,)`."""
        mean, sd = self.means(x)[:, 0], np.sqrt(self.covariance[0, 0])
        z, weight = nodes_within(mean, sd, self.nodes)
        return np.log(np.sum(weight * np.exp(self.unnormalised(x, 0, z)), axis=-1))

    def log_density(self, x: np.ndarray, index: int, z: np.ndarray) -> np.ndarray:
        """Log density of parameter `index` at `z` `(m, k)`, for each `x` `(m, 100)`."""
        return self.unnormalised(x, index, z) - self.log_evidence(x)[:, None]

    def log_ratio(self, x: np.ndarray, theta: np.ndarray) -> np.ndarray:
        """Log of posterior over prior of each parameter for `k` parameters an observation; prior density 1/2.

        Args:
            x: `(m, 100)`.
            theta: `(k, m, 3)`.

        Returns:
            `(k, m, 3)`.
        """
        columns = [self.unnormalised(x, i, theta[..., i].T).T for i in range(PARAMETERS)]
        return np.stack(columns, axis=-1) - self.log_evidence(x)[:, None] + np.log(2.0)

    def grid_densities(self, x: np.ndarray) -> np.ndarray:
        """Densities `(m, 3, G)` on `GRID`."""
        z = np.broadcast_to(GRID, (len(x), len(GRID)))
        return np.exp(np.stack([self.log_density(x, i, z) for i in range(PARAMETERS)], axis=1))

    def half_widths(self, threshold: float) -> np.ndarray:
        """Half-widths `(3,)` of the region with density above `threshold` of its peak, box far away."""
        return np.sqrt(-2.0 * np.log(threshold) * np.diag(self.covariance))


def nodes_within(mean: np.ndarray, sd: float, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Gauss-Legendre nodes and weights over what of `mean +- 9 sd` lies in [-1, 1], each `(..., count)`."""
    at, weight = np.polynomial.legendre.leggauss(count)
    low, high = np.clip(mean - 9 * sd, -1, 1)[..., None], np.clip(mean + 9 * sd, -1, 1)[..., None]
    half = 0.5 * (high - low)
    return low + half * (at + 1), half * weight


def box_probability(mean_j: np.ndarray, mean_k: np.ndarray, cov: np.ndarray, count: int) -> np.ndarray:
    """Probability that a two-dimensional Gaussian lies in [-1, 1]^2, for arrays of means of one shape."""
    sd_j, slope = np.sqrt(cov[0, 0]), cov[1, 0] / cov[0, 0]
    sd_k = np.sqrt(cov[1, 1] - slope * cov[1, 0])
    t, weight = nodes_within(mean_j, sd_j, count)
    gauss = np.exp(-0.5 * ((t - mean_j[..., None]) / sd_j) ** 2) / (np.sqrt(2 * np.pi) * sd_j)
    centre = mean_k[..., None] + slope * (t - mean_j[..., None])
    return np.sum(weight * gauss * (ndtr((1 - centre) / sd_k) - ndtr((-1 - centre) / sd_k)), axis=-1)


def least_squares(theta: np.ndarray, x: np.ndarray, x_obs: np.ndarray) -> np.ndarray:
    """Densities `(m, 3, G)` of a least-squares line through (x, theta) with a constant Gaussian residual."""
    columns = np.column_stack([np.ones(len(x)), x]).astype(float)
    weights = np.linalg.lstsq(columns, theta.astype(float), rcond=None)[0]
    residual = theta - columns @ weights
    sd = np.sqrt((residual**2).sum(0) / (len(x) - columns.shape[1]))
    mean = np.column_stack([np.ones(len(x_obs)), x_obs]) @ weights
    density = np.exp(-0.5 * ((GRID - mean[:, :, None]) / sd[:, None]) ** 2)
    return density / trapezoid(density, GRID, axis=-1)[..., None]


def moments(density: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation `(m, 3)` of densities on `GRID`."""
    mass = trapezoid(density, GRID, axis=-1)
    mean = trapezoid(density * GRID, GRID, axis=-1) / mass
    square = trapezoid(density * (GRID - mean[..., None]) ** 2, GRID, axis=-1) / mass
    return mean, np.sqrt(square)


def compare(density: np.ndarray, exact: np.ndarray) -> dict[str, float]:
    """Mean |bias| in exact standard deviations, mean width ratio, mean KL(exact || density) in nats.

    Args:
        density: estimated densities `(m, 3, G)` on `GRID`; normalised here.
        exact: the exact ones.
    """
    density = density / trapezoid(density, GRID, axis=-1)[..., None]
    (mean, sd), (exact_mean, exact_sd) = moments(density), moments(exact)
    with np.errstate(divide="ignore", invalid="ignore"):
        integrand = np.where(exact > 0, exact * (np.log(exact) - np.log(np.maximum(density, 1e-300))), 0.0)
    return {
        "bias": float(np.mean(np.abs(mean - exact_mean) / exact_sd)),
        "width": float(np.mean(sd / exact_sd)),
        "divergence": float(np.mean(trapezoid(integrand, GRID, axis=-1))),
    }


def held_out_loss(joint: np.ndarray, shuffled: np.ndarray) -> float:
    """Binary cross-entropy in its softplus form minus 2 ln 2 each, summed over the parameters.

    Args:
        joint: log ratios `(n, 3)` of pairs that belong together.
        shuffled: log ratios `(k, n, 3)` of pairs that do not.
    """
    apart = np.logaddexp(0.0, -joint).mean(0) + np.logaddexp(0.0, shuffled).mean((0, 1))
    return float(np.sum(apart - 2.0 * np.log(2.0)))
