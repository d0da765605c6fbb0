"""What every prior can do."""

import abc
from collections.abc import Sequence

import equinox as eqx
import numpy as np
from jaxtyping import Array, Bool, Float

from ..core import KeyLike

Points = Float[Array | np.ndarray, "n p"]
Vector = Float[Array | np.ndarray, " p"] | Sequence[float]


class AbstractPrior(eqx.Module):
    """A distribution over named parameters, `theta` `(n, p)`.

    To write one: name the columns in `names`, and give the methods below. `sample` and
    `log_prob` are traced by JAX.
    """

    names: eqx.AbstractVar[tuple[str, ...]]

    @property
    @abc.abstractmethod
    def discrete(self) -> tuple[int | None, ...]:
        """For each parameter, the number of its classes if it is discrete, else `None`."""

    @abc.abstractmethod
    def sample(self, n: int, *, key: KeyLike) -> Float[Array, "n p"]:
        """`n` independent draws."""

    @abc.abstractmethod
    def log_prob(self, theta: Points) -> Float[Array, " n"]:
        """Log-density; `-inf` outside of the support."""

    @abc.abstractmethod
    def truncate(self, low: Vector, high: Vector) -> "AbstractPrior":
        """This prior inside a box, normalised again."""

    @abc.abstractmethod
    def contains(self, theta: Points) -> Bool[Array, " n"]:
        """Whether the support holds each parameter vector."""

    @abc.abstractmethod
    def box(self, mass: float = 1e-6) -> tuple[np.ndarray, np.ndarray]:
        """Finite lower and upper ends `(p,)` that leave out at most about `mass` of each marginal."""

    @abc.abstractmethod
    def marginal_log_prob(self, index: tuple[int, ...], points: Float[Array | np.ndarray, "n d"]) -> Float[Array, " n"]:
        """Log-density of some of the parameters alone."""

    @abc.abstractmethod
    def subset(self, index: tuple[int, ...]) -> "AbstractPrior":
        """The prior of some of the parameters alone."""

    @abc.abstractmethod
    def to_unconstrained(self, theta: Points) -> Float[Array, "n p"]:
        """Map the support to all of ℝᵖ, parameter by parameter."""

    @abc.abstractmethod
    def from_unconstrained(self, u: Points) -> Float[Array, "n p"]:
        """The inverse of `to_unconstrained`."""

    @abc.abstractmethod
    def log_prob_unconstrained(self, u: Points) -> Float[Array, " n"]:
        """Log-density of `u = to_unconstrained(theta)`, the Jacobian included."""

    @abc.abstractmethod
    def describe(self) -> str:
        """The prior in words, one line for each distribution."""

    @property
    def dim(self) -> int:
        """How many parameters there are."""
        return len(self.names)
