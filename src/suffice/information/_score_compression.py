"""The closed-form linear summaries that keep the most Fisher information: score compression, or MOPED.

t = Dᵀ C⁻¹ (x - μ), with C the covariance of the data and D = ∂μ/∂θ (Heavens, Jimenez & Lahav 2000,
astro-ph/9911102; Alsing & Wandelt 2018, arXiv:1712.00012): the baseline of every trained network. C is shrunk towards
its diagonal by the amount that Schäfer & Strimmer 2005 (doi:10.2202/1544-6115.1175) derive from the data.
"""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PyTree

from ..core import as_key, KeyLike
from ..networks import flat
from ..train import AbstractTangents

_MAX_NUMBERS = 8192


class ScoreCompression(eqx.Module):
    """The linear summary t = Dᵀ C⁻¹ (x - μ), one for each parameter, and the estimate θ_fid + F⁻¹ t."""

    weights: Float[Array, "p n"]
    mean: Float[Array, " n"]
    fiducial: Float[Array, " p"]
    fisher: Float[Array, "p p"]

    def __call__(self, x: PyTree) -> Float[Array, " p"]:
        return self.weights @ (flat(x, len(self.mean)) - self.mean)

    def estimate(self, x: PyTree) -> Float[Array, " p"]:
        """Quasi-maximum-likelihood estimate of the parameters."""
        return self.fiducial + jnp.linalg.solve(self.fisher, self(x))


def score_compression(tangents: AbstractTangents, *, key: KeyLike = 0, n: int = 100_000) -> ScoreCompression:
    """The best linear summaries of data near a fiducial, from simulations with derivatives (MOPED).

    **Arguments:**

    - `tangents`: of `sf.Tangents`.
    - `n`: at most so many simulations are used.

    **Raises** `ValueError` for data of more than 8192 numbers.

    >>> from suffice import Tangents
    >>> noise = lambda key, theta: theta + jax.random.normal(key, (10,))
    >>> linear = score_compression(Tangents.simulated(noise, {"mean": 0.0}, 5000))
    >>> bool(abs(linear.fisher[0, 0] - 10) < 0.5)
    True
    """
    rows = tangents.sample(n, key=as_key(key))
    x = flat_rows(rows.x)
    refuse_many(x)
    mean, derivative = x.mean(axis=0), flat_rows(rows.dx, 1).mean(axis=0)
    weights = np.linalg.solve(shrunk(x - mean), derivative).T
    information = weights @ derivative
    values = (weights, mean, tangents.fiducial, (information + information.T) / 2)
    return ScoreCompression(*(jnp.asarray(value, float) for value in values))


def refuse_many(x: np.ndarray) -> None:
    """`ValueError` for rows of more numbers than a covariance can be made of."""
    if x.shape[1] > _MAX_NUMBERS:
        raise ValueError(f"data of {x.shape[1]} numbers are too many for a covariance; at most {_MAX_NUMBERS}")


def flat_rows(tree: Any, trailing: int = 0) -> np.ndarray:
    """Rows of arrays as one array `(n, numbers)`, with `trailing` axes kept at the end."""
    leaves = [np.asarray(leaf, np.float64) for leaf in jax.tree.leaves(tree)]
    shapes = [(len(leaf), -1, *leaf.shape[leaf.ndim - trailing :]) for leaf in leaves]
    return np.concatenate([leaf.reshape(shape) for leaf, shape in zip(leaves, shapes)], axis=1)


def shrunk(centred: np.ndarray) -> np.ndarray:
    """Correlations shrunk to zero by λ = Σ Var(r_ij) / Σ r_ij² (i ≠ j); a number that never varies gets no weight."""
    n = len(centred)
    spread = centred.std(axis=0, ddof=1)
    varies = spread > 1e-12 * np.abs(centred).max(initial=1e-30)
    z = centred / np.where(varies, spread, np.inf)
    r = z.T @ z / (n - 1)
    variance = n / (n - 1) ** 3 * ((z**2).T @ z**2 - (n - 1) ** 2 / n * r**2)
    off = ~np.eye(len(r), dtype=bool)
    share = np.clip(variance[off].sum() / max((r[off] ** 2).sum(), 1e-30), 0.0, 1.0)
    correlations = np.where(off, (1 - share) * r, 1.0)
    scale = np.where(varies, spread, 1.0)
    return correlations * np.outer(scale, scale)
