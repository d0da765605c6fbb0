"""Estimates from densities, trained fold by fold, side by side."""

from collections.abc import Callable, Sequence
from typing import Any

import equinox as eqx
import jax
import numpy as np
import pandas as pd

from ..bounds import (
    AbstractDensityCritic,
    ClassCritic,
    club,
    ConditionalOf,
    FlowCritic,
    Generative,
    leave_one_out,
    MixtureCritic,
)
from ..core import Estimate
from ..networks import ConditionalFlow, ConditionalMixture, Stack
from ..train import fit_members
from ._interval import around
from ._plan import Plan
from ._rows import on_rows
from ._scores import PAIRS, score, Scores
from ._train_critics import Member, Trained

# What the mean over rows bounds; the upper ones from scores of log q(y | x) on all pairs of many rows.
DENSITY_VALUES: dict[str, Any] = {"doe": "point", "club": "upper", "l1out": "upper"}
_OF_PAIRS: dict[str, Callable[[Scores], np.ndarray]] = {
    "club": lambda q: club(q.joint, q.product, q.column),
    "l1out": lambda q: leave_one_out(q.joint, q.column),
}


def _normal(member: Member, hidden: tuple[int, ...], key: Any) -> AbstractDensityCritic:
    return _mixtures(*_sizes(member), 1, hidden, key)


def _mixture(member: Member, hidden: tuple[int, ...], key: Any) -> AbstractDensityCritic:
    return _mixtures(*_sizes(member), 8, hidden, key)


def _flow(member: Member, hidden: tuple[int, ...], key: Any) -> AbstractDensityCritic:
    n_x, n_y = _sizes(member)
    flow = ConditionalFlow(n_x + 1, n_y, layers=2, width=hidden[0], depth=max(1, len(hidden) - 1), key=key)
    return FlowCritic.of(member.x[member.fold.train], member.y[member.fold.train], flow)


def _classes(member: Member, hidden: tuple[int, ...], key: Any) -> AbstractDensityCritic:
    return ClassCritic.of(member.y[member.fold.train], _classifier(*_sizes(member), hidden, key))


DENSITIES: dict[str, Callable[[Member, tuple[int, ...], Any], AbstractDensityCritic]] = {
    "normal": _normal,
    "mixture": _mixture,
    "flow": _flow,
    "classes": _classes,
}
_PAIRS_OF_FLOWS = 2**16  # a flow is evaluated anew for each pair


def _sizes(member: Member) -> tuple[int, int]:
    return member.x.shape[1], member.y.shape[1]


@eqx.filter_jit
def _mixtures(n_x: int, n_y: int, components: int, hidden: tuple[int, ...], key: Any) -> MixtureCritic:
    """Compiled once for all folds, rather than once for each layer."""
    first, second = jax.random.split(key)
    sizes = {"components": components, "hidden": hidden}
    return MixtureCritic(
        ConditionalMixture(n_x, n_y, key=first, **sizes), ConditionalMixture(0, n_y, key=second, **sizes)
    )


@eqx.filter_jit
def _classifier(n_x: int, n_y: int, hidden: tuple[int, ...], key: Any) -> Stack:
    return Stack(n_x, n_y, width=hidden[0], depth=len(hidden), last=0.1, key=key)


def density_for(plan: Plan) -> str:
    """That of classes where y is discrete."""
    if plan.density not in DENSITIES:
        raise ValueError(f"density must be one of {', '.join(DENSITIES)}, but {plan.density!r} came")
    if plan.y.classes is not None:
        return "classes"
    if plan.density == "classes":
        raise ValueError("density='classes' needs a discrete variable, and both are continuous")
    if not all(plan.y.continuous):
        raise ValueError("y mixes continuous and discrete columns, of which there is no density; use 'auto' or a bound")
    return plan.density


def train_densities(plan: Plan, members: Sequence[Member]) -> tuple[list[Trained], pd.DataFrame]:
    """log q(y | x) - log q(y) of each member, and the history."""
    density = density_for(plan)
    own = [DENSITIES[density](m, plan.hidden, jax.random.fold_in(plan.key, i)) for i, m in enumerate(members)]
    sources = [member.sources(plan.batch_size) for member in members]
    fits = fit_members([Generative(critic) for critic in own], sources, key=plan.key, **plan.fit)
    pairs = _PAIRS_OF_FLOWS if density == "flow" else PAIRS
    found = [Trained(m, trained.log_ratio, pairs=pairs) for m, trained in zip(members, fits.objectives)]
    return found, fits.history


def density_estimate(name: str, trained: Sequence[Trained], level: float) -> Estimate:
    """The formula of that name on the test rows of all folds."""
    terms = []
    for one in trained:
        x, y = (side[one.member.fold.test] for side in (one.member.x, one.member.y))
        assert isinstance(one.ratio, AbstractDensityCritic)
        if name == "doe":  # log q(y | x) - log q(y) is the log-ratio itself
            terms.append(on_rows(one.ratio, x, y))
        else:
            terms.append(_OF_PAIRS[name](score(ConditionalOf(one.ratio), x, y, pairs=one.pairs)))
    return around(np.concatenate(terms), DENSITY_VALUES[name], level=level, label="I(x; y)")
