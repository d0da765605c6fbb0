"""The contrastive bound of van den Oord, Li & Vinyals (2018, arXiv:1807.03748):

    I(x; y) ≥ E[log exp f(x, y) / mean_j exp f(x, y_j)],

the mean over the y that belongs to x and m others. It cannot exceed log(m + 1). The positive pair belongs into the
mean; without it the value is biased upward and has no ceiling. The best f is the log-ratio up to any function of x.
"""

from typing import ClassVar, Literal

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from ._abstract import AbstractBound, registry
from ._pairs import Pairs


@registry.register("infonce")
class InfoNCE(AbstractBound):
    """Lower bound of low variance with a ceiling of log(negatives + 1)."""

    kind: ClassVar[Literal["lower", "point"]] = "lower"
    normalised: ClassVar[bool] = False

    def value(self, pairs: Pairs, x: Float[Array, "b n_x"], y: Float[Array, "b n_y"]) -> Float[Array, ""]:
        every = jnp.concatenate([pairs.joint[:, None], pairs.product], axis=1)
        return (pairs.joint - jax.nn.logsumexp(every, axis=1)).mean() + jnp.log(every.shape[1])
