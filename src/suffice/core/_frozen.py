"""Leaves that are part of a model but are never trained: statistics, fixed noise levels."""

from typing import Any

import equinox as eqx
import jax
from jaxtyping import PyTree


class Frozen(eqx.Module):
    """Holds arrays that no gradient reaches and no optimiser touches.

    >>> import jax, jax.numpy as jnp
    >>> frozen = Frozen(jnp.ones(2))
    >>> float(jax.grad(lambda f: (f.value ** 2).sum(), allow_int=True)(frozen).value.sum())
    0.0
    >>> Frozen((jnp.ones(2), "relu")).value[1]
    'relu'
    """

    _value: Any

    def __init__(self, value: PyTree):
        self._value = value

    @property
    def value(self) -> Any:
        """The arrays, behind a stop of gradients; what is no array (an activation of a network), as it is."""
        return jax.tree.map(lambda leaf: jax.lax.stop_gradient(leaf) if eqx.is_array(leaf) else leaf, self._value)


def _is_frozen(node: Any) -> bool:
    return isinstance(node, Frozen)


def trainable(module: PyTree) -> PyTree:
    """The filter that picks what an optimiser may change: inexact arrays outside of ``Frozen``.

    Use it as ``eqx.partition(module, trainable(module))``.

    >>> import jax.numpy as jnp
    >>> trainable((jnp.ones(2), Frozen(jnp.ones(2)), "relu"))[0]
    True
    """

    def mark(node: Any) -> Any:
        if _is_frozen(node):
            return jax.tree.map(lambda _: False, node)
        return eqx.is_inexact_array(node)

    return jax.tree.map(mark, module, is_leaf=_is_frozen)
