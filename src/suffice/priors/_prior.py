"""A prior over named parameters, as a product of numpyro distributions."""

from collections.abc import Mapping
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import numpyro.distributions as dist
from jaxtyping import Array, Bool, Float

from ..core import as_key, check_whole, KeyLike
from ._abstract import AbstractPrior, Points, Vector
from ._correlated import CorrelatedFactor
from ._factor import AbstractFactor, in_words, unwrapped
from ._independent import IndependentFactor
from ._interval import from_real, log_jacobian, to_real
from ._of_rows import numbers, of_rows

Factors = tuple[AbstractFactor, ...]


class Prior(AbstractPrior):
    """Named parameters, each with a distribution of `numpyro.distributions`.

    **Arguments:** the distributions by name, or one dict of them. A distribution with a
    shape gives as many columns: `z[0]`, `z[1]`, ...

    >>> import numpyro.distributions as dist
    >>> prior = Prior(z=dist.Uniform(-1, 1).expand([2]), tau=dist.LogNormal(0, 1))
    >>> prior.names
    ('z[0]', 'z[1]', 'tau')
    >>> prior.sample(5, key=0).shape
    (5, 3)
    """

    factors: Factors
    names: tuple[str, ...] = eqx.field(static=True)

    def __init__(self, given: Mapping[str, Any] | None = None, /, **distributions: Any):
        distributions = {**(given or {}), **distributions}
        if not distributions:
            raise ValueError("a prior needs at least one named distribution, such as Prior(a=dist.Normal(0, 1))")
        self.factors = tuple(_factor(name, item) for name, item in distributions.items())
        self.names = tuple(name for factor in self.factors for name in factor.names)

    @property
    def discrete(self) -> tuple[int | None, ...]:
        return tuple(factor.classes() for factor in self.factors for _ in range(factor.size))

    def sample(self, n: int, *, key: KeyLike) -> Float[Array, "n p"]:
        check_whole(n=n)
        return _sample(self.factors, n, as_key(key))

    def log_prob(self, theta: Points) -> Float[Array, " n"]:
        return of_rows(_log_prob, self.factors, self._rows(theta))

    def truncate(self, low: Vector, high: Vector) -> "Prior":
        low, high = np.asarray(low, float), np.asarray(high, float)
        if low.shape != (self.dim,) or high.shape != (self.dim,):
            raise ValueError(
                f"low and high need shape ({self.dim},), one number a parameter; {low.shape}, {high.shape} came"
            )
        if not (low < high).all():
            raise ValueError(f"low must be below high for every parameter; they are {low} and {high}")
        sides = zip(self.factors, _split(self.factors, low[None]), _split(self.factors, high[None]))
        return _product(tuple(factor.cut(a[0], b[0]) for factor, a, b in sides), self.names)

    def contains(self, theta: Points) -> Bool[Array, " n"]:
        return of_rows(_contains, self.factors, self._rows(theta))

    def box(self, mass: float = 1e-6) -> tuple[np.ndarray, np.ndarray]:
        ranges = [factor.range(mass) for factor in self.factors]
        return np.concatenate([low for low, _ in ranges]), np.concatenate([high for _, high in ranges])

    def marginal_log_prob(self, index: tuple[int, ...], points: Float[Array | np.ndarray, "n d"]) -> Float[Array, " n"]:
        return of_rows(lambda prior, some: _marginal_log_prob(prior, tuple(index), some), self, points)

    def subset(self, index: tuple[int, ...]) -> "Prior":
        names = tuple(self.names[i] for i in index)
        if list(index) != sorted(set(index)):
            raise ValueError(f"index must name each parameter once, in ascending order, but {index} came")
        picked = [
            factor if len(columns) == factor.size else factor.pick(columns)
            for factor, columns, _ in self._members(index)
        ]
        return _product(tuple(picked), names)

    def to_unconstrained(self, theta: Points) -> Float[Array, "n p"]:
        return of_rows(_to_unconstrained, self.factors, theta)

    def from_unconstrained(self, u: Points) -> Float[Array, "n p"]:
        return of_rows(_from_unconstrained, self.factors, u)

    def log_prob_unconstrained(self, u: Points) -> Float[Array, " n"]:
        return of_rows(_log_prob_unconstrained, self.factors, self._rows(u))

    def describe(self) -> str:
        """One line for each distribution, for reports.

        >>> import numpyro.distributions as dist
        >>> print(Prior(z=dist.Uniform(-1, 1).expand([2]), tau=dist.LogNormal(0, 1)).describe())
        z[0], z[1] ~ Uniform(low=-1, high=1)
        tau ~ LogNormal(loc=0, scale=1)
        """
        return "\n".join(f"{', '.join(f.names)} ~ {in_words(f)}" for f in self.factors)

    @staticmethod
    def from_samples(theta: Points, names: tuple[str, ...] | None = None) -> AbstractPrior:
        """The prior that draws stand for, when nothing else is known of it: `EmpiricalPrior`."""
        from ._empirical import EmpiricalPrior

        return EmpiricalPrior(theta, names)

    def _rows(self, theta: Points) -> Points:
        theta = numbers(theta)
        if theta.ndim != 2 or theta.shape[1] != self.dim:
            raise ValueError(
                f"theta must have shape (n, {self.dim}) for {', '.join(self.names)}, but {theta.shape} came"
            )
        return theta

    def _members(self, index: tuple[int, ...]) -> list[tuple[AbstractFactor, tuple[int, ...], tuple[int, ...]]]:
        """For each factor concerned: its columns among `index`, and their places in `index`."""
        if any(not 0 <= i < self.dim for i in index):
            raise ValueError(f"index {index} names a parameter that does not exist; there are {self.dim}")
        found, start = [], 0
        for factor in self.factors:
            places = tuple(k for k, i in enumerate(index) if start <= i < start + factor.size)
            if places:
                found.append((factor, tuple(index[k] - start for k in places), places))
            start += factor.size
        return found


