"""Bottlenecks of a stochastic summary z ~ p(z | x) that tells of the parameters, and whose telling has a price:

    min E[-log q(θ | z)] + β E[log p(z | x) / c(z)],

c a density of codes: of all of them (the variational bottleneck), or given the parameters (the conditional one).
"""

from abc import abstractmethod
from collections.abc import Callable
from typing import Any, ClassVar

import equinox as eqx
import jax
import numpy as np
from jaxtyping import Array, Float, PyTree

from ..train import AbstractObjective, AbstractSource
from ._code import Code, started_codes
from ._residual import ResidualDensity


class AbstractCodeBottleneck(AbstractObjective):
    """Write one by giving the density of codes, `density_of_codes` and `log_codes`, and the name of its price."""

    summary: Code
    density: ResidualDensity | None
    codes: eqx.Module | None
    beta: float = eqx.field(static=True)
    components: int = eqx.field(static=True)
    width: int = eqx.field(static=True)
    depth: int = eqx.field(static=True)
    monitor: ClassVar[str] = "loss"
    price: eqx.AbstractClassVar[str]

    def __init__(self, summary: Callable, beta: float = 1e-3, *, components: int = 4, width: int = 64, depth: int = 2):
        self.summary, self.density, self.codes = Code(summary), None, None
        self.beta, self.components, self.width, self.depth = float(beta), components, width, depth

    @property
    def hidden(self) -> tuple[int, ...]:
        return (self.width,) * self.depth

    @abstractmethod
    def density_of_codes(self, z: np.ndarray, theta: np.ndarray, *, key: Array) -> eqx.Module:
        """From rows of codes and parameters."""

    @abstractmethod
    def log_codes(self, z: Float[Array, "n k"], theta: Float[Array, "n p"]) -> Float[Array, " n"]:
        """The log-density of codes; `self.codes` is what `density_of_codes` made."""

    def start(self, rows: Any, *, names: tuple[str, ...], key: Array) -> "AbstractCodeBottleneck":
        if self.density is not None:
            return self
        for_code, for_density, for_codes = jax.random.split(key, 3)
        code, z, theta = started_codes(self.summary, rows, key=for_code)
        density = ResidualDensity.of(z, theta, components=self.components, hidden=self.hidden, key=for_density)
        codes = self.density_of_codes(z, theta, key=for_codes)
        where = lambda f: (f.summary, f.density, f.codes)  # noqa: E731
        return eqx.tree_at(where, self, (code, density, codes), is_leaf=lambda node: node is None)

    def loss(self, batch: PyTree, *, key: Array, step: Array) -> tuple[Array, dict[str, Array]]:
        assert self.density is not None
        z, log_p = self.summary.draws(batch.x, key=key)
        value = jax.vmap(self.density.log_prob)(batch.theta, z).mean()
        price = (log_p - self.log_codes(z, batch.theta)).mean()
        return self.beta * price - value, {"value": value, self.price: price}

    def finish(self, held_out: AbstractSource, *, key: Array) -> "AbstractCodeBottleneck":
        return self

    def log_prob(self, theta: Float[Array, " p"], x: PyTree) -> Float[Array, ""]:
        """log q(θ | z) at the mean code of one example; its mean plus H(θ) is a lower bound of I(θ; s)."""
        if self.density is None:
            raise ValueError("this objective has not been trained: pass it to sf.fit, and use fit.objective")
        return self.density.log_prob(theta, self.summary(x))
