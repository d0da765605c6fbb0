"""A linear map that starts at the least-squares regression of the parameters on its input.

Ridge regression in closed form: with standardised inputs X and parameters U (both n rows),
W = (XᵀX + λ 1)⁻¹ XᵀU, λ from generalised cross-validation (Golub, Heath & Wahba 1979).
The rows of W are then brought to the number of outputs: as many outputs as parameters
keep one summary for each parameter; fewer keep the directions of the fitted values with
the largest share of explained to unexplained variance (canonical correlation); more are
filled up with small random directions.
"""

import math

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ..core import check_whole, Frozen, initial_normal
from ._data_dependent import AbstractDataDependent, altered, record
from ._standardise import moments

MAX_INPUTS = 4096


def ridge(x: np.ndarray, u: np.ndarray) -> np.ndarray:
    """Coefficients `(d, p)` of the ridge regression of centred `u` on centred `x`, λ by GCV."""
    gram = x.T @ x
    eigenvalues, vectors = np.linalg.eigh(gram)
    eigenvalues = np.maximum(eigenvalues, 0.0)
    projected = vectors.T @ (x.T @ u)
    n, top = len(x), max(float(eigenvalues[-1]), 1e-30)
    total = float((u**2).sum())
    best = (math.inf, 1e-6 * top)
    for strength in top * np.logspace(-8, 1, 28):
        shrunk = projected / (eigenvalues + strength)[:, None]
        residual = total - 2 * float((projected * shrunk).sum()) + float((eigenvalues[:, None] * shrunk**2).sum())
        freedom = float((eigenvalues / (eigenvalues + strength)).sum())
        if n - freedom > 0.05 * n:
            best = min(best, (max(residual, 1e-12 * total) / (n - freedom) ** 2, float(strength)))
    return vectors @ (projected / (eigenvalues + best[1])[:, None])


def _fewer(weights: np.ndarray, x: np.ndarray, u: np.ndarray, n_out: int) -> np.ndarray:
    fitted = x @ weights
    residual = np.cov(u - fitted, rowvar=False).reshape(u.shape[1], u.shape[1]) + 1e-9 * np.eye(u.shape[1])
    whiten = np.linalg.inv(np.linalg.cholesky(residual)).T
    _, _, right = np.linalg.svd(fitted @ whiten, full_matrices=False)
    return weights @ whiten @ right.T[:, :n_out]


class LinearStart(AbstractDataDependent):
    """`y = W x + b + ρ (V x + c + more)` for one example `x`, flattened.

    W and b are the regression (frozen once it is known), ρ is what the regression leaves
    unexplained, as a standard deviation for each output. What training may change, V, c
    and `more` (the output of a network beside it), is multiplied by ρ: a step of the
    optimiser is then small against the posterior, however narrow that is.

    Without parameters to regress on, or with more than 4096 inputs, W is `scale` times
    Glorot-normal numbers and ρ is one.
    """

    start: Frozen
    change: Float[Array, "n_out n_in"]
    bias: Float[Array, " n_out"]
    fitted: bool = eqx.field(static=True)
    slot: int = eqx.field(static=True)

    def __init__(self, n_in: int, n_out: int, *, key: Array, scale: float = 1.0):
        check_whole(n_in=n_in, n_out=n_out)
        weight = initial_normal(key, (n_out, n_in), scale / math.sqrt(n_in))
        self.start = Frozen((weight, jnp.zeros(n_out), jnp.ones(n_out)))
        self.change = jnp.zeros((n_out, n_in))
        self.bias = jnp.zeros(n_out)
        self.fitted = False
        self.slot = -1

    def __call__(self, x: Array, more: Array | float = 0.0) -> Float[Array, " n_out"]:
        record(self.slot, x)
        x = jnp.ravel(x)
        weight, bias, unexplained = self.start.value
        return x @ weight.T + bias + unexplained * (x @ self.change.T + self.bias + more)

    @property
    def weight(self) -> Float[Array, "n_out n_in"]:
        """The whole linear map, start and change."""
        weight, _, unexplained = self.start.value
        return weight + unexplained[:, None] * self.change

    def fit(self, inputs: np.ndarray, theta: np.ndarray | None) -> "AbstractDataDependent":
        x = np.asarray(inputs, np.float64).reshape(len(inputs), -1)
        if theta is None or x.shape[1] > MAX_INPUTS:
            return altered(self, fitted=True)
        theta = np.asarray(theta, np.float64).reshape(len(theta), -1)
        centre, scale = moments(theta, (theta.shape[1],))
        offset = x.mean(axis=0)
        x, u = x - offset, (theta - centre) / scale
        weights = ridge(x, u)
        unexplained = np.std(u - x @ weights, axis=0)
        n_out, p = len(self.bias), u.shape[1]
        if n_out < p:
            weights, unexplained = _fewer(weights, x, u, n_out), np.ones(n_out)
        extra = 0.1 * np.asarray(self.start.value[0])[p:]
        rows = np.concatenate([weights.T, extra]) if n_out > p else weights.T
        unexplained = np.concatenate([np.clip(unexplained, 1e-6, 1.0), np.ones(len(rows) - len(unexplained))])
        values = (rows, -rows @ offset, unexplained)
        return altered(self, start=Frozen(tuple(jnp.asarray(v, self.bias.dtype) for v in values)), fitted=True)
