"""The interpolated bound of Poole et al. (2019, arXiv:1905.06922, equation 11) between NWJ and InfoNCE.

With m(x; y_1..K) the mean of exp f(x, y_k) over K values y, and b a baseline (here constant),

    I(x; y) ≥ 1 + E[log exp f(x, y_1) / (α m + (1 - α) b)] - E[m' / (α m' + (1 - α) b)],

where in m the first y belongs to x, and in m' none does. α = 0 is TUBA, α = 1 InfoNCE with its ceiling; between, the
ceiling is log(K / α).
"""

from typing import ClassVar, Literal

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from ._abstract import AbstractBound, registry
from ._pairs import Pairs


@registry.register("alpha-tuba")
class AlphaTUBA(AbstractBound):
    """Lower bound between TUBA (`alpha=0`) and InfoNCE (`alpha=1`)."""

    log_b: Float[Array, ""]
    alpha: float = eqx.field(static=True)
    kind: ClassVar[Literal["lower", "point"]] = "lower"
    normalised: ClassVar[bool] = False

    def __init__(self, alpha: float = 0.5):
        if not 0 <= alpha <= 1:
            raise ValueError(f"alpha must lie from 0 to 1, but {alpha} came")
        self.log_b, self.alpha = jnp.zeros(()), float(alpha)

    def value(self, pairs: Pairs, x: Float[Array, "b n_x"], y: Float[Array, "b n_y"]) -> Float[Array, ""]:
        # K values in both means: the row's own and all others but one, and all others.
        own = jnp.concatenate([pairs.joint[:, None], pairs.product[:, 1:]], axis=1)
        first = pairs.joint - self._mixed(self._log_mean(own))
        others = self._log_mean(pairs.product)
        return 1 + first.mean() - jnp.exp(others - self._mixed(others)).mean()

    @staticmethod
    def _log_mean(f: Float[Array, "b m"]) -> Float[Array, " b"]:
        return jax.nn.logsumexp(f, axis=1) - jnp.log(f.shape[1])

    def _mixed(self, log_m: Float[Array, " b"]) -> Float[Array, " b"]:
        if self.alpha in (0.0, 1.0):
            return log_m if self.alpha else jnp.broadcast_to(self.log_b, log_m.shape)
        return jnp.logaddexp(jnp.log(self.alpha) + log_m, jnp.log1p(-self.alpha) + self.log_b)
