"""Mutual information from densities: a conditional q(y | x) and a marginal q(y), trained by likelihood.

    Barber & Agakov (2003)                  I ≥ E_joint[log q(y | x)] + H(y), with the entropy of y known
    difference of entropies (arXiv:1811.04251)  I ≈ E_joint[log q(y | x) - log q(y)], no bound in either direction
    CLUB (Cheng et al. 2020, arXiv:2006.12013)  I ≤ E_joint[log q(y | x)] - E_product[log q(y | x)], q the true one
    L1Out (Poole et al. 2019)               I ≤ E[log q(y_i | x_i) / mean_{j≠i} q(y_i | x_j)], q the true one

log q(y | x) - log q(y) is a critic like any other: on held-out rows it gives a lower bound too.
"""

from typing import Any, ClassVar

import jax
from jaxtyping import Array

from ..networks import AbstractCritic
from ..train import AbstractObjective, AbstractSource
from ._density_critics import AbstractDensityCritic


class Generative(AbstractObjective):
    """Maximum likelihood of q(y | x) and q(y), on batches `{"x": (b, n_x), "y": (b, n_y)}`."""

    summary: AbstractDensityCritic
    monitor: ClassVar[str] = "loss"

    def start(self, rows: Any, *, names: tuple[str, ...], key: Array) -> "Generative":
        return self

    def loss(self, batch: Any, *, key: Array, step: Array) -> tuple[Array, dict[str, Array]]:
        rows = jax.vmap(self.summary.log_probs)(batch["x"], batch["y"])
        conditional, marginal = (one.mean() for one in rows)
        return -conditional - marginal, {"value": conditional - marginal}

    def finish(self, held_out: AbstractSource, *, key: Array) -> "Generative":
        return self

    @property
    def log_ratio(self) -> AbstractCritic:
        """log q(y | x) - log q(y)."""
        return self.summary
