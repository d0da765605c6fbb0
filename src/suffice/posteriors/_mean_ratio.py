"""The ratios of an ensemble: their mean, which times the prior is the mixture of the members' posteriors.

r(θ, x) = (1/K) Σ_k r_k(θ, x)
"""

from collections.abc import Callable, Sequence
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ..objectives import Ratio


class MeanHead(eqx.Module):
    """Heads of one group from several ratios, whose contexts stand end to end."""

    heads: tuple[Any, ...]
    cuts: tuple[int, ...] = eqx.field(static=True)

    def about(self, context: Float[Array, " c"]) -> tuple[Any, ...]:
        """What each head needs to know of its part of the context."""
        return tuple(head.about(part) for head, part in zip(self.heads, jnp.split(context, self.cuts)))

    def pair(self, about: tuple[Any, ...], theta: Float[Array, " d"]) -> Float[Array, ""]:
        """Log of the mean ratio."""
        each = jnp.stack([head.pair(known, theta) for head, known in zip(self.heads, about)])
        return jax.nn.logsumexp(each) - jnp.log(len(self.heads))


class MeanHeads(eqx.Module):
    """The heads of all groups, one after the other."""

    members: tuple[Ratio, ...]
    cuts: tuple[int, ...] = eqx.field(static=True)

    @property
    def groups(self) -> tuple[tuple[int, ...], ...]:
        """The groups of parameters, as column numbers."""
        return self.members[0].groups

    def one(self, group: int) -> MeanHead:
        """The head of one group."""
        return MeanHead(tuple(member.trained.one(group) for member in self.members), self.cuts)


class MeanRatio(eqx.Module):
    """Several ratios, trained alike, as one: what a posterior asks of `sf.Ratio`."""

    members: tuple[Ratio, ...]
    sizes: tuple[int, ...] = eqx.field(static=True)

    @property
    def summary(self) -> Callable:
        """The summaries of all members, put end to end."""
        parts = [member.summary for member in self.members]
        return lambda x: jnp.concatenate([jnp.ravel(jnp.asarray(part(x))) for part in parts])

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the parameters."""
        return self.members[0].names

    @property
    def groups(self) -> tuple[tuple[int, ...], ...]:
        """The groups of parameters, as column numbers."""
        return self.members[0].groups

    @property
    def classes(self) -> tuple[tuple[str, int], ...]:
        """How many classes each discrete parameter has."""
        return self.members[0].classes

    @property
    def autoregressive(self) -> bool:
        """Never: a mean of products is no product."""
        return False

    @property
    def trained(self) -> MeanHeads:
        """The heads."""
        return MeanHeads(self.members, tuple(np.cumsum(self.sizes)[:-1].tolist()))

    def ratios(self, s: Float[Array, "n k"], theta: Float[Array, "n j p"]) -> Float[Array, "n g j"]:
        """Log-ratios of summaries with `j` parameter vectors each, for every group."""
        parts = jnp.split(s, np.cumsum(self.sizes)[:-1], axis=1)
        each = jnp.stack([member.ratios(part, theta) for member, part in zip(self.members, parts)])
        return jax.nn.logsumexp(each, axis=0) - jnp.log(len(self.members))


def mean_ratio(members: Sequence[Ratio]) -> MeanRatio:
    """Of the members of an ensemble."""
    if members[0].autoregressive:
        raise ValueError("an ensemble of autoregressive ratios has no posterior; use marginals='joint', or sf.Flow")
    sizes = tuple(_context_size(member) for member in members)
    return MeanRatio(tuple(members), sizes)


def _context_size(member: Ratio) -> int:
    head = member.trained.one(0)
    return len(head.context.value[0])
