"""A summary of a set: the order of its members does not matter, their number may vary.

Deep sets (Zaheer et al. 2017, arXiv:1703.06114): s = ρ(pool φ(member)).
"""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from ..core import as_key, check_whole, KeyLike
from ._layers import Stack
from ._linear_start import LinearStart
from ._standardise import Standardise

_LEAST = 1e-4  # variance of a set, of that of all members of all sets, below which its members count as the same


class DeepSet(eqx.Module):
    """Each member through one network, their mean, largest value, spread and number through another.

    The first network is told where a member lies among those of all sets, and, if `relative`, where among those of its
    own set too, less their mean and over their standard deviation: the shape of a set (which numbers go together, how
    heavy its tails are) is then as plain of a narrow set as of a wide one.

    **Arguments:**

    - `n_features`: numbers of one member.
    - `n_out`: how many summaries.
    - `width`, `depth`: of both networks.
    - `relative`: tell the first network where a member lies in its own set too; unless told, where a member has
      several numbers. Where it has one, this helps with few simulations, and costs a little with very many.
    - `key`: keyword-only; a seed or a JAX key.

    One example is an array `(members, n_features)`, or a dict with `x` `(members, n_features)` and
    `mask` `(members,)`, true where there is a member, for sets of different sizes.

    >>> import jax.numpy as jnp
    >>> network, members = DeepSet(2, 3, key=0), jnp.arange(6.0).reshape(3, 2)
    >>> padded = {"x": jnp.zeros((5, 2)).at[:3].set(members), "mask": jnp.arange(5) < 3}
    >>> bool(jnp.allclose(network(members), network(padded), atol=1e-5))
    True
    """

    standardise: Standardise
    member: Stack
    linear: LinearStart
    whole: Stack
    relative: bool = eqx.field(static=True)

    def __init__(
        self,
        n_features: int,
        n_out: int,
        *,
        width: int = 64,
        depth: int = 2,
        relative: bool | None = None,
        key: KeyLike,
    ):
        check_whole(n_features=n_features, n_out=n_out, width=width)
        keys = jax.random.split(as_key(key), 3)
        self.standardise = Standardise((1, n_features))
        self.relative = n_features > 1 if relative is None else bool(relative)
        told = 2 * n_features if self.relative else n_features
        self.member = Stack(told, width, width=width, depth=depth, key=keys[0])
        pooled = 2 * width + 3 * n_features + 1
        self.linear = LinearStart(pooled, n_out, key=keys[1])
        self.whole = Stack(pooled, n_out, width=width, depth=depth, key=keys[2], last=0.0)

    def __call__(self, x: Array | dict[str, Array]) -> Float[Array, " k"]:
        members, mask = (x["x"], x["mask"]) if isinstance(x, dict) else (x, jnp.ones(len(x), bool))
        mask = jnp.asarray(mask).astype(bool)
        # Places without a member are not data: their numbers are kept out of the statistics too.
        members = self.standardise(jnp.where(mask[:, None], members, jnp.nan))
        members = jnp.where(mask[:, None], members, 0.0)
        count = jnp.maximum(mask.sum(), 1)
        first, second = members.sum(axis=0) / count, (members**2).sum(axis=0) / count
        apart = jnp.where(mask[:, None], members - first, 0.0)
        variance = _LEAST + (apart**2).sum(axis=0) / count
        told = jnp.concatenate([members, apart / jnp.sqrt(variance)], axis=1) if self.relative else members
        hidden = jax.vmap(self.member)(told)
        # Moments of the members themselves, for what is linear in them; their spread does not feel where they lie.
        moments = (first, second, 0.5 * jnp.log(variance), jnp.log1p(mask.sum())[None])
        pooled = jnp.concatenate([*_pooled(hidden, mask, count), *moments])
        return self.linear(pooled, self.whole(pooled))


def _pooled(
    hidden: Float[Array, "n w"], mask: Bool[Array, " n"], count: Int[Array, ""]
) -> tuple[Float[Array, " w"], Float[Array, " w"]]:
    """Mean and largest value of each number."""
    mean = jnp.where(mask[:, None], hidden, 0.0).sum(axis=0) / count
    largest = jnp.where(mask[:, None], hidden, -1e9).max(axis=0, initial=-1e9)
    return mean, jnp.maximum(largest, -30.0)
