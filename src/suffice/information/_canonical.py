"""Linear summaries by canonical correlation (Hotelling 1936, doi:10.2307/2333955).

The i-th pair of directions, a_i of the data and b_i of the parameters, has the largest correlation ρ_i of all that are
uncorrelated with those before. With C_xx = L Lᵀ, C_θθ = M Mᵀ, they are the singular vectors of L⁻¹ C_xθ M⁻ᵀ. All of
them together know what the regression of the parameters knows; the first few know most of it.
"""

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PyTree

from ..networks import flat
from ..simulate import Simulations
from ._score_compression import flat_rows, refuse_many, shrunk


class LinearSummary(eqx.Module):
    """`s = weights @ (x - mean)`."""

    weights: Float[Array, "k n"]
    mean: Float[Array, " n"]

    def __call__(self, x: PyTree) -> Float[Array, " k"]:
        return self.weights @ (flat(x, len(self.mean)) - self.mean)


def canonical_summaries(sims: Simulations, n: int | None = None) -> LinearSummary:
    """The canonical directions of the data, scaled to variance one.

    **Arguments:**

    - `sims`: simulations from the prior.
    - `n`: how many directions, at most as many as parameters; unless told, those whose correlation is seen again, at
      odds of a hundred to one, in the fifth of the simulations that they were not made of.

    **Raises** `ValueError` for data of more than 8192 numbers, and for more directions than parameters.

    >>> rng = np.random.default_rng(0)
    >>> theta = rng.normal(size=(2000, 2))
    >>> x = theta[:, :1] + 0.1 * rng.normal(size=(2000, 3))  # that says nothing of the second
    >>> canonical_summaries(Simulations(theta, x)).weights.shape
    (1, 3)
    """
    p = len(sims.names)
    if n is not None and not 1 <= n <= p:
        raise ValueError(f"n must be from 1 to the number of parameters, {p}, but {n} came")
    good = np.flatnonzero(sims.status == 0)
    if len(good) < 50:
        raise ValueError(f"{len(good)} usable simulations came, but at least 50 are needed")
    rows = sims.rows(good)
    x, theta = flat_rows(rows.x), np.asarray(rows.theta, np.float64)
    refuse_many(x)
    kept = n or _seen_again(x, theta)
    weights, _ = _directions(x, theta)
    return LinearSummary(jnp.asarray(weights[:kept], float), jnp.asarray(x.mean(axis=0), float))


def _directions(x: np.ndarray, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Those of the data and of the parameters, one a row, the most correlated first."""
    x, theta = x - x.mean(axis=0), theta - theta.mean(axis=0)
    half, other = (np.linalg.cholesky(c) for c in (shrunk(x), shrunk(theta)))
    cross = np.linalg.solve(other, np.linalg.solve(half, x.T @ theta / len(x)).T).T
    left, _, right = np.linalg.svd(cross, full_matrices=False)
    return np.linalg.solve(half.T, left).T, np.linalg.solve(other.T, right.T).T


def _seen_again(x: np.ndarray, theta: np.ndarray) -> int:
    """How many of the first directions correlate in rows that they were not made of; one at least."""
    order = np.random.default_rng(0).permutation(len(x))
    others, made_of = np.split(order, [max(20, len(x) // 5)])
    pairs = zip(*_directions(x[made_of], theta[made_of]))
    found = [np.corrcoef(x[others] @ a, theta[others] @ b)[0, 1] > 2.33 / np.sqrt(len(others)) for a, b in pairs]
    return max(1, found.index(False) if False in found else len(found))
