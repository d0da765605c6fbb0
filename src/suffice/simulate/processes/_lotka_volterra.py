"""Predator and prey, seen once a year: the Lotka-Volterra equations with log-normal noise.

    du/dt = (alpha - beta v) u,      dv/dt = (-gamma + delta u) v,
    x_tk ~ LogNormal(log z_k(t), sigma_k),   z = (u, v) = (hare, lynx),   t = 0, 1, ... years

Lotka (1925), Volterra (1926); model and priors of B. Carpenter, "Predator-Prey Population Dynamics: the
Lotka-Volterra model in Stan" (2018). The equations are integrated in (log u, log v), where they read
d(log u)/dt = alpha - beta v, d(log v)/dt = -gamma + delta u, so that no population becomes negative, by
Runge-Kutta of fourth order with fixed steps.
"""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import numpyro.distributions as dist
from jaxtyping import Array, Float

from ...priors import Prior
from ._process import AbstractProcess, registry
from ._runge_kutta import trajectory

# Rare draws of the prior would leave the range of float32: a population stays within exp(±60), and with
# its noise within exp(±80).
_LOG_STATE, _LOG_X = 60.0, 80.0


@registry.register("lotka_volterra")
class LotkaVolterra(AbstractProcess):
    """Hare and lynx of some years; the likelihood is known.

    Parameters, in order: `alpha`, `beta`, `gamma`, `delta` (per year; beta and delta also per unit of
    population), `z0[0]`, `z0[1]` (hare and lynx in year 0), `sigma[0]`, `sigma[1]` (spread of the log
    of what is observed of each).

    **Arguments:**

    - `years`: how many years are observed, the first included.
    - `steps`: Runge-Kutta steps a year.

    >>> import jax.numpy as jnp
    >>> theta = jnp.array([0.55, 0.028, 0.8, 0.024, 34.0, 6.0, 0.25, 0.25])
    >>> process = LotkaVolterra()
    >>> process(jax.random.key(0), theta).shape
    (21, 2)
    >>> process.trajectory(theta)[:3].round(1)
    Array([[34. ,  6. ],
           [49.2,  7.3],
           [65.3, 13. ]], dtype=float32)
    """

    years: int = eqx.field(static=True)
    steps: int = eqx.field(static=True)

    def __init__(self, years: int = 21, steps: int = 20):
        if years < 1:
            raise ValueError(f"years must be at least 1, but {years!r} came; pass 21 for the pelts")
        if steps < 1:
            raise ValueError(f"steps must be at least 1 a year, but {steps!r} came; pass 20")
        self.years, self.steps = int(years), int(steps)

    @property
    def prior(self) -> Prior:
        """The weakly informative prior of the Stan case study."""
        return Prior(
            alpha=dist.TruncatedNormal(1.0, 0.5, low=0.0),
            beta=dist.TruncatedNormal(0.05, 0.05, low=0.0),
            gamma=dist.TruncatedNormal(1.0, 0.5, low=0.0),
            delta=dist.TruncatedNormal(0.05, 0.05, low=0.0),
            z0=dist.LogNormal(jnp.log(10.0), 1.0).expand([2]),
            sigma=dist.LogNormal(-1.0, 1.0).expand([2]),
        )

    def __call__(self, key: Array, theta: Float[Array | np.ndarray, "8"]) -> Float[Array, "years 2"]:
        """Simulate once: what is observed of (hare, lynx) each year."""
        log_z = self.log_trajectory(theta)
        noise = theta[6:] * jax.random.normal(key, log_z.shape)
        return jnp.exp(jnp.clip(log_z + noise, -_LOG_X, _LOG_X))

    def trajectory(self, theta: Float[Array | np.ndarray, "8"]) -> Float[Array, "years 2"]:
        """Hare and lynx each year, without noise."""
        return jnp.exp(self.log_trajectory(theta))

    def log_trajectory(self, theta: Float[Array | np.ndarray, "8"]) -> Float[Array, "years 2"]:
        """Logarithms of hare and lynx each year, without noise."""
        alpha, beta, gamma, delta = theta[:4]

        def slope(log_z: Array) -> Array:
            u, v = jnp.exp(jnp.clip(log_z, -_LOG_STATE, _LOG_STATE))
            return jnp.stack([alpha - beta * v, -gamma + delta * u])

        start = jnp.log(theta[4:6])
        return trajectory(slope, start, times=self.years, every=1.0, steps=self.steps, reach=_LOG_STATE)

    def log_likelihood(
        self, theta: Float[Array | np.ndarray, "8"], x: Float[Array | np.ndarray, "years 2"]
    ) -> Float[Array, ""]:
        """Log density of the observed values `x` under `theta`; differentiable."""
        noise = dist.LogNormal(self.log_trajectory(theta), theta[6:])
        return jnp.sum(noise.log_prob(x))
