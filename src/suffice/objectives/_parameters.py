"""What objectives that learn densities of parameters share."""

from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float

from ..core import kind_of
from ..priors import AbstractPrior
from ._gaussian_start import better_start, gaussian_start, GaussianStart
from ._summaries import check_summary, started_summary, summaries_of


def check_parameters(summary: Any, prior: Any, what: str) -> None:
    """`TypeError` or `ValueError` for what cannot be learned."""
    check_summary(summary)
    if not isinstance(prior, AbstractPrior):
        raise TypeError(
            f"{what} needs the prior of the simulations as its second argument, but {kind_of(prior)} came; "
            "sf.Prior.from_samples(sims.theta, sims.names) makes one of draws"
        )
    discrete = [name for name, classes in zip(prior.names, prior.discrete) if classes]
    if discrete:
        raise ValueError(f"{what} learns densities, but {discrete[0]!r} is discrete; use sf.Ratio for it")


def refuse_other_parameters(prior: AbstractPrior, theta: Any, names: tuple[str, ...]) -> None:
    """`ValueError` where parameters of training rows are not the prior's."""
    if tuple(names) != tuple(prior.names):
        raise ValueError(
            f"the simulations have the parameters {', '.join(names)}, but the prior has {', '.join(prior.names)}; "
            "give the prior that they were drawn from"
        )
    theta = np.asarray(theta)
    outside = ~np.asarray(prior.contains(theta))
    if outside.any():
        at = ", ".join(f"{name}={value:.6g}" for name, value in zip(names, theta[outside][0]))
        raise ValueError(f"{int(outside.sum())} of {len(theta)} simulations lie outside of the prior, such as {at}")


def unconstrained_rows(prior: AbstractPrior, theta: Any, names: tuple[str, ...]) -> Float[np.ndarray, "n p"]:
    """Parameters of training rows on the unconstrained space; `ValueError` where they are not the prior's."""
    refuse_other_parameters(prior, theta, names)
    return np.asarray(prior.to_unconstrained(theta), np.float64)


class Begun(NamedTuple):
    """A started summary, the density that learning starts from, and numbers of its features and of parameters."""

    summary: Any
    start: GaussianStart
    sizes: tuple[int, int]


def begin(
    summary: Any, prior: AbstractPrior, rows: Any, names: tuple[str, ...], *, like: GaussianStart | None = None
) -> Begun:
    """Start a summary from training rows, by regression of the parameters or of their places on the real line.

    Which of both, the rows say, or another start, that this one is to be `like`. The widths of the start are the same
    for all data: they would change by factors while the summary is being learned.
    """
    u = unconstrained_rows(prior, rows.theta, names)
    theta = np.asarray(rows.theta, np.float64)
    in_theta = (True, False) if like is None else (like.prior is not None,)
    summaries = [started_summary(summary, rows.x, theta if own else u) for own in in_theta]
    s = [summaries_of(one, rows.x) for one in summaries]
    starts = [
        gaussian_start(one, u, theta, prior, widths=False) if own else gaussian_start(one, u, widths=False)
        for one, own in zip(s, in_theta)
    ]
    best = better_start(starts, s, u)
    return Begun(summaries[best], starts[best], (starts[best].n_features, u.shape[1]))
