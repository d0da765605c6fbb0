"""How population Monte Carlo moves draws: Student's t of four degrees of freedom about each of them."""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from ..priors import AbstractPrior

_FREEDOM = 4.0
_TRIED, _HALVINGS = 4096, 20


def proposals(
    prior: AbstractPrior,
    theta: np.ndarray,
    weights: np.ndarray,
    root: np.ndarray,
    n: int,
    generator: np.random.Generator,
) -> np.ndarray:
    """`n` moved draws inside the prior's support; those outside cost no simulation."""
    inside: list[np.ndarray] = []
    while sum(map(len, inside)) < n:
        chosen = generator.choice(len(weights), n, p=weights)
        moved = theta[chosen] + _student(n, len(root), generator) @ root.T
        inside.append(moved[np.asarray(prior.contains(moved))])
    return np.concatenate(inside)[:n]


def fitting(prior: AbstractPrior, theta: np.ndarray, weights: np.ndarray, root: np.ndarray) -> np.ndarray:
    """The kernel, halved until at least one in fifty moved draws stays inside the prior.

    In a corner of many parameters hardly any would, and drawing would never end.
    """
    generator = np.random.default_rng(0)
    for _ in range(_HALVINGS):
        chosen = generator.choice(len(weights), _TRIED, p=weights)
        moved = theta[chosen] + _student(_TRIED, len(root), generator) @ root.T
        if np.asarray(prior.contains(moved)).mean() >= 0.02:
            break
        root = root / 2
    return root


def _student(n: int, p: int, generator: np.random.Generator) -> np.ndarray:
    """Student's t of `_FREEDOM` degrees of freedom in `p` dimensions, with covariance one."""
    stretch = np.sqrt((_FREEDOM - 2) / generator.chisquare(_FREEDOM, n))
    return stretch[:, None] * generator.standard_normal((n, p))


def root_of(covariance: np.ndarray) -> np.ndarray:
    """Its Cholesky factor, also where two parameters are nearly one."""
    scale = np.sqrt(np.diag(covariance)).clip(1e-300)
    correlation = covariance / np.outer(scale, scale) + 1e-10 * np.eye(len(scale))
    return scale[:, None] * np.linalg.cholesky(correlation)


@jax.jit
def log_mixture(theta: Array, centres: Array, weights: Array, root: Array) -> Array:
    """log Σ_j w_j K(θ; θ_j), K Student's t of covariance root rootᵀ, but for a constant."""
    solve = lambda points: jax.scipy.linalg.solve_triangular(root, points.T, lower=True).T  # noqa: E731
    middle = centres.mean(axis=0)
    z, about = solve(theta - middle), solve(centres - middle)

    def one(point: Array) -> Array:
        square = ((point - about) ** 2).sum(axis=1) / (_FREEDOM - 2)
        return jax.nn.logsumexp(jnp.log(weights) - 0.5 * (_FREEDOM + len(point)) * jnp.log1p(square))

    return jax.lax.map(one, z, batch_size=256)
