"""A parabola with noise, in bins: the regression whose exact posterior is known.

    z ~ U(-1, 1)³,   x_b = z0 + z1 y_b + z2 y_b² + noise · ε_b,   y_b even in [-1, 1],   ε_b ~ N(0, 1)

The problem of the swyft tutorial "Informative data summaries". With A = [1, y, y²] and flat prior the
posterior is the Gaussian N(m, C), C = noise² (AᵀA)⁻¹, m = (AᵀA)⁻¹ Aᵀ x, cut off by the prior's box
(Gelman et al., Bayesian Data Analysis, 3rd ed., section 14.2). The bins are symmetric about 0, so that
Σ y = Σ y³ = 0: z1 is independent of (z0, z2), and each marginal needs an integral over one other
parameter only.
"""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import numpyro.distributions as dist
from jaxtyping import Array, Float

from ...core import as_key, Estimate, KeyLike
from ...priors import Prior
from ._box_gaussian import BoxGaussian, log_interval
from ._process import AbstractProcess, registry

# z0 and z2 depend on each other; z1 on none, for which any other stands.
_PARTNER = (2, 0, 0)


@registry.register("linear_regression")
class LinearRegression(AbstractProcess):
    """Three coefficients of a parabola, seen in noisy bins; knows its exact posterior.

    **Arguments:**

    - `noise`: standard deviation of the noise of a bin.
    - `bins`: how many bins, at least 3.
    - `outliers`: mean number of outliers in a bin; each adds 5 (`5 · Poisson(outliers)`). With
      outliers no exact answer is known, and the `exact_...` methods raise `ValueError`.

    >>> import jax
    >>> process = LinearRegression()
    >>> x = process(jax.random.key(0), process.prior.sample(1, key=1)[0])
    >>> x.shape
    (100,)
    >>> mean, std = process.exact_mean_std(x)
    >>> std.round(3)
    array([0.03 , 0.034, 0.066])
    """

    noise: float = eqx.field(static=True)
    bins: int = eqx.field(static=True)
    outliers: float = eqx.field(static=True)

    def __init__(self, noise: float = 0.2, bins: int = 100, outliers: float = 0.0):
        if not 0 < noise < np.inf:
            raise ValueError(f"noise must be a positive standard deviation, but {noise!r} came; pass 0.2")
        if bins < 3:
            raise ValueError(f"bins must be at least 3, for three coefficients, but {bins!r} came; pass 100")
        if not 0 <= outliers < np.inf:
            raise ValueError(f"outliers must be a mean count, zero or more, but {outliers!r} came; pass 0.03")
        self.noise, self.bins, self.outliers = float(noise), int(bins), float(outliers)

    @property
    def prior(self) -> Prior:
        """Uniform in [-1, 1]³: `z[0]`, `z[1]`, `z[2]`."""
        return Prior(z=dist.Uniform(-1, 1).expand([3]))

    def __call__(self, key: Array, theta: Float[Array | np.ndarray, "3"]) -> Float[Array, " bins"]:
        """Simulate the bins once."""
        for_noise, for_outliers = jax.random.split(key)
        y = jnp.linspace(-1, 1, self.bins)
        x = theta[0] + theta[1] * y + theta[2] * y**2 + self.noise * jax.random.normal(for_noise, (self.bins,))
        if self.outliers > 0:
            x = x + 5.0 * jax.random.poisson(for_outliers, self.outliers, (self.bins,))
        return x

    def design(self) -> Float[np.ndarray, "bins 3"]:
        """The matrix A of the noiseless bins `A @ z`; it is also their derivative."""
        return np.linspace(-1, 1, self.bins)[:, None] ** np.arange(3)

    def fisher(self) -> Float[np.ndarray, "3 3"]:
        """Fisher information AᵀA / noise², the same for every theta."""
        self._must_be_exact()
        return self.design().T @ self.design() / self.noise**2

    def exact_mean_std(
        self, x_obs: Float[Array | np.ndarray, "*m bins"]
    ) -> tuple[Float[np.ndarray, "*m 3"], Float[np.ndarray, "*m 3"]]:
        """Exact posterior means and standard deviations, for one observation or many."""
        mean, std = self._posterior(x_obs).moments()
        shape = (*np.shape(x_obs)[:-1], 3)
        return mean.reshape(shape), std.reshape(shape)

    def exact_marginal(
        self, x_obs: Float[Array | np.ndarray, "*m bins"], index: int, grid: Float[Array | np.ndarray, " g"]
    ) -> Float[np.ndarray, "*m g"]:
        """Exact posterior density of parameter `index` on the points of `grid`; zero outside the prior."""
        posterior = self._posterior(x_obs)
        z = np.broadcast_to(np.asarray(grid, float), (*posterior.mean.shape, len(grid)))
        density = np.exp(posterior.log_density(z)[:, index])
        return density.reshape(*np.shape(x_obs)[:-1], len(grid))

    def exact_log_ratio(
        self, theta: Float[Array | np.ndarray, "n 3"], x: Float[Array | np.ndarray, "n bins"]
    ) -> Float[np.ndarray, "n 3"]:
        """Exact log p(z_i | x) / p(z_i) of each parameter, pair by pair; p(z_i) = 1/2."""
        z = np.asarray(theta, float)[..., None]
        return self._posterior(x).log_density(z)[..., 0] + np.log(2.0)

    def exact_joint_log_ratio(
        self, theta: Float[Array | np.ndarray, "n 3"], x: Float[Array | np.ndarray, "n bins"]
    ) -> Float[np.ndarray, " n"]:
        """Exact log p(z | x) / p(z) of the three parameters together, pair by pair; p(z) = 1/8."""
        posterior = self._posterior(x)
        offset = np.asarray(theta, float) - posterior.mean
        precision = self.fisher()
        log_p = -0.5 * np.einsum("ni,ij,nj->n", offset, precision, offset)
        log_p += 0.5 * np.linalg.slogdet(precision / (2 * np.pi))[1]
        # Mass of the box: z1 by itself, times (z0, z2), which is the constant of the marginal of z0.
        mass = log_interval(posterior.mean[:, 1], np.sqrt(posterior.covariance[1, 1])) + posterior.log_mass()[:, 0]
        return np.where(np.all(np.abs(theta) <= 1, axis=1), log_p - mass + np.log(8.0), -np.inf)

    def exact_box(
        self, x_obs: Float[Array | np.ndarray, " bins"], threshold: float = 1e-6
    ) -> tuple[Float[np.ndarray, "3"], Float[np.ndarray, "3"]]:
        """Corners of the box that ends where each exact marginal is `threshold` of its peak."""
        if not 0 < threshold < 1:
            raise ValueError(f"threshold must lie between 0 and 1, but {threshold!r} came; pass 1e-6")
        low, high = self._posterior(x_obs).interval(threshold)
        return low[0], high[0]

    def exact_information(self, n: int = 20_000, *, key: KeyLike) -> dict[str, Estimate]:
        """Mutual information of each parameter, and of all (`"joint"`), with the data, in nats.

        I = E[log p(z | x) / p(z)], the mean of the exact log-ratio over `n` simulated pairs; the
        interval is 1.96 standard errors to each side.
        """
        for_theta, for_x = jax.random.split(as_key(key))
        theta = self.prior.sample(n, key=for_theta)
        x = jax.jit(jax.vmap(self))(jax.random.split(for_x, n), theta)
        ratios = np.column_stack([self.exact_log_ratio(theta, x), self.exact_joint_log_ratio(theta, x)])
        value, error = ratios.mean(0), ratios.std(0, ddof=1) / np.sqrt(n)
        names = (*self.prior.names, "joint")
        return {
            name: Estimate(float(v), float(v - 1.96 * e), float(v + 1.96 * e), label=f"I({name}; x)")
            for name, v, e in zip(names, value, error, strict=True)
        }

    def _posterior(self, x: Array | np.ndarray) -> BoxGaussian:
        """The posterior of each row of `x`, from its least-squares fit."""
        self._must_be_exact()
        if np.shape(x)[-1] != self.bins:
            raise ValueError(f"x must hold {self.bins} bins, but its shape is {np.shape(x)}; pass such data")
        covariance = np.linalg.inv(self.fisher())
        fit = covariance @ self.design().T / self.noise**2
        return BoxGaussian(np.asarray(x, float).reshape(-1, self.bins) @ fit.T, covariance, _PARTNER)

    def _must_be_exact(self) -> None:
        if self.outliers > 0:
            raise ValueError(
                f"outliers must be 0 for an exact answer, but this process has outliers={self.outliers}, "
                f"for which none is known; use LinearRegression(noise={self.noise}, bins={self.bins})"
            )
