"""The log-ratio of jointly normal variables, a critic in closed form.

With z = (x, y) of covariance Σ and Σ_x, Σ_y its blocks,

    log p(x, y) / p(x) p(y) = -½ log det Σ + ½ log det Σ_x + ½ log det Σ_y
                              - ½ zᵀ (Σ⁻¹ - diag(Σ_x⁻¹, Σ_y⁻¹)) z.

On ranks turned to normal it is the log-ratio of a Gaussian copula.
"""

from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ..core import Frozen
from ._critics import AbstractCritic


class GaussianCritic(AbstractCritic):
    """Made from rows of standardised x and y; never trained."""

    parts: Frozen
    n_x: int = eqx.field(static=True)

    def __init__(self, x: Float[np.ndarray, "n n_x"], y: Float[np.ndarray, "n n_y"]):
        z = np.concatenate([x, y], axis=1).astype(np.float64)
        self.n_x = x.shape[1]
        mean = z.mean(axis=0)
        whole = shrunk_covariance(z - mean)
        marginal = np.zeros_like(whole)
        for block in (np.s_[: self.n_x], np.s_[self.n_x :]):
            marginal[block, block] = whole[block, block]
        quadratic = np.linalg.inv(marginal) - np.linalg.inv(whole)
        constant = 0.5 * (np.linalg.slogdet(marginal)[1] - np.linalg.slogdet(whole)[1])
        self.parts = Frozen(tuple(jnp.asarray(part, float) for part in (mean, quadratic, constant)))

    def left(self, x: Float[Array, " n_x"]) -> Any:
        mean, quadratic, constant = self.parts.value
        z = x - mean[: self.n_x]
        return constant + 0.5 * z @ quadratic[: self.n_x, : self.n_x] @ z, z @ quadratic[: self.n_x, self.n_x :]

    def right(self, y: Float[Array, " n_y"]) -> Any:
        mean, quadratic, _ = self.parts.value
        z = y - mean[self.n_x :]
        return 0.5 * z @ quadratic[self.n_x :, self.n_x :] @ z, z

    def score(self, left: Any, right: Any) -> Float[Array, ""]:
        return left[0] + right[0] + (left[1] * right[1]).sum()


def shrunk_covariance(z: Float[np.ndarray, "n d"]) -> Float[np.ndarray, "d d"]:
    """Covariance of centred rows, shrunk to its diagonal (Schäfer & Strimmer 2005, with unequal variances)."""
    n, d = z.shape
    sample = z.T @ z / max(1, n - 1)
    variance = np.diag(sample)
    floor = 1e-8 * max(float(variance.max(initial=0.0)), 1e-300)
    scale = np.sqrt(np.maximum(variance, floor))
    u = z / scale
    correlation = u.T @ u / max(1, n - 1)
    # Var of each product's mean; the off-diagonal ones decide how far to shrink.
    noise = ((u**2).T @ (u**2) / n - correlation**2) / n
    away = ~np.eye(d, dtype=bool)
    share = float(np.clip(noise[away].sum() / max(float((correlation[away] ** 2).sum()), 1e-300), 0.0, 1.0))
    shrunk = (1 - share) * correlation
    np.fill_diagonal(shrunk, 1.0 + 1e-6)
    return shrunk * scale * scale[:, None]