def _factor(name: str, distribution: Any) -> AbstractFactor:
    if not isinstance(distribution, dist.Distribution):
        kind = type(distribution).__name__
        raise TypeError(f"{name!r} must be a distribution of numpyro.distributions, but a {kind} came")
    kind = IndependentFactor if unwrapped(distribution)[1] else CorrelatedFactor
    factor = kind.of(name, distribution)
    factor.classes()
    return factor


def _product(factors: Factors, names: tuple[str, ...]) -> Prior:
    prior = object.__new__(Prior)
    object.__setattr__(prior, "factors", factors)
    object.__setattr__(prior, "names", names)
    return prior


# One program each: run operation by operation, the dozens of small ones that a distribution is made of take seconds
# to compile.


@eqx.filter_jit
def _sample(factors: Factors, n: int, key: Array) -> Array:
    keys = jax.random.split(key, len(factors))
    return jnp.concatenate([factor.sample(n, k) for factor, k in zip(factors, keys)], axis=1)


@eqx.filter_jit
def _log_prob(factors: Factors, theta: Array) -> Array:
    return jnp.stack([factor.log_prob(part) for factor, part in zip(factors, _split(factors, theta))]).sum(axis=0)


@eqx.filter_jit
def _marginal_log_prob(prior: Prior, index: tuple[int, ...], points: Array) -> Array:
    total = jnp.zeros(len(points))
    for factor, columns, places in prior._members(index):
        total = total + factor.column_log_prob(columns, points[:, jnp.array(places)])
    return total


@eqx.filter_jit
def _contains(factors: Factors, theta: Array) -> Array:
    return jnp.isfinite(_log_prob(factors, theta))


@eqx.filter_jit
def _to_unconstrained(factors: Factors, theta: Array) -> Array:
    return to_real(theta, *_ends(factors))


@eqx.filter_jit
def _from_unconstrained(factors: Factors, u: Array) -> Array:
    return from_real(u, *_ends(factors))


@eqx.filter_jit
def _log_prob_unconstrained(factors: Factors, u: Array) -> Array:
    ends = _ends(factors)
    return _log_prob(factors, from_real(u, *ends)) + log_jacobian(u, *ends).sum(axis=1)


def _ends(factors: Factors) -> tuple[Array, Array]:
    ends = [jnp.concatenate([getattr(f, side) for f in factors]) for side in ("low", "high")]
    return ends[0], ends[1]


def _split(factors: Factors, theta: Points) -> list[Array]:
    return jnp.split(jnp.asarray(theta, float), np.cumsum([factor.size for factor in factors])[:-1], axis=1)
