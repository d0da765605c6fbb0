"""Critics: functions f(x, y) of pairs, in parts, so that what depends on x or y alone is computed once.

Joint: a perceptron of both, whose first layer is the sum of one of x and one of y. Separable: g(x)·h(y)/√k
(Poole et al. 2019, arXiv:1905.06922). Bilinear: x̃ᵀ W ỹ.
"""

import abc
import math
from collections.abc import Callable, Sequence
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from ..core import as_key, Frozen, initial_normal, KeyLike
from ._layers import Dense


class AbstractCritic(eqx.Module):
    """f(x, y) = score(left(x), right(y)) for one pair.

    To write one: put into `left` and `right` all that depends on one of the two only; what they return may be any
    pytree. A plain function of a pair serves through `FunctionCritic`.
    """

    @abc.abstractmethod
    def left(self, x: Float[Array, " n_x"]) -> Any:
        """What `score` needs to know of x."""

    @abc.abstractmethod
    def right(self, y: Float[Array, " n_y"]) -> Any:
        """What `score` needs to know of y."""

    @abc.abstractmethod
    def score(self, left: Any, right: Any) -> Float[Array, ""]:
        """f, from both."""

    def __call__(self, x: Float[Array, " n_x"], y: Float[Array, " n_y"]) -> Float[Array, ""]:
        return self.score(self.left(x), self.right(y))


class JointCritic(AbstractCritic):
    """A perceptron of x and y together.

    >>> import jax.numpy as jnp
    >>> JointCritic(2, 3, key=0)(jnp.ones(2), jnp.ones(3)).shape
    ()
    """

    of_x: Dense
    of_y: Dense
    hidden: tuple[Dense, ...]
    last: Dense
    activation: Callable

    def __init__(
        self,
        n_x: int,
        n_y: int,
        *,
        hidden: Sequence[int] = (64, 64),
        activation: Callable = jax.nn.silu,
        last: float = 0.1,
        key: KeyLike,
    ):
        keys = jax.random.split(as_key(key), len(hidden) + 2)
        gain = math.sqrt(2.0)
        share = gain / math.sqrt(n_x + n_y)
        self.of_x = Dense(n_x, hidden[0], key=keys[0], scale=share * math.sqrt(n_x))
        self.of_y = Dense(n_y, hidden[0], key=keys[1], scale=share * math.sqrt(n_y))
        self.hidden = tuple(Dense(a, b, key=k, scale=gain) for a, b, k in zip(hidden, hidden[1:], keys[2:]))
        self.last = Dense(hidden[-1], 1, key=keys[-1], scale=last)
        self.activation = activation

    def left(self, x: Float[Array, " n_x"]) -> Float[Array, " h"]:
        return self.of_x(x)

    def right(self, y: Float[Array, " n_y"]) -> Float[Array, " h"]:
        return self.of_y(y)

    def score(self, left: Float[Array, " h"], right: Float[Array, " h"]) -> Float[Array, ""]:
        h = self.activation(left + right)
        for layer in self.hidden:
            h = self.activation(layer(h))
        return self.last(h)[0]


class SeparableCritic(AbstractCritic):
    """g(x)·h(y)/√k with two perceptrons of k outputs: all pairs cost one matrix product."""

    of_x: tuple[Dense, ...]
    of_y: tuple[Dense, ...]
    activation: Callable

    def __init__(
        self,
        n_x: int,
        n_y: int,
        *,
        hidden: Sequence[int] = (64, 64),
        n_out: int = 32,
        activation: Callable = jax.nn.silu,
        key: KeyLike,
    ):
        sides = []
        for n, own in zip((n_x, n_y), jax.random.split(as_key(key))):
            sizes = (n, *hidden, n_out)
            keys = jax.random.split(own, len(sizes))
            sides.append(tuple(Dense(a, b, key=k, scale=math.sqrt(2.0)) for a, b, k in zip(sizes, sizes[1:], keys)))
        self.of_x, self.of_y = sides
        self.activation = activation

    def _side(self, layers: tuple[Dense, ...], h: Array) -> Array:
        for layer in layers[:-1]:
            h = self.activation(layer(h))
        return layers[-1](h)

    def left(self, x: Float[Array, " n_x"]) -> Float[Array, " k"]:
        return self._side(self.of_x, x)

    def right(self, y: Float[Array, " n_y"]) -> Float[Array, " k"]:
        return self._side(self.of_y, y)

    def score(self, left: Float[Array, " k"], right: Float[Array, " k"]) -> Float[Array, ""]:
        return (left * right).sum() / math.sqrt(len(left))


class BilinearCritic(AbstractCritic):
    """x̃ᵀ W ỹ with a one put before x and before y."""

    weight: Float[Array, "n_x1 n_y1"]

    def __init__(self, n_x: int, n_y: int, *, key: KeyLike):
        self.weight = initial_normal(as_key(key), (n_x + 1, n_y + 1), 0.1)

    def left(self, x: Float[Array, " n_x"]) -> Float[Array, " n_y1"]:
        return self.weight[0] + x @ self.weight[1:]

    def right(self, y: Float[Array, " n_y"]) -> Float[Array, " n_y1"]:
        return jnp.concatenate([jnp.ones(1, y.dtype), y])

    def score(self, left: Float[Array, " n_y1"], right: Float[Array, " n_y1"]) -> Float[Array, ""]:
        return (left * right).sum()


class FunctionCritic(AbstractCritic):
    """Any function or module `f(x, y) -> scalar`."""

    f: Callable

    def left(self, x: Float[Array, " n_x"]) -> Any:
        return x

    def right(self, y: Float[Array, " n_y"]) -> Any:
        return y

    def score(self, left: Any, right: Any) -> Float[Array, ""]:
        return jnp.reshape(jnp.asarray(self.f(left, right)), ())


class SumOfCritics(AbstractCritic):
    """The sum of several critics, such as a closed-form one and a network for what it lacks."""

    parts: tuple[AbstractCritic, ...]

    def left(self, x: Float[Array, " n_x"]) -> Any:
        return tuple(part.left(x) for part in self.parts)

    def right(self, y: Float[Array, " n_y"]) -> Any:
        return tuple(part.right(y) for part in self.parts)

    def score(self, left: Any, right: Any) -> Float[Array, ""]:
        scores = [part.score(a, b) for part, a, b in zip(self.parts, left, right)]
        return jnp.stack(scores).sum()


class FixedCritic(AbstractCritic):
    """A critic trained before, which is trained no further."""

    held: Frozen

    @staticmethod
    def of(critic: AbstractCritic) -> "FixedCritic":
        """`critic` as it is."""
        return FixedCritic(Frozen(critic))

    @property
    def critic(self) -> Any:
        """The critic itself, behind a stop of gradients."""
        return self.held.value

    def left(self, x: Float[Array, " n_x"]) -> Any:
        return self.critic.left(x)

    def right(self, y: Float[Array, " n_y"]) -> Any:
        return self.critic.right(y)

    def score(self, left: Any, right: Any) -> Float[Array, ""]:
        return self.critic.score(left, right)
