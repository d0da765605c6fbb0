"""Information through an alphabet: c, one of k symbols, made from x, and a classifier of c by y.

    f(x, y) = log Σ_c p(c | x) q(c | y) / p(c),    I(x; y) ≥ I(c; y) ≥ H(c) + E[log q(c | y)]

(Barber & Agakov 2003, with H(c) known). p(c | x) is one symbol for each cell of a k-means partition, or it is learned
together with q, so that the bound is largest, H(c) being that of the batch (Krause, Perona & Gomes 2010).
"""

from typing import Any, ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from ..core import Frozen
from ..networks import AbstractCritic, Stack
from ..train import AbstractObjective, AbstractSource


class Centres(eqx.Module):
    """log p(c | x) that leaves no doubt: the symbol of the nearest of fixed centres `(k, n_x)`."""

    at: Frozen

    def __call__(self, x: Float[Array, " n_x"]) -> Float[Array, " k"]:
        away = ((x - self.at.value) ** 2).sum(axis=1)
        return jnp.where(jnp.arange(len(away)) == jnp.argmin(away), 0.0, -1e9)


class QuantisedCritic(AbstractCritic):
    """log Σ_c p(c | x) q(c | y) / p(c).

    - `encoder`: x to scores of the symbols; their softmax is p(c | x).
    - `decoder`: y to scores of the symbols.
    - `prior`: scores of the symbols; their softmax is p(c).
    """

    encoder: Stack | Centres
    decoder: Stack
    prior: Float[Array, " k"]

    def left(self, x: Float[Array, " n_x"]) -> Float[Array, " k"]:
        return jax.nn.log_softmax(self.encoder(x)) - jax.nn.log_softmax(self.prior)

    def right(self, y: Float[Array, " n_y"]) -> Float[Array, " k"]:
        return jax.nn.log_softmax(self.decoder(y))

    def score(self, left: Float[Array, " k"], right: Float[Array, " k"]) -> Float[Array, ""]:
        return jax.nn.logsumexp(left + right)


class Quantised(AbstractObjective):
    """Teaches a `QuantisedCritic` on batches `{"x": (b, n_x), "y": (b, n_y)}`."""

    summary: QuantisedCritic
    monitor: ClassVar[str] = "loss"

    def start(self, rows: Any, *, names: tuple[str, ...], key: Array) -> "Quantised":
        return self

    def loss(self, batch: Any, *, key: Array, step: Array) -> tuple[Array, dict[str, Array]]:
        p = jax.nn.softmax(jax.vmap(self.summary.encoder)(batch["x"]))
        log_q = jax.vmap(self.summary.right)(batch["y"])
        whole = p.mean(axis=0)
        entropy = jax.scipy.special.entr(whole).sum()
        value = entropy + (p * log_q).sum(axis=1).mean()
        surprise = -(jax.lax.stop_gradient(whole) * jax.nn.log_softmax(self.summary.prior)).sum()
        return surprise - value, {"value": value}

    def finish(self, held_out: AbstractSource, *, key: Array) -> "Quantised":
        return self

    @property
    def log_ratio(self) -> AbstractCritic:
        """The critic."""
        return self.summary
