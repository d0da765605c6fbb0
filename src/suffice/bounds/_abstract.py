"""What a bound is: how a critic is taught, and what number it gives."""

import abc
from typing import ClassVar, Literal

import equinox as eqx
from jaxtyping import Array, Float

from ..core import Registry
from ..networks import AbstractCritic
from ._pairs import Pairs

registry: "Registry[type[AbstractBound]]" = Registry("bound")


class AbstractBound(eqx.Module):
    """The loss that teaches a critic f(x, y), and the value of a critic.

    To write one: `loss` is what is minimised; `value` the number that the formula gives, and `kind` whether its
    expectation is a `"lower"` bound of I(x; y) or neither (`"point"`). `normalised` says whether the best critic is the
    log-ratio itself, or that up to a function of x. What a bound learns besides the critic (a baseline) it holds in
    fields, which `for_sizes` makes for x and y of so many numbers.
    """

    kind: eqx.AbstractClassVar[Literal["lower", "point"]]
    normalised: ClassVar[bool] = True

    def for_sizes(self, n_x: int, n_y: int, *, key: Array) -> "AbstractBound":
        """This bound with its learned parts for x of `n_x` and y of `n_y` numbers; itself where it has none."""
        return self

    def loss(self, pairs: Pairs, x: Float[Array, "b n_x"], y: Float[Array, "b n_y"]) -> Float[Array, ""]:
        """To be minimised: minus the value, unless the bound is taught by another."""
        return -self.value(pairs, x, y)

    @abc.abstractmethod
    def value(self, pairs: Pairs, x: Float[Array, "b n_x"], y: Float[Array, "b n_y"]) -> Float[Array, ""]:
        """The number that the formula gives, in nats."""

    def ratio(self, critic: AbstractCritic) -> AbstractCritic:
        """The log-ratio, as far as the trained critic knows it."""
        return critic
