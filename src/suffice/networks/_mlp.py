"""A multi-layer perceptron on top of a linear summary."""

from collections.abc import Callable

import equinox as eqx
import jax
from jaxtyping import Array, Float, PyTree

from ..core import as_key, check_whole, KeyLike
from ._flat import flat
from ._layers import Stack
from ._linear_start import LinearStart
from ._standardise import Standardise


class MLP(eqx.Module):
    """`s = W x̃ + ρ MLP(x̃)`: a linear summary and what a perceptron adds to it.

    The linear part starts at the least-squares regression of the parameters and the
    perceptron at zero, so training begins at the best linear summary and can only leave it
    for something better.

    **Arguments:**

    - `n_in`: how many numbers one example holds (of any shape, or several named arrays: all are put end to end).
    - `n_out`: how many summaries.
    - `width`, `depth`: size and number of the hidden layers.
    - `residual`: hidden layers add to what came before them (for deep ones).
    - `activation`: `jax.nn.silu` unless told.
    - `key`: keyword-only; a seed or a JAX key.

    >>> import jax.numpy as jnp
    >>> MLP(100, 3, key=0)(jnp.ones(100)).shape
    (3,)
    """

    standardise: Standardise
    linear: LinearStart
    stack: Stack

    def __init__(
        self,
        n_in: int,
        n_out: int,
        *,
        width: int = 128,
        depth: int = 2,
        residual: bool = False,
        activation: Callable = jax.nn.silu,
        key: KeyLike,
    ):
        check_whole(n_in=n_in, n_out=n_out)
        first, second = jax.random.split(as_key(key))
        self.standardise = Standardise((n_in,))
        self.linear = LinearStart(n_in, n_out, key=first)
        self.stack = Stack(
            n_in,
            n_out,
            width=width,
            depth=depth,
            residual=residual,
            last=0.0,
            activation=activation,
            key=second,
        )

    def __call__(self, x: PyTree) -> Float[Array, " k"]:
        x = self.standardise(flat(x, self.linear.change.shape[1]))
        return self.linear(x, self.stack(x))
