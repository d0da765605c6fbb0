"""A batch of simulations at a fiducial parameter, with what their derivatives are made from."""

import abc
from collections.abc import Callable
from typing import Any, NamedTuple

import equinox as eqx
from jaxtyping import Array, Float

from .._source import AbstractSource


class Summarised(NamedTuple):
    """Summaries `s` `(n_s, k)` of simulations and their derivatives `ds` `(n_d, k, p)`, one row a simulation."""

    s: Float[Array, "n_s k"]
    ds: Float[Array, "n_d k p"]


class Rows(NamedTuple):
    """Simulations `x` (leading axis n) and their derivatives `dx` (last axis p), on the host.

    `exact` says that summaries are differentiated along `dx`, not by differences.
    """

    x: Any
    dx: Any
    exact: bool


class AbstractTangentBatch(eqx.Module):
    """Simulations at a fiducial whose summaries can be differentiated with respect to the parameters.

    To write one: hold what is needed to make the rows, and return from `summarise` the
    summaries of all rows and the derivatives of the first of them, through
    `core.chunked_map` so that memory follows the chunk.
    """

    @abc.abstractmethod
    def summarise(self, f: Callable[[Any], Array], *, chunk: int | None) -> Summarised:
        """Summaries of every row by `f` (one `x` -> `(k,)`), and their derivatives."""


class AbstractTangents(AbstractSource):
    """A source whose batches are `AbstractTangentBatch`, of simulations at `fiducial` `(p,)`.

    To write one: as for any source; `sample` returns `Rows`.
    """

    fiducial: eqx.AbstractVar[Float[Array, " p"]]
