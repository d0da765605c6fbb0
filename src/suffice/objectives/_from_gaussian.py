"""What densities share that begin at the linear-Gaussian one, and learn what is left."""

from typing import Any

import equinox as eqx
from jaxtyping import Array

from ..train import AbstractObjective, AbstractSource
from ._abstract_density import AbstractDensityObjective
from ._gaussian_start import GaussianStart


class AbstractFromGaussian(AbstractDensityObjective):
    """Learns q(u | s) from the linear-Gaussian density on, which a fit puts into `start_at` when it starts."""

    start_at: eqx.AbstractVar[GaussianStart | None]

    @property
    def begun(self) -> GaussianStart:
        """The density that learning starts from, once a fit has made it."""
        if self.start_at is None:
            what = type(self).__name__
            raise ValueError(f"this {what} has not been trained: pass it to sf.fit, and use fit.objective")
        return self.start_at

    def like(self, begun: AbstractObjective) -> "AbstractFromGaussian":
        if self.start_at is not None or not isinstance(begun, AbstractFromGaussian):
            return self
        return eqx.tree_at(lambda o: o.start_at, self, begun.start_at, is_leaf=replaced)

    def finish(self, held_out: AbstractSource, *, key: Array) -> "AbstractFromGaussian":
        return self


def replaced(node: Any) -> bool:
    """Whether a fit puts something in the place of this when it starts."""
    return node is None or isinstance(node, GaussianStart)
