"""What a prior is a product of: distributions of one name each."""

import abc
from typing import Any

import equinox as eqx
import numpy as np
import numpyro.distributions as dist
from jaxtyping import Array, Bool, Float

from ._ordered import plain

Ends = Float[Array, " k"]


class AbstractFactor(eqx.Module):
    """The distribution of one named parameter of `k` columns, possibly cut to a box."""

    name: eqx.AbstractVar[str]
    distribution: eqx.AbstractVar[Any]
    shape: eqx.AbstractVar[tuple[int, ...]]
    low: eqx.AbstractVar[Ends]
    high: eqx.AbstractVar[Ends]

    @abc.abstractmethod
    def classes(self) -> int | None:
        """Number of classes of a discrete parameter."""

    @abc.abstractmethod
    def sample(self, n: int, key: Array) -> Float[Array, "n k"]:
        """Draws inside the box."""

    @abc.abstractmethod
    def log_prob(self, theta: Float[Array, "n k"]) -> Float[Array, " n"]:
        """Log-density, `-inf` outside of the support and the box."""

    @abc.abstractmethod
    def cut(self, low: Ends, high: Ends) -> "AbstractFactor":
        """This factor inside a box (and inside its present one)."""

    @abc.abstractmethod
    def range(self, mass: float) -> tuple[np.ndarray, np.ndarray]:
        """Finite ends that leave out about `mass` of each column."""

    @abc.abstractmethod
    def column_log_prob(self, columns: tuple[int, ...], points: Float[Array, "n d"]) -> Float[Array, " n"]:
        """Log-density of some of the columns alone."""

    @abc.abstractmethod
    def pick(self, columns: tuple[int, ...]) -> "AbstractFactor":
        """The factor of some of the columns alone."""

    @property
    def law(self) -> Any:
        """The numpyro distribution."""
        return plain(self.distribution)

    @property
    def size(self) -> int:
        """How many columns."""
        return int(np.prod(self.shape, dtype=int))

    @property
    def names(self) -> tuple[str, ...]:
        """`tau` for a scalar, `z[0]`, `z[1]` for a vector, `m[0,1]` for a matrix."""
        if not self.shape:
            return (self.name,)
        return tuple(f"{self.name}[{','.join(map(str, index))}]" for index in np.ndindex(*self.shape))

    def inside(self, theta: Float[Array, "n k"]) -> Bool[Array, " n"]:
        """Whether the box holds each row."""
        return ((theta >= self.low) & (theta <= self.high)).all(axis=-1)


def ends_of(support: Any, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Ends of a support, column by column; infinite where there are none."""
    while hasattr(support, "base_constraint"):
        support = support.base_constraint
    low = getattr(support, "lower_bound", None)
    high = getattr(support, "upper_bound", None)
    if support is dist.constraints.boolean:
        low, high = 0.0, 1.0
    return _spread(low, -np.inf, size), _spread(high, np.inf, size)


def _spread(end: Any, empty: float, size: int) -> np.ndarray:
    return np.broadcast_to(np.ravel(np.asarray(empty if end is None else end, float)), (size,))


def unwrapped(distribution: dist.Distribution) -> tuple[dist.Distribution, bool]:
    """The distribution without `expand` and `to_event` around it, and whether its columns are independent."""
    while isinstance(distribution, dist.ExpandedDistribution | dist.Independent):
        distribution = distribution.base_dist
    return distribution, len(distribution.event_shape) == 0


def in_words(factor: AbstractFactor) -> str:
    """The distribution of a factor, its arguments while they are few, and the box it is cut to."""
    inner, _ = unwrapped(factor.law)
    values = {name: np.unique(np.asarray(getattr(inner, name, np.nan), float)) for name in type(inner).arg_constraints}
    given = ", ".join(f"{name}={v[0]:.4g}" for name, v in values.items() if len(v) == 1 and not np.isnan(v[0]))
    text = f"{type(inner).__name__}({given})"
    low, high = np.asarray(factor.low, float), np.asarray(factor.high, float)
    whole = ends_of(factor.law.support, len(low))
    if (low <= whole[0]).all() and (high >= whole[1]).all():
        return text
    return f"{text} within " + ", ".join(f"[{a:.4g}, {b:.4g}]" for a, b in zip(low, high))
