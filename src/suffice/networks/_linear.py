"""One linear map of the standardised data: the summary to beat."""

import equinox as eqx
from jaxtyping import Array, Float, PyTree

from ..core import as_key, check_whole, KeyLike
from ._flat import flat
from ._linear_start import LinearStart
from ._standardise import Standardise


class Linear(eqx.Module):
    """Linear summary `s = W x̃ + b` of the standardised data `x̃`.

    It starts, when a fit begins, at the least-squares regression of the parameters.

    **Arguments:**

    - `n_in`: how many numbers one example holds (of any shape, or several named arrays: all are put end to end).
    - `n_out`: how many summaries.
    - `key`: keyword-only; a seed or a JAX key.

    >>> import jax.numpy as jnp
    >>> Linear(100, 3, key=0)(jnp.ones(100)).shape
    (3,)
    """

    standardise: Standardise
    linear: LinearStart

    def __init__(self, n_in: int, n_out: int, *, key: KeyLike):
        check_whole(n_in=n_in, n_out=n_out)
        self.standardise = Standardise((n_in,))
        self.linear = LinearStart(n_in, n_out, key=as_key(key))

    def __call__(self, x: PyTree) -> Float[Array, " k"]:
        return self.linear(self.standardise(flat(x, self.linear.change.shape[1])))

    @property
    def weights(self) -> Float[Array, "k n"]:
        """The map in the units of the data: `s = weights @ x + constant`."""
        return self.linear.weight / self.standardise.scale.value
