"""FLO, the Fenchel-Legendre optimisation bound (Guo et al. 2022, arXiv:2107.01131):

    I(x; y) ≥ 1 - E_joint[u(x, y) + exp(-u(x, y)) E_y'[exp(f(x, y') - f(x, y))]],

for any u, whose optimum is minus the log-ratio. The mean of -u alone is no bound.
"""

from typing import ClassVar, Literal

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from ..networks import AbstractCritic, JointCritic
from ._abstract import AbstractBound, registry
from ._pairs import Pairs


class Minus(AbstractCritic):
    """-u as a critic."""

    u: AbstractCritic

    def left(self, x: Float[Array, " n_x"]) -> Array:
        return self.u.left(x)

    def right(self, y: Float[Array, " n_y"]) -> Array:
        return self.u.right(y)

    def score(self, left: Array, right: Array) -> Float[Array, ""]:
        return -self.u.score(left, right)


@registry.register("flo")
class FLO(AbstractBound):
    """Lower bound with a second network u that learns minus the log-ratio."""

    u: AbstractCritic | None
    kind: ClassVar[Literal["lower", "point"]] = "lower"

    def __init__(self, u: AbstractCritic | None = None):
        self.u = u

    def for_sizes(self, n_x: int, n_y: int, *, key: Array) -> "FLO":
        return self if self.u is not None else FLO(JointCritic(n_x, n_y, key=key))

    def value(self, pairs: Pairs, x: Float[Array, "b n_x"], y: Float[Array, "b n_y"]) -> Float[Array, ""]:
        u = jax.vmap(self._network)(x, y)
        others = jax.nn.logsumexp(pairs.product, axis=1) - jnp.log(pairs.product.shape[1])
        return 1 - (u + jnp.exp(others - pairs.joint - u)).mean()

    def ratio(self, critic: AbstractCritic) -> AbstractCritic:
        return Minus(self._network)

    @property
    def _network(self) -> AbstractCritic:
        if self.u is None:
            raise ValueError("FLO has no network u yet: call for_sizes first, or give one")
        return self.u
