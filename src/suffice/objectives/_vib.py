"""The variational information bottleneck (Alemi et al. 2017, arXiv:1612.00410):

    min E[-log q(θ | z)] + β E[log p(z | x) / r(z)],    z ~ p(z | x),

bounds -I(θ; z) + β I(x; z) from above, but for the entropy of θ. q is a mixture given the code, r a normal density.
"""

from collections.abc import Callable
from typing import Any, ClassVar

import equinox as eqx
import jax
from jaxtyping import Array, Float, PyTree

from ..networks import ConditionalMixture
from ..train import AbstractObjective, AbstractSource
from ._code import Code, started_codes
from ._residual import ResidualDensity


class VIB(AbstractObjective):
    """A summary with noise that tells much of the parameters and little else of the data.

    **Arguments:**

    - `summary`: `x -> s` for one example; `fit.objective.summary(x)` is then the mean of the code, standardised.
    - `beta`: price of a nat of I(x; z) in nats of I(θ; z), below 1; towards 0 nothing is forgotten.
    - `components`, `width`, `depth`: of the mixture q(θ | z).

    **History:** `value`, the mean of log q(θ | z); `rate`, the bound of I(x; z), in nats.
    """

    summary: Code
    density: ResidualDensity | None
    marginal: ConditionalMixture | None
    beta: float = eqx.field(static=True)
    components: int = eqx.field(static=True)
    width: int = eqx.field(static=True)
    depth: int = eqx.field(static=True)
    monitor: ClassVar[str] = "loss"

    def __init__(self, summary: Callable, beta: float = 1e-3, *, components: int = 4, width: int = 64, depth: int = 2):
        if not 0 <= beta < 1:
            raise ValueError(f"beta must be from 0 to below 1, but {beta} came; from 1 on nothing is worth telling")
        self.summary, self.density, self.marginal = Code(summary), None, None
        self.beta, self.components, self.width, self.depth = float(beta), components, width, depth

    def start(self, rows: Any, *, names: tuple[str, ...], key: Array) -> "VIB":
        if self.density is not None:
            return self
        for_code, for_density, for_marginal = jax.random.split(key, 3)
        code, z, theta = started_codes(self.summary, rows, key=for_code)
        hidden = (self.width,) * self.depth
        density = ResidualDensity.of(z, theta, components=self.components, hidden=hidden, key=for_density)
        marginal = ConditionalMixture(0, z.shape[1], components=1, key=for_marginal)
        where = lambda f: (f.summary, f.density, f.marginal)  # noqa: E731
        return eqx.tree_at(where, self, (code, density, marginal), is_leaf=lambda node: node is None)

    def loss(self, batch: PyTree, *, key: Array, step: Array) -> tuple[Array, dict[str, Array]]:
        assert self.density is not None and self.marginal is not None
        z, log_p = self.summary.draws(batch.x, key=key)
        value = jax.vmap(self.density.log_prob)(batch.theta, z).mean()
        rate = (log_p - jax.vmap(self.marginal.log_prob)(z)).mean()
        return self.beta * rate - value, {"value": value, "rate": rate}

    def finish(self, held_out: AbstractSource, *, key: Array) -> "VIB":
        return self

    def log_prob(self, theta: Float[Array, " p"], x: PyTree) -> Float[Array, ""]:
        """log q(θ | z) at the mean code of one example; its mean plus H(θ) is a lower bound of I(θ; s)."""
        if self.density is None:
            raise ValueError("this objective has not been trained: pass it to sf.fit, and use fit.objective")
        return self.density.log_prob(theta, self.summary(x))
