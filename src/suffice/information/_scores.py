"""What a trained critic says of held-out rows: scores of rows with themselves and with many others."""

from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ..networks import AbstractCritic

PAIRS = 2**20


class Scores(NamedTuple):
    """`joint[i]` = f(x_i, y_i); `product[s, i]` = f(x_i, y_j) and `column[s, i]` = f(x_j, y_i), j other rows."""

    joint: Float[np.ndarray, " n"]
    product: Float[np.ndarray, "m n"]
    column: Float[np.ndarray, "m n"]


def score(
    critic: AbstractCritic, x: Any, y: Any, reference: Any = None, *, pairs: int = PAIRS, seed: int = 0
) -> Scores:
    """Scores of rows `(n, d)`, each with at most as many others as make so many pairs.

    With `reference`, rows of y that the critic's normaliser is taken from: f - log mean_y' exp f(x, y').
    """
    n = len(x)
    if n < 3:
        raise ValueError(f"{n} held-out rows came, but at least 3 are needed")
    shifts = np.arange(1, n)
    most = max(16, pairs // n)
    if most < len(shifts):
        shifts = np.sort(np.random.default_rng(seed).choice(shifts, most, replace=False))
    others = None if reference is None else jnp.asarray(reference, float)
    joint, product = _score(critic, jnp.asarray(x, float), jnp.asarray(y, float), others, jnp.asarray(shifts))
    product = np.asarray(product, np.float64)
    column = np.stack([np.roll(row, shift) for row, shift in zip(product, shifts)])
    return Scores(np.asarray(joint, np.float64), product, column)


@eqx.filter_jit
def _score(critic: AbstractCritic, x: Array, y: Array, reference: Array | None, shifts: Array) -> tuple[Array, Array]:
    left, right = jax.vmap(critic.left)(x), jax.vmap(critic.right)(y)
    pairs = jax.vmap(critic.score)
    normaliser = jnp.zeros(len(x))
    if reference is not None:
        known = jax.vmap(critic.right)(reference)

        def add(total: Array, one: Any) -> tuple[Array, None]:
            return jnp.logaddexp(total, jax.vmap(critic.score, in_axes=(0, None))(left, one)), None

        start = jnp.full(len(x), -jnp.inf)
        normaliser = jax.lax.scan(add, start, known)[0] - jnp.log(len(reference))
    shifted = jax.lax.map(lambda s: pairs(left, jax.tree.map(lambda leaf: jnp.roll(leaf, -s, axis=0), right)), shifts)
    return pairs(left, right) - normaliser, shifted - normaliser
