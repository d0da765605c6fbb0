"""TUBA, the bound with a baseline (Poole et al. 2019, arXiv:1905.06922; Barber & Agakov 2003):

    I(x; y) ≥ E_joint[f - log a(x)] - E_product[exp f / a(x)] + 1,

for any positive a; its optimum is the normaliser E_y[exp f(x, y)], and f - log a then the log-ratio.
"""

from typing import Any, ClassVar, Literal

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from ..networks import AbstractCritic, Stack, SumOfCritics
from ._abstract import AbstractBound, registry
from ._pairs import Pairs

BASELINES = ("learned", "constant", "batch")


class Baseline(AbstractCritic):
    """-log a(x), a network of x (or a constant) as a critic that does not look at y."""

    log_a: Any

    def left(self, x: Float[Array, " n_x"]) -> Float[Array, ""]:
        return -(self.log_a if eqx.is_array(self.log_a) else self.log_a(x)[0])

    def right(self, y: Float[Array, " n_y"]) -> None:
        return None

    def score(self, left: Float[Array, ""], right: None) -> Float[Array, ""]:
        return left


@registry.register("tuba")
class TUBA(AbstractBound):
    """Lower bound with a baseline: `"learned"`, a network of x; `"constant"`; or `"batch"`, the mean over others."""

    log_a: Any
    baseline: str = eqx.field(static=True)
    kind: ClassVar[Literal["lower", "point"]] = "lower"

    def __init__(self, baseline: str = "learned"):
        if baseline not in BASELINES:
            raise ValueError(f"baseline must be one of {', '.join(BASELINES)}, but {baseline!r} came")
        self.log_a, self.baseline = jnp.zeros(()), baseline

    def for_sizes(self, n_x: int, n_y: int, *, key: Array) -> "TUBA":
        if self.baseline != "learned":
            return self
        return eqx.tree_at(lambda bound: bound.log_a, self, Stack(n_x, 1, width=64, depth=2, last=0.0, key=key))

    def value(self, pairs: Pairs, x: Float[Array, "b n_x"], y: Float[Array, "b n_y"]) -> Float[Array, ""]:
        log_a = self._baseline(pairs, x)
        return (pairs.joint - log_a).mean() - jnp.exp(pairs.product - log_a[:, None]).mean() + 1

    def ratio(self, critic: AbstractCritic) -> AbstractCritic:
        # The batch's own mean is a constant up to noise, which the offset set on validation rows takes care of.
        return critic if self.baseline == "batch" else SumOfCritics((critic, Baseline(self.log_a)))

    def _baseline(self, pairs: Pairs, x: Float[Array, "b n_x"]) -> Float[Array, " b"]:
        if self.baseline == "batch":
            own = jax.nn.logsumexp(pairs.product, axis=1)
            whole = jax.nn.logsumexp(own)
            rest = whole + jnp.log1p(-jnp.exp(jnp.minimum(own - whole, -1e-6)))
            return jax.lax.stop_gradient(rest - jnp.log(pairs.product.size - pairs.product.shape[1]))
        minus = jax.vmap(Baseline(self.log_a).left)(x)
        return -minus
