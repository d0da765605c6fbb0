"""The conditional entropy bottleneck (Fischer 2020, arXiv:2002.05379):

    min E[-log q(θ | z)] + β E[log p(z | x) / b(z | θ)],    z ~ p(z | x),

bounds -I(θ; z) + β I(x; z | θ) from above, but for the entropy of θ: only what a code says of the data beyond the
parameters has a price. b is a normal density about a function of the parameters.
"""

from typing import ClassVar

import jax
import numpy as np
from jaxtyping import Array, Float

from ._code_bottleneck import AbstractCodeBottleneck
from ._residual import ResidualDensity


class CEB(AbstractCodeBottleneck):
    """A summary with noise that tells much of the parameters, and nothing that they do not decide.

    **Arguments:**

    - `summary`: `x -> s` for one example; `fit.objective.summary(x)` is then the mean of the code, standardised.
    - `beta`: price of a nat of I(x; z | θ) in nats of I(θ; z).
    - `components`, `width`, `depth`: of the mixture q(θ | z).

    **History:** `value`, the mean of log q(θ | z); `residual`, the bound of I(x; z | θ), in nats.
    """

    price: ClassVar[str] = "residual"

    def __check_init__(self):
        if not self.beta >= 0:
            raise ValueError(f"beta must not be negative, but {self.beta} came")

    def density_of_codes(self, z: np.ndarray, theta: np.ndarray, *, key: Array) -> ResidualDensity:
        return ResidualDensity.of(theta, z, components=1, hidden=self.hidden, key=key)

    def log_codes(self, z: Float[Array, "n k"], theta: Float[Array, "n p"]) -> Float[Array, " n"]:
        assert isinstance(self.codes, ResidualDensity)
        return jax.vmap(self.codes.log_prob)(z, theta)
