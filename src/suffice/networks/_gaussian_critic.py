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
        parts = (mean, *normal_log_ratio(z - mean, self.n_x))
        self.parts = Frozen(tuple(jnp.asarray(part, float) for part in parts))

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


def normal_log_ratio(z: Float[np.ndarray, "n d"], n_x: int) -> tuple[Float[np.ndarray, "d d"], float]:
    """Q and c of the log-ratio c + ½ zᵀ Q z, from centred rows whose first `n_x` columns are x."""
    whole = shrunk_covariance(z)
    marginal = np.zeros_like(whole)
    for block in (np.s_[:n_x], np.s_[n_x:]):
        marginal[block, block] = whole[block, block]
    quadratic = np.linalg.inv(marginal) - np.linalg.inv(whole)
    return quadratic, float(0.5 * (np.linalg.slogdet(marginal)[1] - np.linalg.slogdet(whole)[1]))


_SHARES = (0.0, 0.01, 0.03, 0.1, 0.3, 0.6)


def shrunk_covariance(z: Float[np.ndarray, "n d"]) -> Float[np.ndarray, "d d"]:
    """Covariance of centred rows, its correlations shrunk by the share under which one half tells the other best."""
    n, d = z.shape
    spread = np.sqrt((z**2).mean(axis=0))
    scale = np.where(spread > 1e-12 * max(float(spread.max(initial=0.0)), 1e-300), spread, 1.0)
    u = z / scale
    first, second = (half.T @ half / max(1, len(half)) for half in (u[: n // 2], u[n // 2 :]))
    share = min(_SHARES, key=lambda share: _surprise(_towards_one(first, share), second)) if d > 1 else 0.0
    return _towards_one(u.T @ u / max(1, n - 1), share) * scale * scale[:, None]


def _towards_one(correlation: np.ndarray, share: float) -> np.ndarray:
    shrunk = (1 - share) * correlation
    np.fill_diagonal(shrunk, np.diag(correlation).clip(1e-12) * (1 + 1e-6))
    return shrunk


def _surprise(model: np.ndarray, seen: np.ndarray) -> float:
    """Minus twice the mean log-likelihood of rows of covariance `seen`, but for a constant."""
    sign, log_det = np.linalg.slogdet(model)
    return float(log_det + np.trace(np.linalg.solve(model, seen))) if sign > 0 else np.inf
