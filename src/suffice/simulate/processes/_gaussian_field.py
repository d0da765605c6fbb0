"""A Gaussian random field on a periodic square, with a power law for its power spectrum.

    P(k) = A k^-B;   x = irfft2(√P(k) · rfft2(white noise)),   k = |(k_x, k_y)| in units of 2π / size

The modes are independent normal numbers of variance P(k), so with ln P = ln A - B ln k the Fisher matrix is
F_ab = ½ Σ_k ∂_a ln P ∂_b ln P over all modes but the mean (Tegmark, Taylor & Heavens 1997, astro-ph/9603021), the
mean being zero in every field. The data enter the likelihood through the power in shells of |k| only: nothing that is
linear in the pixels knows anything of A and B.
"""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import numpyro.distributions as dist
from jaxtyping import Array, Float

from ...priors import Prior
from ._process import AbstractProcess, registry


@registry.register("gaussian_field")
class GaussianField(AbstractProcess):
    """Square fields of `size` × `size` pixels; parameters `A` in [0.1, 3] and `B` in [0, 2].

    >>> GaussianField(32)(jax.random.key(0), jnp.array([1.0, 0.5])).shape
    (32, 32)
    """

    size: int = eqx.field(static=True)

    def __init__(self, size: int = 32):
        if size < 2:
            raise ValueError(f"size must be at least 2 pixels, but {size!r} came")
        self.size = int(size)

    @property
    def prior(self) -> Prior:
        return Prior(A=dist.Uniform(0.1, 3), B=dist.Uniform(0, 2))

    def __call__(self, key: Array, theta: Float[Array | np.ndarray, " p"]) -> Float[Array, "h w"]:
        k = _wavenumber(self.size)[:, : self.size // 2 + 1]
        amplitude = jnp.where(k > 0, jnp.sqrt(theta[0]) * jnp.exp(-0.5 * theta[1] * np.log(np.maximum(k, 1.0))), 0.0)
        white = jax.random.normal(key, (self.size, self.size))
        return jnp.fft.irfft2(amplitude * jnp.fft.rfft2(white), s=(self.size, self.size))

    def exact_fisher(self, theta: Float[Array | np.ndarray, " p"]) -> np.ndarray:
        """The Fisher matrix of the whole field `(2, 2)`."""
        k = _wavenumber(self.size).ravel()
        slopes = np.stack([np.full(k.size - 1, 1 / float(theta[0])), -np.log(k[k > 0])])
        return 0.5 * slopes @ slopes.T

    def power(self, x: Float[Array, "h w"], shells: int = 12) -> Float[Array, " shells"]:
        """Mean power of a field in `shells` of |k|, evenly spaced in log k (fewer where some hold no mode)."""
        k = _wavenumber(self.size)
        edges = np.exp(np.linspace(0, np.log(k.max() * 1.001), shells + 1))
        which = np.clip(np.digitize(k, edges) - 1, 0, shells - 1)[k > 0]
        power = (jnp.abs(jnp.fft.fft2(x)) ** 2 / self.size**2)[k > 0]
        count = np.bincount(which, minlength=shells)
        total = jnp.zeros(shells).at[which].add(power)
        return total[count > 0] / count[count > 0]


def _wavenumber(size: int) -> np.ndarray:
    k = np.fft.fftfreq(size) * size
    return np.sqrt(k[:, None] ** 2 + k**2)
