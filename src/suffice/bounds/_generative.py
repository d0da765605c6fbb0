"""Mutual information from densities: a conditional q(y | x) and a marginal q(y), trained by likelihood.

    Barber & Agakov (2003)                  I ≥ E_joint[log q(y | x)] + H(y), with the entropy of y known
    difference of entropies (arXiv:1811.04251)  I ≈ E_joint[log q(y | x) - log q(y)], no bound in either direction
    CLUB (Cheng et al. 2020, arXiv:2006.12013)  I ≤ E_joint[log q(y | x)] - E_product[log q(y | x)], q the true one
    L1Out (Poole et al. 2019)               I ≤ E[log q(y_i | x_i) / mean_{j≠i} q(y_i | x_j)], q the true one

log q(y | x) - log q(y) is a critic like any other: on held-out rows it gives a lower bound too.
"""

from typing import Any, ClassVar

import jax
from jaxtyping import Array, Float

from ..networks import AbstractCritic, ConditionalMixture
from ..train import AbstractObjective, AbstractSource


class DensityCritic(AbstractCritic):
    """log q(y | x) as a critic, or with a marginal the log-ratio log q(y | x) - log q(y)."""

    conditional: ConditionalMixture
    marginal: ConditionalMixture | None

    def left(self, x: Float[Array, " n_x"]) -> Any:
        return self.conditional.parameters(x)

    def right(self, y: Float[Array, " n_y"]) -> Any:
        return y, 0.0 if self.marginal is None else self.marginal.log_prob(y)

    def score(self, left: Any, right: Any) -> Float[Array, ""]:
        return self.conditional.given(left, right[0]) - right[1]


class Generative(AbstractObjective):
    """Maximum likelihood of q(y | x) and q(y), on batches `{"x": (b, n_x), "y": (b, n_y)}`."""

    summary: DensityCritic
    monitor: ClassVar[str] = "loss"

    def start(self, rows: Any, *, names: tuple[str, ...], key: Array) -> "Generative":
        return self

    def loss(self, batch: Any, *, key: Array, step: Array) -> tuple[Array, dict[str, Array]]:
        if self.summary.marginal is None:
            raise ValueError("a generative estimate needs a marginal density too")
        conditional = jax.vmap(self.summary.conditional.log_prob)(batch["y"], batch["x"]).mean()
        marginal = jax.vmap(self.summary.marginal.log_prob)(batch["y"]).mean()
        return -conditional - marginal, {"value": conditional - marginal}

    def finish(self, held_out: AbstractSource, *, key: Array) -> "Generative":
        return self

    @property
    def log_ratio(self) -> AbstractCritic:
        """log q(y | x) - log q(y)."""
        return self.summary
