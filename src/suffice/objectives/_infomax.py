"""Summaries that maximise a bound of the mutual information I(θ; s) between parameters and summary.

With `bound="ba"`, the bound of Barber & Agakov (2003) by a conditional density,

    I(θ; s) ≥ E[log q(θ | s)] + H(θ),

which has no ceiling, so it serves where the data say much; q is then a posterior too. With the name of a discriminative
bound (`sf.bounds`), a critic f(s, θ) and that bound (Deep InfoMax: Hjelm et al. 2019, arXiv:1808.06670).

Both see the parameters as residuals (θ - A s - b) / ρ of the least-squares line through the summaries at the start, so
that a narrow posterior is as easy as a wide one.
"""

from collections.abc import Callable
from typing import Any, ClassVar

import equinox as eqx
import jax
import numpy as np
from jaxtyping import Array, Float, PyTree

from ..bounds import AbstractBound, pair_up, registry
from ..networks import Stack
from ..train import AbstractObjective, AbstractSource, flat_summary
from ._residual import Residual, ResidualCritic, ResidualDensity
from ._summaries import check_summary, started_summary, summaries_of


class InfoMax(AbstractObjective):
    """A summary that keeps as much as it can of what the data say about all parameters together, in nats.

    **Arguments:**

    - `summary`: `x -> s` for one example.
    - `bound`: `"ba"`, or a name in `sf.bounds.registry`, or a bound.
    - `components`: of the mixture q(θ | s).
    - `negatives`: pairs that do not belong together for each that does, of discriminative bounds.
    - `width`, `depth`: size of the density or critic.

    **History:** `value`, the bound; of `"ba"` without the entropy H(θ) of the prior.
    """

    summary: Callable
    learned: Any
    bound: Any
    negatives: int | None = eqx.field(static=True)
    components: int = eqx.field(static=True)
    width: int = eqx.field(static=True)
    depth: int = eqx.field(static=True)
    monitor: ClassVar[str] = "loss"

    def __init__(
        self,
        summary: Callable,
        bound: str | AbstractBound = "ba",
        *,
        components: int = 4,
        negatives: int | None = 16,
        width: int = 64,
        depth: int = 2,
    ):
        check_summary(summary)
        if isinstance(bound, str) and bound not in ("ba", *registry.names):
            raise ValueError(f"no bound is called {bound!r}; known: ba, {', '.join(registry.names)}")
        made: Any = registry.get(bound) if isinstance(bound, str) and bound != "ba" else lambda: bound
        self.summary, self.learned, self.bound = summary, None, made()
        self.negatives, self.components, self.width, self.depth = negatives, components, width, depth

    def start(self, rows: Any, *, names: tuple[str, ...], key: Array) -> "InfoMax":
        if self.learned is not None:
            return self
        theta = np.asarray(rows.theta, np.float64)
        summary = started_summary(self.summary, rows.x, theta)
        s = summaries_of(summary, rows.x)
        k, p = s.shape[1], theta.shape[1]
        for_learned, for_bound = jax.random.split(key)
        if self.bound == "ba":
            sizes = {"components": self.components, "hidden": (self.width,) * self.depth}
            learned, bound = ResidualDensity.of(s, theta, key=for_learned, **sizes), self.bound
        else:
            network = Stack(k + p, 1, width=self.width, depth=self.depth, last=0.1, key=for_learned)
            learned, bound = ResidualCritic(Residual.of(s, theta), network), self.bound.for_sizes(k, p, key=for_bound)
        where = lambda f: (f.summary, f.learned, f.bound)  # noqa: E731
        new = (summary, learned, bound)
        return eqx.tree_at(where, self, new, is_leaf=lambda node: node is None or node is self.bound)

    def loss(self, batch: PyTree, *, key: Array, step: Array) -> tuple[Array, dict[str, Array]]:
        s = jax.vmap(flat_summary(self.summary))(batch.x)
        if self.bound == "ba":
            value = jax.vmap(self.learned.log_prob)(batch.theta, s).mean()
            return -value, {"value": value}
        pairs = pair_up(self.learned, s, batch.theta, negatives=self.negatives, key=key)
        return self.bound.loss(pairs, s, batch.theta), {"value": self.bound.value(pairs, s, batch.theta)}

    def finish(self, held_out: AbstractSource, *, key: Array) -> "InfoMax":
        return self

    def log_prob(self, theta: Float[Array, " p"], x: PyTree) -> Float[Array, ""]:
        """log q(θ | s(x)) of one pair; its mean over held-out rows plus H(θ) is a lower bound of I(θ; s).

        **Raises** `ValueError` before a fit, and with a discriminative bound, which has no density.
        """
        if self.learned is None:
            raise ValueError("this objective has not been trained: pass it to sf.fit, and use fit.objective")
        if self.bound != "ba":
            raise ValueError("a discriminative bound gives a critic and no density; use bound='ba'")
        return self.learned.log_prob(theta, flat_summary(self.summary)(x))
