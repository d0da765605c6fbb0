"""The variational information bottleneck (Alemi et al. 2017, arXiv:1612.00410):

    min E[-log q(θ | z)] + β E[log p(z | x) / r(z)],    z ~ p(z | x),

bounds -I(θ; z) + β I(x; z) from above, but for the entropy of θ. q is a mixture given the code, r a normal density.
"""

from typing import ClassVar

import jax
import numpy as np
from jaxtyping import Array, Float

from ..networks import ConditionalMixture
from ._code_bottleneck import AbstractCodeBottleneck


class VIB(AbstractCodeBottleneck):
    """A summary with noise that tells much of the parameters and little else of the data.

    **Arguments:**

    - `summary`: `x -> s` for one example; `fit.objective.summary(x)` is then the mean of the code, standardised.
    - `beta`: price of a nat of I(x; z) in nats of I(θ; z), below 1; towards 0 nothing is forgotten.
    - `components`, `width`, `depth`: of the mixture q(θ | z).

    **History:** `value`, the mean of log q(θ | z); `rate`, the bound of I(x; z), in nats.
    """

    price: ClassVar[str] = "rate"

    def __check_init__(self):
        if not 0 <= self.beta < 1:
            raise ValueError(
                f"beta must be from 0 to below 1, but {self.beta} came: from 1 on nothing is worth telling"
            )

    def density_of_codes(self, z: np.ndarray, theta: np.ndarray, *, key: Array) -> ConditionalMixture:
        return ConditionalMixture(0, z.shape[1], components=1, key=key)

    def log_codes(self, z: Float[Array, "n k"], theta: Float[Array, "n p"]) -> Float[Array, " n"]:
        assert isinstance(self.codes, ConditionalMixture)
        return jax.vmap(self.codes.log_prob)(z)
