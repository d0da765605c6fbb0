"""Spikes of a neuron driven by noise: a generalised linear model with Bernoulli observations.

    y_t ~ Bernoulli(σ(b + Σ_k f_k I_{t-k})), t = 1…100, k = 0…8,   b ~ N(0, 2),   f ~ N(0, (FᵀF)⁻¹),
    F = D² + diag(√(i / 9)),   D = 1 − (ones below the diagonal),   I_t ~ N(0, 1), the same in all simulations

Tasks T.5 and T.6 of Lueckmann et al. (2021), arXiv:2101.04653, after Nonnenmacher et al. (2018). The number of spikes
and the products Σ_t y_t I_{t-k} suffice: ten numbers for ten parameters. The posterior has one mode (its logarithm is
concave).
"""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import numpyro.distributions as dist
from jaxtyping import Array, Float

from ...priors import Prior
from ._process import AbstractProcess, registry

_TIMES, _LAGS = 100, 9


@registry.register("spike_train")
class SpikeTrain(AbstractProcess):
    """An offset and nine weights of a filter.

    **Arguments:** `raw`: give the hundred zeros and ones, rather than the ten numbers that suffice.
    """

    raw: bool = eqx.field(static=True)

    def __init__(self, raw: bool = False):
        self.raw = bool(raw)

    @property
    def prior(self) -> Prior:
        """A normal prior on which the filter is smooth: `theta[0]` is the offset, the others are the filter."""
        steps = np.eye(_LAGS) - np.eye(_LAGS, k=-1)
        smooth = steps @ steps + np.diag(np.sqrt(np.arange(_LAGS) / _LAGS))
        covariance = np.zeros((_LAGS + 1, _LAGS + 1))
        covariance[0, 0], covariance[1:, 1:] = 2.0, np.linalg.inv(smooth.T @ smooth)
        return Prior(theta=dist.MultivariateNormal(jnp.zeros(_LAGS + 1), jnp.asarray(covariance, float)))

    def design(self) -> Float[np.ndarray, "100 10"]:
        """A column of ones, and the input at each lag."""
        noise = np.random.default_rng(42).standard_normal(_TIMES)
        lagged = [np.concatenate([np.zeros(k), noise[: _TIMES - k]]) for k in range(_LAGS)]
        return np.column_stack([np.ones(_TIMES), *lagged])

    def __call__(self, key: Array, theta: Float[Array | np.ndarray, "10"]) -> Float[Array, " n"]:
        """Simulate once."""
        design = jnp.asarray(self.design(), float)
        spikes = (jax.random.uniform(key, (_TIMES,)) < jax.nn.sigmoid(design @ theta)).astype(float)
        return spikes if self.raw else spikes @ design

    def log_likelihood(self, theta: Float[Array | np.ndarray, "10"], x: Float[Array | np.ndarray, " n"]) -> Array:
        """log p(x | θ); of the ten numbers up to a constant."""
        design = jnp.asarray(self.design(), float)
        told = jnp.asarray(x) @ design if self.raw else jnp.asarray(x)
        return told @ theta - jax.nn.softplus(design @ theta).sum()
