"""A numpyro distribution as part of what is compiled and stored: its numbers stand in the same order in every process.

numpyro gives JAX the numbers of a distribution in the order of a set, which differs from process to process. What was
compiled for a prior would then not be found again in JAX's cache by the next program, and a checkpoint would take the
prior of its own fit for another one.
"""

from dataclasses import dataclass
from typing import Any

import jax
import numpyro.distributions as dist


@jax.tree_util.register_pytree_with_keys_class
@dataclass(frozen=True, eq=False)
class Ordered:
    """Holds a distribution; its leaves are sorted by the names of its fields, and so are those of ones within.

    >>> [str(path[0]) for path, _ in jax.tree_util.tree_leaves_with_path(Ordered(dist.Normal(0.0, 1.0)))]
    ['.loc', '.scale']
    """

    value: Any

    def tree_flatten_with_keys(self) -> tuple[tuple, tuple]:
        kind = type(self.value)
        data, aux = self.value.tree_flatten()
        held = _by_name(kind.gather_pytree_data_fields(), data)
        rest = _by_name(kind.gather_pytree_aux_fields(), aux)
        children = tuple((jax.tree_util.GetAttrKey(name), _ordered(part)) for name, part in held)
        return children, (kind, tuple(name for name, _ in held), rest)

    @classmethod
    def tree_unflatten(cls, told: tuple, children: tuple) -> "Ordered":
        kind, keys, rest = told
        data, aux = {name: plain(part) for name, part in zip(keys, children)}, dict(rest)
        own = tuple(data[name] for name in kind.gather_pytree_data_fields())
        return cls(kind.tree_unflatten(tuple(aux[name] for name in kind.gather_pytree_aux_fields()), own))


def _by_name(names: tuple[str, ...], parts: tuple) -> tuple[tuple[str, Any], ...]:
    return tuple(sorted(zip(names, parts, strict=True), key=lambda pair: pair[0]))


def _ordered(part: Any) -> Any:
    return Ordered(part) if isinstance(part, dist.Distribution) else part


def plain(part: Any) -> Any:
    """The distribution of an `Ordered`; anything else as it is, such as a bare distribution from an older file."""
    return part.value if isinstance(part, Ordered) else part
