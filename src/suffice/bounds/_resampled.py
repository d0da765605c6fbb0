"""Hybrid estimate with negatives drawn from a density (Federici, Ruhe & Forré 2023, arXiv:2306.00608):

    I(x; y) = E[log r(y | x) / p(y)] + KL(p(x, y) || p(x) r(y | x)),

the second term by a critic g that tells y from draws of r(y | x). The log-ratio is log r(y | x) - log r(y) + g(x, y).
Draws near the joint distribution are harder to tell from it than pairs of other rows, so g learns what r lacks.
"""

from typing import Any, ClassVar

import equinox as eqx
import jax
from jaxtyping import Array

from ..networks import AbstractCritic, FixedCritic, SumOfCritics
from ..train import AbstractObjective, AbstractSource
from ._abstract import AbstractBound
from ._density_critics import MixtureCritic
from ._pairs import Pairs


class Resampled(AbstractObjective):
    """Teaches the critic `summary` what `proposal`, trained before and now fixed, lacks.

    - `draws`: of the proposal, for each row of a batch.
    """

    summary: AbstractCritic
    proposal: FixedCritic
    bound: AbstractBound
    draws: int = eqx.field(static=True)
    monitor: ClassVar[str] = "loss"

    def start(self, rows: Any, *, names: tuple[str, ...], key: Array) -> "Resampled":
        return self

    def loss(self, batch: Any, *, key: Array, step: Array) -> tuple[Array, dict[str, Array]]:
        x, y = batch["x"], batch["y"]
        density = self.proposal.critic
        assert isinstance(density, MixtureCritic)

        def one(x: Array, y: Array, key: Array) -> tuple[Array, Array]:
            drawn = jax.vmap(lambda k: density.given_x.sample(x, key=k))(jax.random.split(key, self.draws))
            left = self.summary.left(x)
            product = jax.vmap(lambda y: self.summary.score(left, self.summary.right(y)))(drawn)
            return self.summary.score(left, self.summary.right(y)), product

        pairs = Pairs(*jax.vmap(one)(x, y, jax.random.split(key, len(x))))
        return self.bound.loss(pairs, x, y), {"value": self.bound.value(pairs, x, y)}

    def finish(self, held_out: AbstractSource, *, key: Array) -> "Resampled":
        return self

    @property
    def log_ratio(self) -> AbstractCritic:
        """log r(y | x) - log r(y) + g(x, y)."""
        return SumOfCritics((self.proposal, self.bound.ratio(self.summary)))
