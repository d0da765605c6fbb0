"""Which posterior goes with which objective: each file of a posterior registers its own."""

from functools import singledispatch
from typing import Any

from jaxtyping import Array, PyTree

from ..priors import AbstractPrior


@singledispatch
def of_objective(objective: Any, prior: AbstractPrior, rows: PyTree, *, single: bool, key: Array) -> Any:
    """The posterior of trained `objective` for observations `rows` (leading axis m).

    To give an objective a posterior, write it in a file of this folder and decorate the function that makes it with
    `@of_objective.register`.
    """
    raise TypeError(
        f"no posterior is known for a fit of {type(objective).__name__}; train sf.Flow, sf.FlowMatching, "
        "sf.Gaussian, sf.Likelihood or sf.Ratio, or pass its estimates to sf.GaussianApproximation"
    )
