"""Displacements of a stationary normal sequence, drawn exactly from their autocovariance γ.

    Δx = Re FFT(√(λ / m) ζ),    λ = FFT(γ_0 … γ_n … γ_1),  ζ complex standard normal of m = 2n numbers

Circulant embedding (Davies & Harte 1987, doi:10.1093/biomet/74.1.95; Dietrich & Newsam 1997).
"""

import jax
import jax.numpy as jnp
import numpy as np
import scipy.linalg
from jaxtyping import Array, Float


def draw_stationary(gamma: Float[Array, " n1"], dims: int, key: Array) -> Float[Array, "n dims"]:
    """Draws of n numbers in each dimension, from the autocovariance at lags 0 … n."""
    n = len(gamma) - 1
    circle = jnp.concatenate([gamma, gamma[-2:0:-1]])
    eigenvalues = jnp.maximum(jnp.fft.fft(circle).real, 0.0)
    real, imaginary = jax.random.normal(key, (2, dims, len(circle)))
    spectrum = jnp.sqrt(eigenvalues / len(circle)) * (real + 1j * imaginary)
    return jnp.fft.fft(spectrum).real[:, :n].T


def toeplitz(gamma: Float[np.ndarray, " n"]) -> Float[np.ndarray, "n n"]:
    """The covariance matrix of that autocovariance."""
    return scipy.linalg.toeplitz(gamma)
