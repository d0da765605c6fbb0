"""What objectives that learn the density of the parameters given a summary can be asked."""

import abc
from collections.abc import Callable
from typing import ClassVar

import equinox as eqx
import jax
from jaxtyping import Array, Float, PyTree

from ..core import Frozen
from ..train import AbstractObjective, flat_summary


class AbstractDensityObjective(AbstractObjective):
    """Learns q(u | s) of parameters u on the prior's unconstrained space, given a summary s.

    To write one: hold the prior of the simulations in `prior`, and give the density and draws of it; `sf.posterior`,
    checks, ensembles and rounds then know what to do.
    """

    prior: eqx.AbstractVar[Frozen]
    judge_start: ClassVar[bool] = True

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the parameters."""
        return tuple(self.prior.value.names)

    @abc.abstractmethod
    def log_density(self, s: Float[Array, " k"], u: Float[Array, " p"]) -> Float[Array, ""]:
        """log q(u | s)."""

    @abc.abstractmethod
    def draw(self, s: Float[Array, " k"], *, key: Array) -> tuple[Float[Array, " p"], Float[Array, ""]]:
        """A draw of u given s, and log q(u | s)."""


def minus_information(objective: AbstractDensityObjective, summary: Callable, batch: PyTree) -> Float[Array, ""]:
    """−mean of log q(u | s) − log p(u): minus a lower bound on the summary's information (Barber & Agakov 2003)."""
    prior = objective.prior.value
    u = prior.to_unconstrained(batch.theta)
    s = jax.vmap(flat_summary(summary))(batch.x)
    return -(jax.vmap(objective.log_density)(s, u) - prior.log_prob_unconstrained(u)).mean()
