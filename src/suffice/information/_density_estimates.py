"""Estimates of mutual information from a density q(y | x), trained fold by fold and measured on the other rows."""

from collections.abc import Callable, Sequence
from typing import Any

import equinox as eqx
import jax
import numpy as np
import pandas as pd

from ..bounds import club, DensityCritic, difference_of_entropies, Generative, leave_one_out
from ..core import Estimate
from ..networks import ConditionalMixture
from ..train import fit_members
from ._interval import around
from ._scores import score, Scores
from ._train_critics import Member, sources_of, Trained

Value = Callable[[Scores, Scores], np.ndarray]

# From scores of log q(y | x) and of the log-ratio to one number a row, and what their mean bounds.
DENSITY_VALUES: dict[str, tuple[Any, Value]] = {
    "doe": ("point", lambda q, ratio: difference_of_entropies(q.joint, q.joint - ratio.joint)),
    "club": ("upper", lambda q, ratio: club(q.joint, q.product, q.column)),
    "l1out": ("upper", lambda q, ratio: leave_one_out(q.joint, q.column)),
}


@eqx.filter_jit
def _density(n_x: int, n_y: int, components: int, hidden: tuple[int, ...], key: Any) -> ConditionalMixture:
    return ConditionalMixture(n_x, n_y, components=components, hidden=hidden, key=key)


def train_densities(
    members: Sequence[Member], *, components: int, hidden: Sequence[int], batch_size: int, key: Any, **settings: Any
) -> tuple[list[Trained], pd.DataFrame]:
    """log q(y | x) - log q(y) of each member, and the history."""
    objectives = []
    for i, member in enumerate(members):
        first, second = jax.random.split(jax.random.fold_in(key, i))
        n_x, n_y = member.x.shape[1], member.y.shape[1]
        conditional = _density(n_x, n_y, components, tuple(hidden), first)
        marginal = _density(0, n_y, components, tuple(hidden), second)
        objectives.append(Generative(DensityCritic(conditional, marginal)))
    fits = fit_members(objectives, [sources_of(member, batch_size) for member in members], key=key, **settings)
    found = [Trained(member, trained.log_ratio, True) for member, trained in zip(members, fits.objectives)]
    return found, fits.history


def density_estimate(name: str, trained: Sequence[Trained], level: float) -> Estimate:
    """The formula of that name on the test rows of all folds."""
    kind, value = DENSITY_VALUES[name]
    terms = []
    for one in trained:
        rows = one.member.fold.test
        density = DensityCritic(one.ratio.conditional, None)  # pyright: ignore[reportAttributeAccessIssue]
        q, ratio = (score(critic, one.member.x[rows], one.member.y[rows]) for critic in (density, one.ratio))
        terms.append(value(q, ratio))
    return around(np.concatenate(terms), kind, level=level, label="I(x; y)")
