"""Derivatives with respect to the parameters: through a function of them, along given tangents, from pairs."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PyTree


def flat_summary(f: Callable[[Any], Array]) -> Callable[[Any], Float[Array, " k"]]:
    """`f` with its result as one vector."""
    return lambda x: jnp.ravel(jnp.asarray(f(x)))


def through(g: Callable[[Array], Any], theta: Float[Array, " p"], width: Float[Array, " p"] | None) -> tuple[Any, Any]:
    """`g(theta)` and its derivatives, parameters last: exact, or central differences over `width` = θ⁺ - θ⁻."""
    if width is None:
        unit = jnp.eye(len(theta), dtype=theta.dtype)
        return jax.vmap(lambda tangent: jax.jvp(g, (theta,), (tangent,)), out_axes=(None, -1))(unit)
    half = jnp.diag(width / 2)
    lower, upper = (jax.vmap(g, out_axes=-1)(theta + sign * half) for sign in (-1, 1))
    return g(theta), jax.tree.map(lambda a, b: (b - a) / width, lower, upper)


def along(f: Callable[[Any], Array], x: PyTree, dx: PyTree) -> tuple[Float[Array, " k"], Float[Array, "k p"]]:
    """`f(x)` and its derivatives along each of the p tangents in the last axis of `dx`.

    By the Jacobian in reverse mode, unless the summaries are many: gradients of derivatives that were taken in
    forward mode cost twice as much.
    """
    f = flat_summary(f)
    p = jax.tree.leaves(dx)[0].shape[-1]
    s, back = jax.vjp(f, x)
    if s.size > 4 * p:
        return jax.vmap(lambda tangent: jax.jvp(f, (x,), (tangent,)), in_axes=-1, out_axes=(None, -1))(dx)
    # Neither a map over the outputs nor a product of matrices so small: both cost several times as much on a CPU.
    rows = [_contracted(back(unit)[0], dx) for unit in jnp.eye(s.size, dtype=s.dtype)]
    return s, jnp.stack(rows)


def _contracted(gradient: PyTree, dx: PyTree) -> Float[Array, " p"]:
    pairs = zip(jax.tree.leaves(gradient), jax.tree.leaves(dx))
    return sum(((g[..., None] * d).reshape(-1, d.shape[-1]).sum(axis=0) for g, d in pairs), jnp.zeros(()))


def between(f: Callable[[Any], Array], pairs: PyTree, width: Float[Array, " p"]) -> Float[Array, "k p"]:
    """Central differences `(f(upper) - f(lower)) / (θ⁺ - θ⁻)` of simulations `(2, p, ...)`, lower then upper."""
    s = jax.vmap(jax.vmap(flat_summary(f)))(pairs)
    return ((s[1] - s[0]) / width[:, None]).T
