"""Summaries of a time series that foretell themselves (van den Oord et al. 2018, arXiv:1807.03748; for molecular
dynamics Federici et al. 2023, arXiv:2309.07200): max I(s(x_t); s(x_{t+τ})) by a discriminative bound.
"""

from collections.abc import Callable
from typing import Any, ClassVar

import equinox as eqx
import jax
from jaxtyping import Array, PyTree

from ..bounds import AbstractBound, InfoNCE, pair_up
from ..networks import AbstractCritic, SeparableCritic
from ..train import AbstractObjective, AbstractSource
from ._code import Code
from ._views import started_views, view_of


class TemporalInfoMax(AbstractObjective):
    """A summary of each moment that keeps what lasts.

    **Arguments:**

    - `summary`: `x_t -> s` for one moment.
    - `bound`: of I(s_t; s_{t+τ}); InfoNCE unless told, whose ceiling is the log of the batch.
    - `negatives`: pairs that do not belong together for each that does; `None` is all of a batch.

    The data are `sf.train.lagged(series, lag)`, whose held-out part is later in time.

    **History:** `value`, the bound, in nats.
    """

    summary: Code
    critic: AbstractCritic | None
    bound: AbstractBound
    negatives: int | None = eqx.field(static=True)
    width: int = eqx.field(static=True)
    monitor: ClassVar[str] = "loss"

    def __init__(
        self,
        summary: Callable,
        *,
        bound: AbstractBound | None = None,
        negatives: int | None = None,
        width: int = 64,
    ):
        self.summary, self.critic, self.bound = Code(summary), None, InfoNCE() if bound is None else bound
        self.negatives, self.width = negatives, width

    def start(self, rows: Any, *, names: tuple[str, ...], key: Array) -> "TemporalInfoMax":
        if self.critic is not None:
            return self
        for_code, for_critic, for_bound = jax.random.split(key, 3)
        code, k = started_views(self.summary, rows, "one", key=for_code)
        critic = SeparableCritic(k, k, hidden=(self.width, self.width), key=for_critic)
        where = lambda f: (f.summary, f.critic, f.bound)  # noqa: E731
        new = (code, critic, self.bound.for_sizes(k, k, key=for_bound))
        return eqx.tree_at(where, self, new, is_leaf=lambda node: node is None or node is self.bound)

    def loss(self, batch: PyTree, *, key: Array, step: Array) -> tuple[Array, dict[str, Array]]:
        assert self.critic is not None
        s = [jax.vmap(self.summary)(view_of(batch, name)) for name in ("one", "two")]
        pairs = pair_up(self.critic, *s, negatives=self.negatives, key=key)
        return self.bound.loss(pairs, *s), {"value": self.bound.value(pairs, *s)}

    def finish(self, held_out: AbstractSource, *, key: Array) -> "TemporalInfoMax":
        return self
