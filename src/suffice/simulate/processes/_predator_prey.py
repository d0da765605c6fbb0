"""Predator and prey of which only the rates are unknown.

    du/dt = (α - β v) u,   dv/dt = (-γ + δ u) v,   u(0) = 30,  v(0) = 1,
    x ~ LogNormal(log (u, v)(t_i), 0.1),   t_i = 0, 2.1, …, 18.9,
    α, γ ~ LogNormal(-0.125, 0.5),   β, δ ~ LogNormal(-3, 0.5)

Task T.10 of Lueckmann et al. (2021), arXiv:2101.04653; `LotkaVolterra` has initial populations and noise unknown too.
Populations are kept within e^±30.
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

_TIMES, _EVERY, _NOISE, _REACH = 10, 2.1, 0.1, 30.0


@registry.register("predator_prey")
class PredatorPrey(AbstractProcess):
    """Four rates, twenty numbers: prey at ten times, then predators.

    **Arguments:** `steps`: Runge-Kutta steps between two observations.
    """

    steps: int = eqx.field(static=True)

    def __init__(self, steps: int = 42):
        if steps < 1:
            raise ValueError(f"steps must be at least 1, but {steps!r} came; pass 42")
        self.steps = int(steps)

    @property
    def prior(self) -> Prior:
        """Log-normal: `alpha`, `beta`, `gamma`, `delta`."""
        wide, small = dist.LogNormal(-0.125, 0.5), dist.LogNormal(-3.0, 0.5)
        return Prior(alpha=wide, beta=small, gamma=wide, delta=small)

    def __call__(self, key: Array, theta: Float[Array | np.ndarray, "4"]) -> Float[Array, "20"]:
        """Simulate once."""
        return jnp.exp(self.log_populations(theta) + _NOISE * jax.random.normal(key, (2 * _TIMES,)))

    def log_populations(self, theta: Float[Array | np.ndarray, "4"]) -> Float[Array, "20"]:
        """Logarithms of both populations at the times of observation, without noise."""
        alpha, beta, gamma, delta = theta

        def slope(log: Array) -> Array:
            u, v = jnp.exp(log)
            return jnp.stack([alpha - beta * v, -gamma + delta * u])

        start = jnp.log(jnp.array([30.0, 1.0]))
        log = trajectory(slope, start, times=_TIMES, every=_EVERY, steps=self.steps, reach=_REACH)
        return log.T.ravel()

    def log_likelihood(self, theta: Float[Array | np.ndarray, "4"], x: Float[Array | np.ndarray, "20"]) -> Array:
        """log p(x | θ)."""
        return dist.LogNormal(self.log_populations(theta), _NOISE).log_prob(x).sum()
