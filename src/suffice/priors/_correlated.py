"""A parameter whose columns depend on each other, such as a multivariate normal."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import numpyro.distributions as dist
from jaxtyping import Array, Float
from scipy import stats

from ._factor import AbstractFactor, Ends, ends_of
from ._ordered import Ordered

_DRAWS = 400_000
_LEAST = 1e-4


class CorrelatedFactor(AbstractFactor):
    """Columns with a joint distribution, cut to a box.

    The mass inside the box is exact for a multivariate normal (Genz's integration, as in
    SciPy), and the share of 400,000 draws otherwise. Draws inside a box are by rejection.
    """

    name: str = eqx.field(static=True)
    shape: tuple[int, ...] = eqx.field(static=True)
    distribution: Any
    columns: tuple[int, ...] = eqx.field(static=True)
    low: Ends
    high: Ends
    mass: Float[Array, ""]
    is_cut: bool = eqx.field(static=True)

    @staticmethod
    def of(name: str, distribution: dist.Distribution) -> "CorrelatedFactor":
        """The factor of a numpyro distribution, not cut."""
        shape = tuple(distribution.batch_shape) + tuple(distribution.event_shape)
        size = int(np.prod(shape, dtype=int))
        low, high = (jnp.asarray(end, float) for end in ends_of(distribution.support, size))
        return CorrelatedFactor(
            name=name,
            shape=shape,
            distribution=Ordered(distribution),
            columns=tuple(range(size)),
            low=low,
            high=high,
            mass=jnp.ones(()),
            is_cut=False,
        )

    def classes(self) -> int | None:
        if self.law.support.is_discrete:
            raise ValueError(f"{self.name!r}: discrete parameters of several dependent columns are not supported")
        return None

    def sample(self, n: int, key: Array) -> Float[Array, "n k"]:
        if not self.is_cut:
            return self._draw(key, n)

        def one(key: Array) -> Array:
            def again(state: tuple[Array, Array]) -> tuple[Array, Array]:
                key, _ = jax.random.split(state[0])
                return key, self._draw(key, 1)[0]

            return jax.lax.while_loop(lambda state: ~self.inside(state[1][None])[0], again, again((key, self.low)))[1]

        return jax.vmap(one)(jax.random.split(key, n))

    def log_prob(self, theta: Float[Array, "n k"]) -> Float[Array, " n"]:
        value = jnp.clip(theta, self.low, self.high).reshape(-1, *self.shape)
        density = self.law.log_prob(value).reshape(len(theta), -1).sum(axis=1)
        return jnp.where(self.inside(theta), density - jnp.log(self.mass), -jnp.inf)

    def cut(self, low: Ends, high: Ends) -> AbstractFactor:
        low, high = jnp.maximum(self.low, low), jnp.minimum(self.high, high)
        mass = self._mass(np.asarray(low, np.float64), np.asarray(high, np.float64))
        if not mass > _LEAST:
            raise ValueError(
                f"the box leaves {mass:.2g} of the prior of {self.name!r}, less than {_LEAST:g}: too little"
            )
        changed = eqx.tree_at(lambda f: (f.low, f.high, f.mass), self, (low, high, jnp.asarray(mass, low.dtype)))
        return CorrelatedFactor(**{**vars(changed), "is_cut": True})

    def range(self, mass: float) -> tuple[np.ndarray, np.ndarray]:
        drawn = np.asarray(self.sample(100_000 if not self.is_cut else 4_000, jax.random.key(0)))
        width = np.ptp(drawn, axis=0)
        low, high = drawn.min(axis=0) - 0.25 * width, drawn.max(axis=0) + 0.25 * width
        return np.maximum(low, np.asarray(self.low)), np.minimum(high, np.asarray(self.high))

    def column_log_prob(self, columns: tuple[int, ...], points: Float[Array, "n d"]) -> Float[Array, " n"]:
        if len(columns) == self.size:
            order = np.argsort(columns)
            return self.log_prob(points[:, order])
        if isinstance(self.law, dist.MultivariateNormal) and not self.is_cut:
            return self.pick(columns).log_prob(points)
        drawn = np.asarray(self.sample(20_000, jax.random.key(0)))[:, columns]
        return jnp.asarray(stats.gaussian_kde(drawn.T).logpdf(np.asarray(points).T), float)

    def pick(self, columns: tuple[int, ...]) -> AbstractFactor:
        if not isinstance(self.law, dist.MultivariateNormal) or self.is_cut:
            raise ValueError(
                f"some columns of {self.name!r} alone are only known for a multivariate normal that is not cut"
            )
        index = np.array(columns)
        covariance = jnp.asarray(self.law.covariance_matrix)[index][:, index]
        mean = jnp.broadcast_to(self.law.loc, (self.size,))[index]
        return CorrelatedFactor.of(self.name, dist.MultivariateNormal(mean, covariance))

    def _draw(self, key: Array, n: int) -> Array:
        return self.law.sample(key, (n,)).reshape(n, -1).astype(float)

    def _mass(self, low: np.ndarray, high: np.ndarray) -> float:
        if isinstance(self.law, dist.MultivariateNormal) and len(self.shape) == 1:
            mean = np.broadcast_to(np.asarray(self.law.loc, np.float64), (self.size,))
            covariance: Any = np.asarray(self.law.covariance_matrix, np.float64)
            normal = stats.multivariate_normal(mean, covariance, seed=0)
            return float(normal.cdf(high, lower_limit=low))
        drawn = np.asarray(self._draw(jax.random.key(0), _DRAWS))
        return float(((drawn >= low) & (drawn <= high)).all(axis=1).mean())
