"""The Jensen-Shannon objective (Nowozin et al. 2016; Hjelm et al. 2019, arXiv:1808.06670): tell joint pairs apart,

    loss = E_joint[softplus(-f)] + E_product[softplus(f)],

whose optimum is f = log p(x, y) / p(x) p(y). It is no bound of I(x; y) itself; the critic is evaluated by NWJ.
"""

from typing import ClassVar, Literal

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from ._abstract import AbstractBound, registry
from ._pairs import Pairs


@registry.register("js")
class JensenShannon(AbstractBound):
    """Trained by classification, which no single pair can dominate; evaluated as the lower bound of NWJ."""

    kind: ClassVar[Literal["lower", "point"]] = "lower"

    def loss(self, pairs: Pairs, x: Float[Array, "b n_x"], y: Float[Array, "b n_y"]) -> Float[Array, ""]:
        return jax.nn.softplus(-pairs.joint).mean() + jax.nn.softplus(pairs.product).mean()

    def value(self, pairs: Pairs, x: Float[Array, "b n_x"], y: Float[Array, "b n_y"]) -> Float[Array, ""]:
        return pairs.joint.mean() - jnp.exp(pairs.product).mean() + 1
