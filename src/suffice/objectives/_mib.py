"""Summaries of what two views of the same thing have in common, without labels.

The multi-view information bottleneck (Federici et al. 2020, arXiv:2002.07017), on batches `{"one": v₁, "two": v₂}`:

    min -I(z₁; z₂) + β ½ E[KL(p(z₁ | v₁) || p(z₂ | v₂)) + KL(p(z₂ | v₂) || p(z₁ | v₁))],

the information by a discriminative bound.
"""

from collections.abc import Callable
from typing import Any, ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, PyTree

from ..bounds import AbstractBound, InfoNCE, pair_up
from ..networks import AbstractCritic, SeparableCritic
from ..train import AbstractObjective, AbstractSource
from ._code import Code
from ._views import started_views, view_of


class MIB(AbstractObjective):
    """Two stochastic summaries that say the same; what only one of the views knows is forgotten.

    **Arguments:**

    - `summary`: `v -> s` for one example of the first view, and of the second unless `other` is given.
    - `beta`: price of a nat by which the codes of the two views differ.
    - `bound`: of I(z₁; z₂); InfoNCE unless told.
    - `negatives`: pairs that do not belong together for each that does; `None` is all of a batch.

    The data are `sf.train.views(one, two)`.

    **History:** `value`, the bound of I(z₁; z₂); `apart`, the mean divergence of the two codes, in nats.
    """

    summary: Code
    other: Code | None
    critic: AbstractCritic | None
    bound: AbstractBound
    beta: float = eqx.field(static=True)
    negatives: int | None = eqx.field(static=True)
    width: int = eqx.field(static=True)
    monitor: ClassVar[str] = "loss"

    def __init__(
        self,
        summary: Callable,
        other: Callable | None = None,
        *,
        beta: float = 1e-2,
        bound: AbstractBound | None = None,
        negatives: int | None = None,
        width: int = 64,
    ):
        if not beta >= 0:
            raise ValueError(f"beta must not be negative, but {beta} came")
        self.summary, self.other, self.critic = Code(summary), None if other is None else Code(other), None
        self.bound, self.beta = InfoNCE() if bound is None else bound, float(beta)
        self.negatives, self.width = negatives, width

    def start(self, rows: Any, *, names: tuple[str, ...], key: Array) -> "MIB":
        if self.critic is not None:
            return self
        first, second, for_critic, for_bound = jax.random.split(key, 4)
        code, k = started_views(self.summary, rows, "one", key=first)
        other, m = (None, k) if self.other is None else started_views(self.other, rows, "two", key=second)
        critic = SeparableCritic(k, m, hidden=(self.width, self.width), key=for_critic)
        where = lambda f: (f.summary, f.other, f.critic, f.bound)  # noqa: E731
        new = (code, other, critic, self.bound.for_sizes(k, m, key=for_bound))
        return eqx.tree_at(where, self, new, is_leaf=lambda node: node is None or node is self.bound)

    def loss(self, batch: PyTree, *, key: Array, step: Array) -> tuple[Array, dict[str, Array]]:
        assert self.critic is not None
        keys = jax.random.split(key, 3)
        codes = (self.summary, self.summary if self.other is None else self.other)
        views = [view_of(batch, name) for name in ("one", "two")]
        z = [code.draws(view, key=own)[0] for code, view, own in zip(codes, views, keys)]
        pairs = pair_up(self.critic, *z, negatives=self.negatives, key=keys[2])
        apart = _apart(*(jax.vmap(code.distribution)(view) for code, view in zip(codes, views)))
        numbers = {"value": self.bound.value(pairs, *z), "apart": apart}
        return self.bound.loss(pairs, *z) + self.beta * apart, numbers

    def finish(self, held_out: AbstractSource, *, key: Array) -> "MIB":
        return self


def _apart(one: tuple[Array, Array], other: tuple[Array, Array]) -> Array:
    """Half the sum of the two divergences of normal densities of mean m and log-spread l, over a batch."""
    (m, l), (n, k) = one, other
    squares = 0.25 * (m - n) ** 2 * (jnp.exp(-2 * l) + jnp.exp(-2 * k))
    return (squares + 0.5 * (jnp.cosh(2 * (l - k)) - 1)).sum(axis=1).mean()
