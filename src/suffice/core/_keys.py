"""One form for randomness: whatever a caller calls a key becomes a typed JAX key."""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from ._in_short import kind_of

KeyLike = int | np.integer | np.ndarray | Array


def as_key(key: KeyLike) -> Array:
    """Turn an integer seed or a JAX key (typed, or raw ``uint32``) into a typed JAX key.

    The same seed always gives the same key.

    >>> import jax
    >>> bool(as_key(3) == jax.random.key(3))
    True
    """
    if isinstance(key, bool | np.bool_):
        raise TypeError("key must be an int or a JAX key, not a bool; pass key=0 for instance")
    if isinstance(key, int | np.integer):
        if not -(2**63) <= key < 2**63:
            raise ValueError(f"a seed must lie between -2**63 and 2**63 - 1, but {key} came")
        return jax.random.key(int(key))
    if isinstance(key, jax.Array) and jnp.issubdtype(key.dtype, jax.dtypes.prng_key):
        if key.shape != ():
            raise ValueError(f"key must be one key, but an array of keys of shape {key.shape} came; pick one")
        return key
    if isinstance(key, jax.Array | np.ndarray) and key.dtype == np.uint32 and key.shape == (2,):
        return jax.random.wrap_key_data(jnp.asarray(key))
    if isinstance(key, jax.Array) and key.shape == () and jnp.issubdtype(key.dtype, jnp.integer):
        return jax.random.key(key)
    raise TypeError(f"key must be an int or a JAX key (jax.random.key(0)), but {kind_of(key)} came")
