"""Trajectories whose displacements are a stationary normal sequence, drawn exactly from their autocovariance γ.

    Δx = Re FFT(√(λ / m) ζ),    λ = FFT(γ_0 … γ_n … γ_1),  ζ complex standard normal of m = 2n numbers

Circulant embedding (Davies & Harte 1987, doi:10.1093/biomet/74.1.95; Dietrich & Newsam 1997).
"""

import abc
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import scipy.linalg
from jaxtyping import Array, Float

from ._gaussian_trajectory import AbstractGaussianTrajectory


class AbstractStationaryTrajectory(AbstractGaussianTrajectory):
    """To write one, define besides what a trajectory needs `autocovariance`; its second parameter multiplies it."""

    @abc.abstractmethod
    def autocovariance(self, shape: Any, n: int, xp: Any) -> Any:
        """γ at lags below `n` for a scale of one, from the first parameter, by NumPy or JAX (`xp`)."""

    def displacements(self, key: Array, theta: Float[Array | np.ndarray, " p"]) -> Float[Array, "steps dims"]:
        return jnp.sqrt(theta[1]) * _draw(self.autocovariance(theta[0], self.steps + 1, jnp), self.dims, key)

    def path_covariance(self, theta: Float[Array | np.ndarray, " p"]) -> np.ndarray:
        shape, scale = (np.float64(value) for value in theta)
        return scale * scipy.linalg.toeplitz(self.autocovariance(shape, self.steps, np))


def _draw(gamma: Float[Array, " n1"], dims: int, key: Array) -> Float[Array, "n dims"]:
    """Draws of n numbers in each dimension, from the autocovariance at lags 0 … n."""
    n = len(gamma) - 1
    circle = jnp.concatenate([gamma, gamma[-2:0:-1]])
    eigenvalues = jnp.maximum(jnp.fft.fft(circle).real, 0.0)
    real, imaginary = jax.random.normal(key, (2, dims, len(circle)))
    spectrum = jnp.sqrt(eigenvalues / len(circle)) * (real + 1j * imaginary)
    return jnp.fft.fft(spectrum).real[:, :n].T
