"""All numbers of one example end to end."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Num, PyTree


def flat(x: PyTree, expected: int | None = None) -> Num[Array, " n"]:
    """One array of any shape, or several named ones, as one vector.

    **Raises** `ValueError` when it does not hold the `expected` number of numbers.

    >>> flat({"noise": jnp.ones(1), "signal": jnp.zeros((1, 2))}).tolist()
    [1.0, 0.0, 0.0]
    """
    joined = jnp.concatenate([jnp.ravel(jnp.asarray(leaf)) for leaf in jax.tree.leaves(x)])
    if expected not in (None, len(joined)):
        raise ValueError(
            f"this network was built for {expected} numbers, but one example holds {len(joined)}; build it with "
            f"n_in={len(joined)}"
        )
    return joined
