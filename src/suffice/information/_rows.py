"""A module applied to every row."""

from collections.abc import Callable

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float


def on_rows(function: Callable[..., Array], *sides: Float[np.ndarray, "n _"]) -> Float[np.ndarray, " n"]:
    """`function(row)` of one side, or `function(row, row)` of two, in double precision; a module is compiled once."""
    return np.asarray(_mapped(function, *(jnp.asarray(side, float) for side in sides)), np.float64)


@eqx.filter_jit
def _mapped(function: Callable[..., Array], *sides: Array) -> Array:
    return jax.vmap(function)(*sides)
