"""What every posterior can do."""

import abc

import equinox as eqx
import numpy as np
from jaxtyping import Array, Float

from ..core import KeyLike
from ._described import described


class AbstractPosterior(eqx.Module):
    """Draws parameters given what was observed.

    To write one: name the parameters in `names`, and draw them in `sample`.
    """

    names: eqx.AbstractVar[tuple[str, ...]]

    @abc.abstractmethod
    def sample(self, n: int, *, key: KeyLike) -> Float[Array | np.ndarray, "n p"]:
        """`n` draws of all parameters."""

    def __repr__(self) -> str:
        return f"{type(self).__name__} of {', '.join(self.names)}"

    def __str__(self) -> str:
        """Means, standard deviations and central intervals."""
        return f"{self!r}{described(self)}"


class AbstractDensity(AbstractPosterior):
    """A posterior whose density can be evaluated as well."""

    @abc.abstractmethod
    def log_prob(self, theta: Float[Array | np.ndarray, "n p"]) -> Float[Array | np.ndarray, " n"]:
        """Log-density of each parameter vector."""
