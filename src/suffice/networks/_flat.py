"""All numbers of one example end to end."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Num, PyTree


def flat(x: PyTree) -> Num[Array, " n"]:
    """One array of any shape, or several named ones, as one vector.

    >>> flat({"noise": jnp.ones(1), "signal": jnp.zeros((1, 2))}).tolist()
    [1.0, 0.0, 0.0]
    """
    return jnp.concatenate([jnp.ravel(jnp.asarray(leaf)) for leaf in jax.tree.leaves(x)])
