"""A critic and the bound that teaches it, as an objective of the one training loop."""

from typing import Any, ClassVar

import equinox as eqx
from jaxtyping import Array

from ..networks import AbstractCritic
from ..train import AbstractObjective, AbstractSource
from ._abstract import AbstractBound
from ._pairs import pair_up


class Discriminative(AbstractObjective):
    """Train it on batches `{"x": (b, n_x), "y": (b, n_y)}`.

    - `summary`: the critic.
    - `bound`: what teaches it.
    - `negatives`: pairs that do not belong together for each that does; `None` is all of the batch.

    `log_ratio` is the critic of log p(x, y) / p(x) p(y), as far as it is known.
    """

    summary: AbstractCritic
    bound: AbstractBound
    negatives: int | None = eqx.field(static=True)
    monitor: ClassVar[str] = "loss"

    def start(self, rows: Any, *, names: tuple[str, ...], key: Array) -> "Discriminative":
        return self

    def loss(self, batch: Any, *, key: Array, step: Array) -> tuple[Array, dict[str, Array]]:
        pairs = pair_up(self.summary, batch["x"], batch["y"], negatives=self.negatives, key=key)
        value = self.bound.value(pairs, batch["x"], batch["y"])
        return self.bound.loss(pairs, batch["x"], batch["y"]), {"value": value}

    def finish(self, held_out: AbstractSource, *, key: Array) -> "Discriminative":
        return self

    @property
    def log_ratio(self) -> AbstractCritic:
        """A critic whose value is the log-ratio, or that up to a function of x where the bound learns no more."""
        return self.bound.ratio(self.summary)
