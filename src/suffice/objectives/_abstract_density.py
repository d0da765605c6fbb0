"""What objectives that learn the density of the parameters given a summary can be asked."""

import abc

import equinox as eqx
from jaxtyping import Array, Float

from ..core import Frozen
from ..train import AbstractObjective


class AbstractDensityObjective(AbstractObjective):
    """Learns q(u | s) of parameters u on the prior's unconstrained space, given a summary s.

    To write one: hold the prior of the simulations in `prior`, and give the density and draws of it; `sf.posterior`,
    checks, ensembles and rounds then know what to do.
    """

    prior: eqx.AbstractVar[Frozen]

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
