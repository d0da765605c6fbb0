"""What can be said of the parameters near a fiducial before any training."""

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, PyTree

from ..core import trainable, warn
from ..train import flat_summary, Rows

_LEAST_ALIKE = 1e-3


def error_ellipse(rows: Rows) -> np.ndarray:
    """About the error ellipse of the parameters, as a matrix `(p, p)` L with θ = θ_fid + L u for u of order one.

    L Lᵀ = M⁻¹ with M = Σ_j E[∂x_j/∂θ ∂x_j/∂θᵀ] / Var x_j over the data's numbers j, as if each told of the
    parameters apart from the others. Parameters that move the data alike are so turned into their well and their
    badly known combinations. NaN in the columns of parameters that move nothing.
    """
    total: Any = 0.0
    for x, dx in zip(jax.tree.leaves(rows.x), jax.tree.leaves(rows.dx)):
        x, dx = np.asarray(x, np.float64), np.asarray(dx, np.float64)
        variance = x.var(axis=0)
        varies = variance > 1e-12 * (x**2).mean(axis=0).clip(1e-300)
        weight = np.where(varies, 1 / np.where(varies, variance, 1.0), 0.0).reshape(-1)
        flat = dx.reshape(len(x), -1, dx.shape[-1])
        total = total + np.einsum("njp,j,njq->pq", flat, weight / len(x), flat, optimize=True)
    bars = np.where(np.diag(total) > 0, np.diag(total).clip(1e-300) ** -0.5, np.nan)
    alike = total * bars * bars[:, None]
    if np.isnan(bars).any():
        return np.diag(bars)
    # A floor: directions in which nothing moves number by number may still be known well.
    values, vectors = np.linalg.eigh(alike)
    return bars[:, None] * vectors / np.sqrt(values.clip(_LEAST_ALIKE)) @ vectors.T


def shifted(rows: Rows, unit: np.ndarray) -> tuple[PyTree, np.ndarray]:
    """Simulations at parameters θ_fid + `unit` u, to first order, and their u `(n, p)`, standard normal.

    A linear regression of the parameters on them is the score compression C⁻¹ D up to a matrix (MOPED: Heavens,
    Jimenez & Lahav 2000, astro-ph/9911102), which is where networks with a linear part start.
    """
    n = len(jax.tree.leaves(rows.x)[0])
    u = np.random.default_rng(0).standard_normal((n, len(unit)))
    theta = u @ unit.T
    move = lambda x, dx: np.asarray(x + np.einsum("n...p,np->n...", dx, theta), np.asarray(x).dtype)  # noqa: E731
    return jax.tree.map(move, rows.x, rows.dx), u


def refuse_rows(rows: Rows, names: tuple[str, ...]) -> None:
    """`ValueError` for rows from which nothing can be learned."""
    for what, tree in (("simulations", rows.x), ("derivatives", rows.dx)):
        bad = sum(int((~np.isfinite(np.asarray(leaf))).sum()) for leaf in jax.tree.leaves(tree))
        if bad:
            raise ValueError(
                f"the {what} at the fiducial hold {bad} non-finite numbers; mend the simulator, or move the fiducial "
                "away from the edge of where it is defined"
            )
    none = [name for name, bar in zip(names, np.diag(error_ellipse(rows))) if np.isnan(bar)]
    if none:
        raise ValueError(
            f"no simulation depends on {', '.join(none)}: all derivatives with respect to it are zero. If the "
            "simulator rounds, counts or branches on it, use Tangents.differences or delta="
        )


def refuse_dependent(s: Any, names: tuple[str, ...]) -> None:
    """`ValueError` for summaries `(n, k)` that are fewer than the parameters, or that repeat each other."""
    s = np.asarray(s, np.float64)
    if s.shape[1] < len(names):
        raise ValueError(
            f"{s.shape[1]} summaries came for {len(names)} parameters ({', '.join(names)}); give at least as many"
        )
    spread = s.std(axis=0)
    varying = s[:, spread > 1e-6 * np.abs(s).max(axis=0).clip(1e-30)]
    if varying.shape[1] < 2 or len(s) <= varying.shape[1]:
        return
    smallest = np.linalg.eigvalsh(np.corrcoef(varying, rowvar=False))[0]
    if smallest < 1e-9:
        raise ValueError(
            "some summaries are linear combinations of the others, so their covariance is singular; give summaries "
            "that differ"
        )


def warn_of_kinks(summary: Callable, rows: Rows) -> None:
    """A warning for a summary that is linear piece by piece along the derivatives, but not linear.

    Its second derivative is zero wherever it is computed, so the gradient of ∂μ/∂θ misses how the kinks move.
    """
    f = flat_summary(_stirred(summary))
    x, dx = jax.tree.map(lambda leaf: jnp.asarray(leaf[:64], float), (rows.x, rows.dx))

    def one(x: PyTree, dx: PyTree) -> tuple[Array, Array]:
        tangent = jax.tree.map(lambda leaf: leaf.sum(axis=-1), dx)
        slope = lambda x: jax.jvp(f, (x,), (tangent,))[1]  # noqa: E731
        moved = jax.tree.map(jnp.add, x, tangent)
        bend = jnp.abs(jax.jvp(slope, (x,), (tangent,))[1]).max()
        return bend, jnp.abs(f(moved) - f(x) - slope(x)).max() / (jnp.abs(f(x)).max() + jnp.abs(slope(x)).max() + 1e-30)

    bend, nonlinear = eqx.filter_jit(eqx.filter_vmap(one))(x, dx)
    if float(bend.max()) == 0 and float(nonlinear.max()) > 1e-3:
        warn(
            "the summary is linear piece by piece (ReLU, leaky ReLU). The gradient of its derivative leaves out how "
            "the kinks move, and the information first rises in training and then falls again: use a smooth "
            "activation (jax.nn.silu), or differences (Tangents.simulated(..., delta=) or Tangents.differences)"
        )


def _stirred(summary: Callable) -> Callable:
    """With noise on its weights, for a network may start with layers that are silent."""
    weights, fixed = eqx.partition(summary, trainable(summary))
    leaves, structure = jax.tree.flatten(weights)
    keys = jax.random.split(jax.random.key(0), max(1, len(leaves)))
    noisy = [leaf + 0.1 * jax.random.normal(key, leaf.shape, leaf.dtype) for leaf, key in zip(leaves, keys)]
    return eqx.combine(jax.tree.unflatten(structure, noisy), fixed)
