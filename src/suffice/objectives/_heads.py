"""Heads for all groups of parameters, those of one kind stacked and evaluated by one `vmap`."""

from collections.abc import Sequence
from operator import itemgetter
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PyTree

from ._head import AbstractHead, CategoricalHead, GaussianHead

Groups = tuple[tuple[int, ...], ...]


class Kind(NamedTuple):
    """What groups must share to be stacked: the number of parameters, and of classes (0: continuous)."""

    dim: int
    classes: int

    def head(self, n_context: int, *, width: int, depth: int, key: Array) -> AbstractHead:
        """A head for one group of this kind."""
        if self.classes:
            return CategoricalHead(n_context, self.classes, width=width, depth=depth, key=key)
        return GaussianHead(n_context, self.dim, width=width, depth=depth, key=key)


class Heads(eqx.Module):
    """One head for each group.

    - `stacks`: heads of one kind, their arrays stacked along a leading axis.
    - `members`: which groups each stack holds.
    - `given`: the parameters that each group's context holds besides the summary.
    """

    stacks: tuple[PyTree, ...]
    members: tuple[tuple[int, ...], ...] = eqx.field(static=True)
    groups: Groups = eqx.field(static=True)
    given: Groups = eqx.field(static=True)

    def __call__(
        self, s: Float[Array, "n k"], own: Float[Array, "n p"], candidates: Float[Array, "n j p"]
    ) -> Float[Array, "n g j"]:
        """Log-ratios of every row with each of its candidates, for each group.

        `own` are the parameters of the rows; they enter the context of groups that are given some.
        """
        parts = []
        for stack, members in zip(self.stacks, self.members):
            contexts = jnp.stack([self._context(g, s, own) for g in members], axis=0)
            targets = jnp.stack([candidates[..., jnp.array(self.groups[g])] for g in members], axis=0)
            parts.append(eqx.filter_vmap(_ratios_of_head)(stack, contexts, targets))
        order = np.argsort([g for members in self.members for g in members])
        return jnp.moveaxis(jnp.concatenate(parts)[order], 0, 1)

    def _context(self, group: int, s: Float[Array, "n k"], own: Float[Array, "n p"]) -> Float[Array, "n c"]:
        if not any(self.given):
            return s
        mask = jnp.array([column in self.given[group] for column in range(own.shape[1])])
        return jnp.concatenate([s, jnp.where(mask, own, 0.0)], axis=1)

    def one(self, group: int) -> AbstractHead:
        """The head of one group, taken out of its stack."""
        for stack, members in zip(self.stacks, self.members):
            if group in members:
                arrays, rest = eqx.partition(stack, eqx.is_array)
                return eqx.combine(jax.tree.map(itemgetter(members.index(group)), arrays), rest)
        raise ValueError(f"there is no group {group}; there are {len(self.groups)}, counted from 0")


def _ratios_of_head(head: AbstractHead, contexts: Array, targets: Array) -> Array:
    def row(context: Array, candidates: Array) -> Array:
        about = head.about(context)
        return jax.vmap(lambda theta: head.pair(about, theta))(candidates)

    return jax.vmap(row)(contexts, targets)


def start_heads(
    s: np.ndarray,
    theta: np.ndarray,
    *,
    groups: Groups,
    given: Groups,
    classes: Sequence[int],
    width: int,
    depth: int,
    key: Array,
) -> Heads:
    """Heads started from rows of summaries `(n, k)` and parameters `(n, p)`.

    `classes` holds the number of classes of each parameter, 0 for a continuous one.
    """
    kinds = [Kind(len(group), classes[group[0]] if len(group) == 1 else 0) for group in groups]
    keys = jax.random.split(key, len(groups))
    heads = []
    for g, (group, kind) in enumerate(zip(groups, kinds)):
        mask = np.isin(np.arange(theta.shape[1]), given[g])
        context = np.concatenate([s, np.where(mask, theta, 0.0)], axis=1) if any(given) else s
        head = kind.head(context.shape[1], width=width, depth=depth, key=keys[g])
        heads.append(head.start(context, theta[:, group]))
    members = tuple(tuple(g for g, k in enumerate(kinds) if k == kind) for kind in dict.fromkeys(kinds))
    stacks = tuple(_stack([heads[g] for g in group]) for group in members)
    return Heads(stacks, members, groups, given)


def _stack(heads: list[AbstractHead]) -> PyTree:
    return jax.tree.map(lambda *leaves: jnp.stack(leaves) if eqx.is_array(leaves[0]) else leaves[0], *heads)
