"""Several objectives of one kind, trained side by side from different starts.

Where the members of a deep ensemble (Lakshminarayanan, Pritzel & Blundell 2017, arXiv:1612.01474) differ, the data do
not say what the answer is; their mixture is wider there, and seldom over-confident (Hermans et al. 2022,
arXiv:2110.06581).
"""

import operator
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, PyTree

from ..core import trainable
from ._objective import AbstractObjective
from ._source import AbstractSource


class Ensemble(AbstractObjective):
    """What `sf.fit(..., ensemble=k)` gives as objective.

    - `members`: the trained objectives.
    - `summary`: the summaries of all members, put end to end.
    """

    members: tuple[Any, ...]
    monitor: ClassVar[str] = "loss"

    def __init__(self, members: Sequence[AbstractObjective]):
        self.members = tuple(members)

    @property
    def summary(self) -> Callable:  # pyright: ignore[reportIncompatibleVariableOverride]
        parts = [member.summary for member in self.members]
        return lambda x: jnp.concatenate([jnp.ravel(jnp.asarray(part(x))) for part in parts])

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the parameters."""
        return self.members[0].names

    def start(self, rows: Any, *, names: tuple[str, ...], key: Array) -> "Ensemble":
        begun = [member.start(rows, names=names, key=key) for member in self.members]
        return self if all(map(operator.is_, begun, self.members)) else Ensemble(begun)

    def finish(self, held_out: AbstractSource, *, key: Array) -> "Ensemble":
        return Ensemble([member.finish(held_out, key=key) for member in self.members])

    def loss(self, batch: PyTree, *, key: Array, step: Array) -> tuple[Array, dict[str, Array]]:
        losses = jnp.stack([member.loss(batch, key=key, step=step)[0] for member in self.members])
        return losses.mean(), {}


def started(
    objective: AbstractObjective, members: int, rows: Any, names: tuple[str, ...], key: Array
) -> list[AbstractObjective]:
    """The objective started from training rows; of several members, each from weights of its own."""
    if members == 1:
        return [objective.start(rows, names=names, key=key)]
    keys = jax.random.split(key, members)
    begun = []
    for own in keys:
        other = another_start(objective, own)
        other = other.like(begun[0]) if begun else other
        begun.append(other.start(rows, names=names, key=own))
        if begun[-1] is other:
            raise ValueError(
                "an ensemble starts from an untrained objective, so that its members differ; this one has been trained"
            )
    return begun


def another_start(objective: AbstractObjective, key: Array) -> AbstractObjective:
    """The objective with the entries of each weight matrix in another order: other weights of the same size."""
    learned, rest = eqx.partition(objective, trainable(objective))
    leaves, structure = jax.tree.flatten(learned)
    keys = jax.random.split(key, len(leaves) or 1)
    moved = [
        jax.random.permutation(own, leaf.ravel()).reshape(leaf.shape) if leaf.ndim > 1 else leaf
        for leaf, own in zip(leaves, keys)
    ]
    return eqx.combine(jax.tree.unflatten(structure, moved), rest)
