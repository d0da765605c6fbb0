"""The four ways to a posterior, by name: what is trained on top of a summary network."""

from collections.abc import Callable
from typing import Any

from ..core import Registry
from ..objectives import Flow, Gaussian, Likelihood, Ratio
from ..priors import AbstractPrior
from ..train import AbstractObjective

Objective = Callable[[Callable, AbstractPrior, Any], AbstractObjective]
METHODS: Registry[Objective] = Registry("posterior")

CHECKED = {"likelihood": 300}
"""How many held-out simulations the checks look at, where 2,000 would take long."""


def learns_summary(name: str) -> bool:
    """Whether the objective trains the summary; a likelihood takes one that has been trained before."""
    return name != "likelihood"


def check_method(name: str, marginals: Any, prior: AbstractPrior) -> None:
    """`ValueError` for a posterior that does not exist, groups for one that is of all parameters together, or classes
    for one that is a density.
    """
    METHODS.get(name)
    discrete = classes_of(prior)
    if discrete and name != "ratio":
        raise ValueError(
            f"posterior {name!r} is a density of continuous parameters, but {next(iter(discrete))!r} is one of "
            f"{next(iter(discrete.values()))} classes; use posterior 'ratio'"
        )
    if marginals is not None and name != "ratio":
        raise ValueError(
            f"marginals are groups of parameters for posterior 'ratio', but posterior is {name!r}, which is of all "
            "parameters together; leave marginals out"
        )


def classes_of(prior: AbstractPrior) -> dict[str, int]:
    """How many classes each discrete parameter has, as `sf.Ratio` takes it."""
    return {name: classes for name, classes in zip(prior.names, prior.discrete) if classes}


@METHODS.register("ratio")
def _ratio(summary: Callable, prior: AbstractPrior, marginals: Any) -> AbstractObjective:
    return Ratio(summary, marginals=marginals, classes=classes_of(prior))


@METHODS.register("flow")
def _flow(summary: Callable, prior: AbstractPrior, marginals: Any) -> AbstractObjective:
    return Flow(summary, prior)


@METHODS.register("gaussian")
def _gaussian(summary: Callable, prior: AbstractPrior, marginals: Any) -> AbstractObjective:
    return Gaussian(summary, prior)


@METHODS.register("likelihood")
def _likelihood(summary: Callable, prior: AbstractPrior, marginals: Any) -> AbstractObjective:
    return Likelihood(summary, prior, layers=3)
