"""Two moons: a posterior of two thin crescents.

    θ ~ U(-1, 1)²,   x = (r cos a + 0.25, r sin a) + (-|θ0 + θ1|, θ1 - θ0) / √2,
    a ~ U(-π/2, π/2),   r ~ N(0.1, 0.01²)

Greenberg, Nonnenmacher & Macke (2019), arXiv:1905.07488; task T.8 of Lueckmann et al. (2021), arXiv:2101.04653.
"""

import jax
import jax.numpy as jnp
import numpy as np
import numpyro.distributions as dist
from jaxtyping import Array, Float

from ...core import as_key, KeyLike
from ...priors import Prior
from ._process import AbstractProcess, registry

_RADIUS, _WIDTH, _SHIFT = 0.1, 0.01, 0.25


@registry.register("two_moons")
class TwoMoons(AbstractProcess):
    """Two parameters, two numbers; draws the exact posterior.

    >>> process = TwoMoons()
    >>> process.exact_sample(np.zeros(2), 1000, key=0).shape
    (1000, 2)
    """

    @property
    def prior(self) -> Prior:
        """Uniform in [-1, 1]²: `theta[0]`, `theta[1]`."""
        return Prior(theta=dist.Uniform(-1, 1).expand([2]))

    def __call__(self, key: Array, theta: Float[Array | np.ndarray, "2"]) -> Float[Array, "2"]:
        """Simulate once."""
        for_angle, for_radius = jax.random.split(key)
        angle = jax.random.uniform(for_angle, minval=-jnp.pi / 2, maxval=jnp.pi / 2)
        radius = _RADIUS + _WIDTH * jax.random.normal(for_radius)
        crescent = jnp.stack([radius * jnp.cos(angle) + _SHIFT, radius * jnp.sin(angle)])
        return crescent + jnp.stack([-jnp.abs(theta[0] + theta[1]), theta[1] - theta[0]]) / jnp.sqrt(2.0)

    def log_likelihood(self, theta: Float[Array | np.ndarray, "2"], x: Float[Array | np.ndarray, "2"]) -> Array:
        """log p(x | θ): the density of the point of the crescent, in polar coordinates about its centre."""
        moved = jnp.stack([-jnp.abs(theta[0] + theta[1]), theta[1] - theta[0]]) / jnp.sqrt(2.0)
        u, v = x - moved - jnp.array([_SHIFT, 0.0])
        radius = jnp.sqrt(u**2 + v**2)
        # A negative radius (ten standard deviations off) is left out.
        density = jax.scipy.stats.norm.logpdf(radius, _RADIUS, _WIDTH) - jnp.log(jnp.pi * radius)
        return jnp.where(u > 0, density, -jnp.inf)

    def exact_sample(self, x: Float[Array | np.ndarray, "2"], n: int, *, key: KeyLike) -> Float[np.ndarray, "n 2"]:
        """`n` independent draws of the posterior: crescents solved for θ, those outside of the prior drawn again."""
        rng = np.random.default_rng(np.asarray(jax.random.key_data(as_key(key))).ravel())
        kept, x = np.empty((0, 2)), np.asarray(x, np.float64)
        for _ in range(1000):
            angle = rng.uniform(-np.pi / 2, np.pi / 2, 4 * n)
            radius = rng.normal(_RADIUS, _WIDTH, 4 * n)
            crescent = np.stack([radius * np.cos(angle) + _SHIFT, radius * np.sin(angle)], axis=1)
            total, difference = ((crescent - x)[:, 0], (x - crescent)[:, 1])
            sign = rng.choice([-1.0, 1.0], 4 * n)
            theta = np.stack([sign * total - difference, sign * total + difference], axis=1) / np.sqrt(2)
            inside = (total >= 0) & (np.abs(theta) <= 1).all(axis=1)
            kept = np.concatenate([kept, theta[inside]])
            if len(kept) >= n:
                return kept[:n]
        raise ValueError(f"x = {x} lies so far from what the prior allows that no draw was found")
