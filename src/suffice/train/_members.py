"""Several fits side by side: every array that differs between them gets a leading axis, and `vmap` does the rest.

Folds and ensembles train so, in one compiled call. What all members share, such as the data of which each sees other
rows, is kept once.
"""

from collections.abc import Sequence
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, PyTree

from ._epoch import _segment, Pace, Settings, State, value_before
from ._spread import same_everywhere


class Members(eqx.Module):
    """Pytrees of several members as one, and along which axis each leaf holds them (`None` where they share it)."""

    tree: PyTree
    axes: PyTree = eqx.field(static=True)

    @staticmethod
    def of(trees: Sequence[PyTree]) -> "Members":
        """Put trees of the same structure side by side."""
        first, *others = [jax.tree.leaves(tree) for tree in trees]
        structure = jax.tree.structure(trees[0])
        for tree in trees[1:]:
            if jax.tree.structure(tree) != structure:
                raise ValueError("the members of a fit must have the same structure and the same sizes")
        columns = list(zip(first, *others))
        shared = [not eqx.is_array(column[0]) or all(leaf is column[0] for leaf in column) for column in columns]
        leaves = [column[0] if same else jnp.stack(column) for column, same in zip(columns, shared)]
        axes = tuple(None if same else 0 for same in shared)
        return Members(jax.tree.unflatten(structure, leaves), axes)

    def __getitem__(self, index: int) -> PyTree:
        leaves, structure = jax.tree.flatten(self.tree)
        chosen = [leaf if axis is None else leaf[index] for leaf, axis in zip(leaves, self.axes)]
        return jax.tree.unflatten(structure, chosen)

    @property
    def mapped(self) -> list[Any]:
        """The leaves that differ."""
        return [leaf for leaf, axis in zip(jax.tree.leaves(self.tree), self.axes) if axis == 0]

    def with_mapped(self, leaves: Sequence[Any]) -> PyTree:
        """One member's tree, of its own leaves and the shared ones."""
        own = iter(leaves)
        old, structure = jax.tree.flatten(self.tree)
        return jax.tree.unflatten(structure, [leaf if a is None else next(own) for leaf, a in zip(old, self.axes)])


@eqx.filter_jit
def run_members(
    state: State,
    fixed: Members,
    source: Members,
    held_out: Members,
    keys: tuple[Array, Array],
    pace: Pace,
    settings: Settings,
) -> tuple[State, dict[str, Array]]:
    """`run_segment` of every member; state, keys and pace have a leading axis."""

    def one(state: State, mine: list, keys: tuple[Array, Array], pace: Pace) -> tuple[State, dict[str, Array]]:
        own = [part.with_mapped(leaves) for part, leaves in zip(shared, mine)]
        return _segment(state, own[0], own[1], own[2], keys, pace, settings)

    shared = (fixed, source, held_out)
    return same_everywhere(jax.vmap(one)(state, [part.mapped for part in shared], keys, pace))


@eqx.filter_jit
def values_before(state: State, fixed: Members, held_out: Members, key: Array, settings: Settings) -> Array:
    """`value_before` of every member; state and key have a leading axis."""

    def one(state: State, mine: list, key: Array) -> Array:
        own = [part.with_mapped(leaves) for part, leaves in zip((fixed, held_out), mine)]
        return value_before(state, own[0], own[1], key, settings)

    return jax.vmap(one)(state, [part.mapped for part in (fixed, held_out)], key)
