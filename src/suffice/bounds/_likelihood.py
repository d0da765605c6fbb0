"""A density taught by the rows it is of: the mean of -log q(x) on other rows is at least their entropy."""

from typing import Any, ClassVar

import jax
from jaxtyping import Array

from ..networks import ConditionalFlow, ConditionalMixture
from ..train import AbstractObjective, AbstractSource


class Likelihood(AbstractObjective):
    """Maximum likelihood of `summary`, a density of rows, on batches `{"x": (b, d)}`."""

    summary: Any
    monitor: ClassVar[str] = "loss"

    def __init__(self, density: ConditionalFlow | ConditionalMixture):
        self.summary = density

    def start(self, rows: Any, *, names: tuple[str, ...], key: Array) -> "Likelihood":
        return self

    def loss(self, batch: Any, *, key: Array, step: Array) -> tuple[Array, dict[str, Array]]:
        return -jax.vmap(self.summary.log_prob)(batch["x"]).mean(), {}

    def finish(self, held_out: AbstractSource, *, key: Array) -> "Likelihood":
        return self
