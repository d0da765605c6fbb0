"""A parameter whose columns are independent of one another."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import numpyro.distributions as dist
from jaxtyping import Array, Float

from ._factor import AbstractFactor, Ends, ends_of, unwrapped
from ._ordered import Ordered

_BISECTIONS = 60


class IndependentFactor(AbstractFactor):
    """Columns that are independent of one another, each cut to an interval.

    The density inside an interval is divided by the difference of the distribution
    function at its ends; draws come from the inverse of the distribution function.
    """

    name: str = eqx.field(static=True)
    shape: tuple[int, ...] = eqx.field(static=True)
    distribution: Any
    columns: tuple[int, ...] = eqx.field(static=True)
    whole: tuple[int, ...] = eqx.field(static=True)
    low: Ends
    high: Ends
    mass: Ends
    is_cut: bool = eqx.field(static=True)

    @staticmethod
    def of(name: str, distribution: dist.Distribution) -> "IndependentFactor":
        """The factor of a numpyro distribution, not cut."""
        base, _ = unwrapped(distribution)
        shape = tuple(distribution.batch_shape) + tuple(distribution.event_shape)
        size = int(np.prod(shape, dtype=int))
        low, high = (jnp.asarray(end, float) for end in ends_of(base.support, size))
        return IndependentFactor(
            name=name,
            shape=shape,
            distribution=Ordered(base),
            columns=tuple(range(size)),
            whole=shape,
            low=low,
            high=high,
            mass=jnp.ones(size),
            is_cut=False,
        )

    def classes(self) -> int | None:
        support = self.law.support
        if not support.is_discrete:
            return None
        if not np.isfinite(np.asarray(self.high)).all():
            raise ValueError(
                f"{self.name!r} is discrete without an upper end; only finitely many classes are supported"
            )
        return int(np.max(np.asarray(self.high))) + 1

    def sample(self, n: int, key: Array) -> Float[Array, "n k"]:
        if not self.is_cut:
            drawn = self.law.expand(self.whole).sample(key, (n,))
            return jnp.reshape(drawn, (n, -1))[:, jnp.array(self.columns)].astype(float)
        for_share, for_place = jax.random.split(key)
        share = jax.random.uniform(for_share, (n, self.size))
        if isinstance(self.law, dist.Uniform):
            return self.low + share * (self.high - self.low)
        below = self._cdf(self.low[None])
        # Shares of exactly 0 or 1 would be an end of the support, where densities may not be finite.
        limits = jnp.finfo(below.dtype)
        theta = self._icdf(jnp.clip(below + share * self.mass, limits.tiny, 1 - limits.epsneg))
        # The distribution function has a resolution; draws are spread over what it cannot tell apart.
        grain = jnp.finfo(theta.dtype).eps * 0.5 * jnp.exp(-self._each(theta))
        place = jax.random.uniform(for_place, theta.shape, minval=-0.5, maxval=0.5)
        return jnp.clip(theta + place * jnp.minimum(grain, 1e-3 * (self.high - self.low)), self.low, self.high)

    def log_prob(self, theta: Float[Array, "n k"]) -> Float[Array, " n"]:
        density = (self._each(theta) - jnp.log(self.mass)).sum(axis=-1)
        return jnp.where(self.inside(theta), density, -jnp.inf)

    def cut(self, low: Ends, high: Ends) -> AbstractFactor:
        low, high = jnp.maximum(self.low, low), jnp.minimum(self.high, high)
        with jax.enable_x64(True):
            wide = jax.tree.map(lambda leaf: jnp.asarray(leaf, jnp.float64), (self.distribution, low, high))
            precise = eqx.tree_at(lambda f: f.distribution, self, wide[0])
            mass = np.asarray(precise._cdf(wide[2][None]) - precise._cdf(wide[1][None]))[0]
        if not (mass > 0).all():
            raise ValueError(f"the box leaves nothing of the prior of {self.name!r}: low {low}, high {high}")
        where = lambda f: (f.low, f.high, f.mass)  # noqa: E731
        changed = eqx.tree_at(where, self, (low, high, jnp.asarray(mass, low.dtype)))
        return IndependentFactor(**{**vars(changed), "is_cut": True})

    def range(self, mass: float) -> tuple[np.ndarray, np.ndarray]:
        low, high = np.asarray(self.low, np.float64), np.asarray(self.high, np.float64)
        if np.isfinite(low).all() and np.isfinite(high).all():
            return low, high
        outer = np.asarray(self._icdf(jnp.full((1, self.size), mass / 2)))[0]
        upper = np.asarray(self._icdf(jnp.full((1, self.size), 1 - mass / 2)))[0]
        return np.where(np.isfinite(low), low, outer), np.where(np.isfinite(high), high, upper)

    def column_log_prob(self, columns: tuple[int, ...], points: Float[Array, "n d"]) -> Float[Array, " n"]:
        return self.pick(columns).log_prob(points)

    def pick(self, columns: tuple[int, ...]) -> AbstractFactor:
        index = jnp.array(columns)
        chosen = {"low": self.low[index], "high": self.high[index], "mass": self.mass[index]}
        kept = tuple(self.columns[i] for i in columns)
        return IndependentFactor(**{**vars(self), **chosen, "columns": kept, "shape": (len(columns),)})

    def _spread(self, theta: Array) -> Array:
        """Columns at their places in the shape of the distribution; any number elsewhere."""
        full = jnp.repeat(theta[:, :1], int(np.prod(self.whole, dtype=int)), axis=1)
        return full.at[:, jnp.array(self.columns)].set(theta).reshape(-1, *self.whole)

    def _gather(self, values: Array, n: int) -> Array:
        return jnp.broadcast_to(values, (n, *self.whole)).reshape(n, -1)[:, jnp.array(self.columns)]

    def _each(self, theta: Array) -> Array:
        inside = jnp.clip(theta, self.low, self.high)
        value = self._spread(inside)
        value = value.astype(jnp.int32) if self.law.support.is_discrete else value
        return self._gather(self.law.log_prob(value), len(theta))

    def _cdf(self, theta: Array) -> Array:
        theta = jnp.broadcast_to(theta, (len(theta), self.size))
        try:
            below = self._gather(self.law.cdf(self._spread(jnp.nan_to_num(theta))), len(theta))
        except NotImplementedError as error:
            kind = type(self.law).__name__
            raise ValueError(f"{self.name!r} cannot be cut: {kind} has no distribution function in numpyro") from error
        return jnp.where(jnp.isneginf(theta), 0.0, jnp.where(jnp.isposinf(theta), 1.0, below))

    def _icdf(self, share: Array) -> Array:
        try:
            return self._gather(self.law.icdf(self._spread(share)), len(share))
        except (NotImplementedError, ImportError):
            return self._bisected(share)

    def _bisected(self, share: Array) -> Array:
        """The inverse of the distribution function where numpyro has none, by bisection of u / (1 + |u|)."""
        low, high = jnp.full(share.shape, -1.0 + 1e-6), jnp.full(share.shape, 1.0 - 1e-6)
        stretch = lambda t: jnp.clip(t / (1 - jnp.abs(t)), self.low, self.high)  # noqa: E731

        def halve(_: Array, ends: tuple[Array, Array]) -> tuple[Array, Array]:
            middle = 0.5 * (ends[0] + ends[1])
            less = self._cdf(stretch(middle)) < share
            return jnp.where(less, middle, ends[0]), jnp.where(less, ends[1], middle)

        low, high = jax.lax.fori_loop(0, _BISECTIONS, halve, (low, high))
        return stretch(0.5 * (low + high))
