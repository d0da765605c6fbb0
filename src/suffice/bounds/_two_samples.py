"""A critic of one variable that tells rows of p from rows of q: its log-ratio log p(x) / q(x), by the same bounds.

KL(p || q) ≥ E_p[f] - E_q[exp f] + 1   (Nguyen, Wainwright & Jordan 2010), equal for f = log p / q.
"""

from typing import Any, ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ..core import Frozen
from ..networks import shrunk_covariance, Stack
from ..train import AbstractObjective, AbstractSource
from ._abstract import AbstractBound
from ._pairs import Pairs


class RatioOfNormals(eqx.Module):
    """log p(x) / q(x) for normal p and q of the moments of rows, and a network for what that lacks."""

    normal: Frozen
    network: Stack

    @staticmethod
    def of(p: Float[np.ndarray, "n d"], q: Float[np.ndarray, "m d"], network: Stack) -> "RatioOfNormals":
        """From training rows."""
        means, inverses, log_dets = [], [], []
        for rows in (np.asarray(p, np.float64), np.asarray(q, np.float64)):
            mean = rows.mean(axis=0)
            covariance = shrunk_covariance(rows - mean)
            means.append(mean)
            inverses.append(np.linalg.inv(covariance))
            log_dets.append(np.linalg.slogdet(covariance)[1])
        parts = (np.stack(means), np.stack(inverses), 0.5 * (log_dets[1] - log_dets[0]))
        return RatioOfNormals(Frozen(tuple(jnp.asarray(part, float) for part in parts)), network)

    def __call__(self, x: Float[Array, " d"]) -> Float[Array, ""]:
        means, inverses, constant = self.normal.value
        away = x - means
        squares = jnp.einsum("si,sij,sj->s", away, inverses, away)
        return constant + 0.5 * (squares[1] - squares[0]) + self.network(x)[0]


class TwoSamples(AbstractObjective):
    """Train it on batches `{"p": (b, d), "q": (b, d)}`."""

    summary: RatioOfNormals
    bound: AbstractBound
    monitor: ClassVar[str] = "loss"

    def start(self, rows: Any, *, names: tuple[str, ...], key: Array) -> "TwoSamples":
        return self

    def loss(self, batch: Any, *, key: Array, step: Array) -> tuple[Array, dict[str, Array]]:
        of_p, of_q = (jax.vmap(self.summary)(batch[name]) for name in ("p", "q"))
        pairs = Pairs(of_p, of_q[:, None])
        value = self.bound.value(pairs, batch["p"], batch["q"])
        return self.bound.loss(pairs, batch["p"], batch["q"]), {"value": value}

    def finish(self, held_out: AbstractSource, *, key: Array) -> "TwoSamples":
        return self
