"""What `rounds` needs before it may simulate: all that can be refused is refused here."""

from collections.abc import Callable, Mapping
from typing import Any

import equinox as eqx
import numpy as np
from jaxtyping import Array, PyTree

from ..core import check_options, check_whole, kind_of
from ..objectives import AbstractDensityObjective, Flow, FlowMatching, Gaussian, Ratio, resolve_groups
from ..priors import AbstractPrior
from ..train import fit
from ._given import check_prior
from ._observation import observation_of

_FEWEST = 20  # simulations that a fit takes


def check_rounds(
    objective: Any, prior: AbstractPrior, simulator: Callable, x_obs: PyTree, options: Mapping[str, Any]
) -> PyTree:
    """The observation as arrays; `ValueError` or `TypeError` for what no round could be made of."""
    check_prior(prior)
    _check_objective(objective, prior)
    if not callable(simulator):
        raise TypeError(f"simulator must be a function of (key, theta), but {kind_of(simulator)} came")
    if "checkpoint" in options:
        raise ValueError(
            "checkpoint is of one fit, and there is one a round; store= keeps the simulations of all rounds"
        )
    check_options(options, fit, without=("progress",))
    return observation_of(simulator, prior.dim, x_obs)


def check_numbers(*, n: Any, max_rounds: Any, shrink: Any, mass: Any, threshold: Any, margin: Any) -> None:
    """`ValueError` for numbers that are out of range."""
    check_whole(max_rounds=max_rounds)
    check_whole(_FEWEST, n=n)
    for name, value, most in (("shrink", shrink, 1), ("mass", mass, 0.5), ("threshold", threshold, 1)):
        if not _is_number(value) or not 0 < value < most:
            raise ValueError(f"{name} must lie between 0 and {most}, but {value!r} came")
    if not _is_number(margin) or not margin >= 0:
        raise ValueError(f"margin must not be negative, but {margin!r} came")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | np.number) or (isinstance(value, np.ndarray | Array) and value.shape == ())


def _check_objective(objective: Any, prior: AbstractPrior) -> None:
    kind = type(objective).__name__
    if not isinstance(objective, Ratio | AbstractDensityObjective):
        raise TypeError(
            "objective must be an untrained sf.Flow, sf.FlowMatching, sf.Gaussian or sf.Ratio, whose posteriors say "
            f"where to simulate next, but a {kind} came"
        )
    if _learned(objective) is not None:
        raise ValueError(f"objective has been trained, but each round learns from scratch; pass a new sf.{kind}(...)")
    if isinstance(objective, Ratio):
        groups = resolve_groups(objective.marginals, prior.names)
        alone = [group for group in groups if len(group) == 1 and prior.discrete[group[0]] is None]
        if objective.marginals == "autoregressive" or not alone:
            raise ValueError(
                "the box is cut where the ratio of one parameter alone ends: leave marginals out (a group for each "
                "parameter), or name at least one parameter that is not discrete alone"
            )
    elif not eqx.tree_equal(objective.prior.value, prior):
        raise ValueError("objective was made with another prior than the one given; make it with this prior")


def _learned(objective: Any) -> Any:
    """What training has made; an objective of somebody else's is taken as it is."""
    match objective:
        case Ratio():
            return objective.heads
        case Flow():
            return objective.flow
        case FlowMatching():
            return objective.velocity
        case Gaussian():
            return objective.network
    return None
