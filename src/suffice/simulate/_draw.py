"""The parameters of each row, whatever the number of rows."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ..priors import AbstractPrior

_BLOCK = 1024


def draw_theta(prior: AbstractPrior, n: int, key: Array) -> Float[np.ndarray, "n p"]:
    """`n` draws from the prior. They come in blocks with keys of their own: row i never depends on `n`."""
    blocks = jnp.arange(-(-n // _BLOCK), dtype=jnp.uint32)
    theta = _blocks(prior, jax.vmap(lambda block: jax.random.fold_in(key, block))(blocks))
    return np.asarray(theta).reshape(-1, prior.dim)[:n]


@eqx.filter_jit
def _blocks(prior: AbstractPrior, keys: Array) -> Float[Array, "blocks rows p"]:
    return jax.lax.map(lambda key: prior.sample(_BLOCK, key=key), keys)
