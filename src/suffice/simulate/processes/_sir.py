"""An epidemic: susceptible, infected, recovered.

    dS/dt = -β S I / N,   dI/dt = β S I / N - γ I,   I(0) = 1,   N = 10⁶,
    x_i ~ Binomial(1000, I(t_i) / N),   t_i = 0, 17, …, 153 days,
    β ~ LogNormal(log 0.4, 0.5),   γ ~ LogNormal(log 1/8, 0.2)

Kermack & McKendrick (1927); task T.9 of Lueckmann et al. (2021), arXiv:2101.04653. Integrated in log S and log I by
Runge-Kutta of fourth order with fixed steps, so that neither becomes negative.
"""

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import numpyro.distributions as dist
from jaxtyping import Array, Float

from ...priors import Prior
from ._process import AbstractProcess, registry
from ._runge_kutta import trajectory

_PEOPLE, _TESTED, _EVERY, _TIMES = 1e6, 1000, 17.0, 10


@registry.register("sir")
class SIR(AbstractProcess):
    """Contact rate `beta` and recovery rate `gamma`, per day, from ten samples of a thousand people.

    **Arguments:** `steps`: Runge-Kutta steps between two samples.
    """

    steps: int = eqx.field(static=True)

    def __init__(self, steps: int = 34):
        if steps < 1:
            raise ValueError(f"steps must be at least 1, but {steps!r} came; pass 34")
        self.steps = int(steps)

    @property
    def prior(self) -> Prior:
        """Log-normal."""
        return Prior(beta=dist.LogNormal(jnp.log(0.4), 0.5), gamma=dist.LogNormal(jnp.log(0.125), 0.2))

    def __call__(self, key: Array, theta: Float[Array | np.ndarray, "2"]) -> Float[Array, "10"]:
        """Simulate once."""
        return dist.Binomial(_TESTED, self.infected(theta)).sample(key).astype(float)

    def infected(self, theta: Float[Array | np.ndarray, "2"]) -> Float[Array, "10"]:
        """The share of people infected at each time."""
        beta, gamma = theta[0], theta[1]

        def slope(log: Array) -> Array:
            susceptible, infected = jnp.exp(log)
            return jnp.stack([-beta * infected, beta * susceptible - gamma])

        start = jnp.log(jnp.array([1 - 1 / _PEOPLE, 1 / _PEOPLE]))
        log = trajectory(slope, start, times=_TIMES, every=_EVERY, steps=self.steps)
        return jnp.clip(jnp.exp(log[:, 1]), 0.0, 1.0)

    def log_likelihood(self, theta: Float[Array | np.ndarray, "2"], x: Float[Array | np.ndarray, "10"]) -> Array:
        """log p(x | θ)."""
        return dist.Binomial(_TESTED, jnp.clip(self.infected(theta), 1e-12, 1 - 1e-7)).log_prob(x).sum()
