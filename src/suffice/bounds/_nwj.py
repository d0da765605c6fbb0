"""The bound of Nguyen, Wainwright & Jordan (2010):

    I(x; y) ≥ E_joint[f] - E_product[exp f] + 1,

with the optimum f = log p(x, y) / p(x) p(y). (Often written with f + 1 in place of f.)
"""

from typing import ClassVar, Literal

import jax.numpy as jnp
from jaxtyping import Array, Float

from ._abstract import AbstractBound, registry
from ._pairs import Pairs


@registry.register("nwj")
class NWJ(AbstractBound):
    """Lower bound without logarithm of a mean: unbiased on any sample, of high variance where information is high."""

    kind: ClassVar[Literal["lower", "point"]] = "lower"

    def value(self, pairs: Pairs, x: Float[Array, "b n_x"], y: Float[Array, "b n_y"]) -> Float[Array, ""]:
        return pairs.joint.mean() - jnp.exp(pairs.product).mean() + 1
