"""MINE (Belghazi et al. 2018, arXiv:1801.04062): Donsker-Varadhan with a less biased gradient.

The gradient of log E_product[exp f] over a batch is E[exp f ∇f] over the batch's own mean of exp f, a ratio whose
expectation is off. MINE divides by a running mean instead. Here the running mean is a scalar exp c that follows
log E[exp f] by its own convex loss, exp(log-mean - c) + c, whose optimum it is.
"""

from typing import ClassVar, Literal

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from ._abstract import AbstractBound, registry
from ._pairs import log_mean_exp, Pairs


@registry.register("mine")
class MINE(AbstractBound):
    """Donsker-Varadhan with a running normaliser; its value on a sample is biased upward, like that of `dv`."""

    running: Float[Array, ""]
    kind: ClassVar[Literal["lower", "point"]] = "point"

    def __init__(self):
        self.running = jnp.zeros(())

    def loss(self, pairs: Pairs, x: Float[Array, "b n_x"], y: Float[Array, "b n_y"]) -> Float[Array, ""]:
        stop = jax.lax.stop_gradient
        weighted = jnp.exp(log_mean_exp(pairs.product) - stop(self.running))
        follow = jnp.exp(stop(log_mean_exp(pairs.product)) - self.running) + self.running
        return weighted - pairs.joint.mean() + follow - 1

    def value(self, pairs: Pairs, x: Float[Array, "b n_x"], y: Float[Array, "b n_y"]) -> Float[Array, ""]:
        return pairs.joint.mean() - log_mean_exp(pairs.product)
