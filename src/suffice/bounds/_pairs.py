"""Scores of a critic on pairs that belong together and on pairs that do not."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from ..networks import AbstractCritic


class Pairs(NamedTuple):
    """Scores f of b rows: `joint[i]` = f(x_i, y_i), and `product[i, s]` = f(x_i, y_j) with m other rows j."""

    joint: Float[Array, " b"]
    product: Float[Array, "b m"]


def pair_up(
    critic: AbstractCritic,
    x: Float[Array, "b n_x"],
    y: Float[Array, "b n_y"],
    *,
    negatives: int | None,
    key: Array,
) -> Pairs:
    """Every row with itself and with `negatives` other rows of the batch (`None`: with all).

    Rows are paired by cyclic shifts, evenly spaced from a random one on, so each y stands in as many pairs as each x.
    """
    left, right = jax.vmap(critic.left)(x), jax.vmap(critic.right)(y)
    n = len(x)
    shifts = jnp.arange(n - 1)
    if negatives is not None and negatives < n - 1:
        shifts = jnp.arange(negatives) * ((n - 1) // negatives) + jax.random.randint(key, (), 0, n - 1)
    shifts = 1 + shifts % (n - 1)
    others = (jnp.arange(n)[:, None] + shifts) % n
    product = jax.vmap(lambda a, rows: jax.vmap(critic.score, in_axes=(None, 0))(a, rows))
    return Pairs(jax.vmap(critic.score)(left, right), product(left, jax.tree.map(lambda leaf: leaf[others], right)))


def log_mean_exp(f: Float[Array, "..."]) -> Float[Array, ""]:
    """log of the mean of exp f over all."""
    return jax.nn.logsumexp(f) - jnp.log(f.size)
