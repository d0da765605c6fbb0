"""The conditional entropy bottleneck (Fischer 2020, arXiv:2002.05379):

    min E[-log q(θ | z)] + β E[log p(z | x) / b(z | θ)],    z ~ p(z | x),

bounds -I(θ; z) + β I(x; z | θ) from above, but for the entropy of θ: only what a code says of the data beyond the
parameters has a price. b is a normal density about a function of the parameters.
"""

from collections.abc import Callable
from typing import Any, ClassVar

import equinox as eqx
import jax
from jaxtyping import Array, Float, PyTree

from ..train import AbstractObjective, AbstractSource
from ._code import Code, started_codes
from ._residual import ResidualDensity


class CEB(AbstractObjective):
    """A summary with noise that tells much of the parameters, and nothing that they do not decide.

    **Arguments:**

    - `summary`: `x -> s` for one example; `fit.objective.summary(x)` is then the mean of the code, standardised.
    - `beta`: price of a nat of I(x; z | θ) in nats of I(θ; z).
    - `components`, `width`, `depth`: of the mixture q(θ | z).

    **History:** `value`, the mean of log q(θ | z); `residual`, the bound of I(x; z | θ), in nats.
    """

    summary: Code
    density: ResidualDensity | None
    backward: ResidualDensity | None
    beta: float = eqx.field(static=True)
    components: int = eqx.field(static=True)
    width: int = eqx.field(static=True)
    depth: int = eqx.field(static=True)
    monitor: ClassVar[str] = "loss"

    def __init__(self, summary: Callable, beta: float = 1e-3, *, components: int = 4, width: int = 64, depth: int = 2):
        if not beta >= 0:
            raise ValueError(f"beta must not be negative, but {beta} came")
        self.summary, self.density, self.backward = Code(summary), None, None
        self.beta, self.components, self.width, self.depth = float(beta), components, width, depth

    def start(self, rows: Any, *, names: tuple[str, ...], key: Array) -> "CEB":
        if self.density is not None:
            return self
        for_code, for_density, for_backward = jax.random.split(key, 3)
        code, z, theta = started_codes(self.summary, rows, key=for_code)
        hidden = (self.width,) * self.depth
        density = ResidualDensity.of(z, theta, components=self.components, hidden=hidden, key=for_density)
        backward = ResidualDensity.of(theta, z, components=1, hidden=hidden, key=for_backward)
        where = lambda f: (f.summary, f.density, f.backward)  # noqa: E731
        return eqx.tree_at(where, self, (code, density, backward), is_leaf=lambda node: node is None)

    def loss(self, batch: PyTree, *, key: Array, step: Array) -> tuple[Array, dict[str, Array]]:
        assert self.density is not None and self.backward is not None
        z, log_p = self.summary.draws(batch.x, key=key)
        value = jax.vmap(self.density.log_prob)(batch.theta, z).mean()
        residual = (log_p - jax.vmap(self.backward.log_prob)(z, batch.theta)).mean()
        return self.beta * residual - value, {"value": value, "residual": residual}

    def finish(self, held_out: AbstractSource, *, key: Array) -> "CEB":
        return self

    def log_prob(self, theta: Float[Array, " p"], x: PyTree) -> Float[Array, ""]:
        """log q(θ | z) at the mean code of one example; its mean plus H(θ) is a lower bound of I(θ; s)."""
        if self.density is None:
            raise ValueError("this objective has not been trained: pass it to sf.fit, and use fit.objective")
        return self.density.log_prob(theta, self.summary(x))
