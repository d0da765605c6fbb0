"""Mutual information from a learned ratio, on rows it has not seen.

With f the log-ratio, a lower bound of I(θ; s) (NWJ: Nguyen, Wainwright & Jordan 2010; Poole
et al. 2019, arXiv:1905.06922)

    L = mean_i f_ii − mean_{i≠j} exp f_ij + 1,

whose slack is zero when f is the log-ratio itself. The interval comes from the influence of
each row, h_i = f_ii − (ḡ_i· + ḡ_·i − ḡ) + 1 with g = exp f (the projection of a
U-statistic), not from the number of pairs.
"""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ..core import Estimate
from ..objectives import Ratio
from ._certified import projection
from ._interval import around

_BLOCK = 16


@eqx.filter_jit
def _pairs(objective: Ratio, s: Array, theta: Array) -> Array:
    def block(rows: Array) -> Array:
        candidates = jnp.broadcast_to(theta, (len(rows), *theta.shape))
        own = theta[rows]
        return _group_ratios(objective, s[rows], own, candidates)

    return jax.lax.map(block, jnp.arange(len(s)).reshape(-1, _BLOCK)).reshape(len(s), -1, len(theta))


def _group_ratios(objective: Ratio, s: Array, own: Array, candidates: Array) -> Array:
    if objective.reference is None:
        return objective.trained(s, own, candidates)
    return objective.trained(s, own, candidates) - objective.reference(s[:, :0], own, candidates)


def pair_ratios(objective: Ratio, x: Any, theta: Float[np.ndarray, "n p"], limit: int = 3000) -> np.ndarray:
    """Log-ratios of every row's summary with every row's parameters, `(g, n, n)`, for at most `limit` rows."""
    n = min(limit, len(theta)) // _BLOCK * _BLOCK
    if n < 100:
        raise ValueError(f"{len(theta)} held-out rows came, but at least 100 are needed to estimate information")
    rows = jax.tree.map(lambda leaf: jnp.asarray(leaf[:n]), x)
    s = eqx.filter_jit(eqx.filter_vmap(lambda one: jnp.ravel(jnp.asarray(objective.summary(one)))))(rows)
    pairs = _pairs(objective, s, jnp.asarray(theta[:n], float))
    return np.moveaxis(np.asarray(pairs, np.float64), 1, 0)


def influences(pairs: Float[np.ndarray, "n n"]) -> Float[np.ndarray, " n"]:
    """One number a row whose mean is the bound L and whose spread gives its standard error."""
    n = len(pairs)
    ratio = np.exp(np.minimum(pairs, 80.0))
    np.fill_diagonal(ratio, 0.0)
    rows, columns = ratio.sum(axis=1) / (n - 1), ratio.sum(axis=0) / (n - 1)
    return projection(np.diag(pairs), rows, columns)


def lower_bound(h: Float[np.ndarray, " n"], label: str, level: float = 0.95) -> Estimate:
    """The bound and its interval from the influences of the rows."""
    return around(h, "lower", level=level, label=label)
