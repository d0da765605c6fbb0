"""SMILE (Song & Ermon 2020, arXiv:1910.06222): a critic trained as Jensen-Shannon, and the value

    E_joint[f] - log E_product[clip(exp f, e^-τ, e^τ)].

Clipping trades variance for bias: the value is not a bound.
"""

from typing import ClassVar, Literal

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from ._abstract import AbstractBound, registry
from ._pairs import log_mean_exp, Pairs


@registry.register("smile")
class SMILE(AbstractBound):
    """Donsker-Varadhan with clipped exponentials."""

    tau: float = 5.0
    kind: ClassVar[Literal["lower", "point"]] = "point"

    def loss(self, pairs: Pairs, x: Float[Array, "b n_x"], y: Float[Array, "b n_y"]) -> Float[Array, ""]:
        return jax.nn.softplus(-pairs.joint).mean() + jax.nn.softplus(pairs.product).mean()

    def value(self, pairs: Pairs, x: Float[Array, "b n_x"], y: Float[Array, "b n_y"]) -> Float[Array, ""]:
        return pairs.joint.mean() - log_mean_exp(jnp.clip(pairs.product, -self.tau, self.tau))
