"""The choice that `estimator="auto"` makes: the largest lower bound, on rows that judge and then on others.

Critics on ranks and on standardised columns are trained on every fold. A density (a flow, or that of classes) is
trained on the first; where it gives more than they do on its validation rows, beyond the noise, it is trained on the
other folds too and stands beside them. It is also an estimate of its own, the difference of entropies.
"""

import dataclasses
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from ..bounds import JensenShannon
from ..core import Estimate
from ..networks import AbstractCritic, DiscriminantCritic, GaussianCritic
from ._certified import contributions, correction
from ._density_estimates import density_estimate, train_densities
from ._judge import estimate_of, Judged, table_row
from ._plan import Plan
from ._train_critics import critics_for, train_critics, Trained

_PAIRS = 2**15
_PATIENCE = 5


def automatic(plan: Plan, references: Sequence[dict[str, Any]], level: float) -> Estimate:
    """The largest lower bound; the other estimates stand in its table."""
    plan = plan.classes_last
    members = [*plan.members("ranks"), *plan.members("scaled")]
    critics = critics_for(members, plan.critic, base=_closed_form(plan), hidden=plan.hidden, key=plan.key)
    settings = {"negatives": plan.negatives, "batch_size": plan.batch_size, **plan.fit}
    trained, history = train_critics(members, critics, JensenShannon(), key=plan.key, **settings)
    n = len(plan.folds)
    candidates = [trained[k::n] for k in range(n)]
    others, histories = list(references), [history.assign(model="critic")]
    if plan.has_density:
        found, density, history = _second_opinion(plan, candidates[0])
        others.append(table_row("difference of entropies", density_estimate("doe", found, level)))
        histories.append(history.assign(model=density))
        if len(found) == n:
            candidates = [[*own, one] for own, one in zip(candidates, found)]
    told = pd.concat(histories, ignore_index=True)
    return estimate_of([Judged(own) for own in candidates], told, name="auto", level=level, others=others)


def _closed_form(plan: Plan) -> Callable[[Any, Any], AbstractCritic] | None:
    """What the critic starts from: normal variables, or classes of normal numbers."""
    if not all(plan.x.continuous):
        return None
    return GaussianCritic if all(plan.y.continuous) else DiscriminantCritic if plan.y.classes is not None else None


def _second_opinion(plan: Plan, rivals: Sequence[Trained]) -> tuple[list[Trained], str, pd.DataFrame]:
    """The density of the first fold, and of all where that is better than the critics beyond the noise."""
    fit = plan.fit | {"patience": min(plan.fit["patience"], _PATIENCE)}
    plan = dataclasses.replace(plan, density="flow", fit=fit)
    members = plan.members()
    first, history = train_densities(plan, members[:1])
    if len(members) == 1 or _is_better(first[0], rivals):
        rest, later = train_densities(plan, members[1:]) if len(members) > 1 else ([], pd.DataFrame())
        return [*first, *rest], plan.density, pd.concat([history, later], ignore_index=True)
    return first, plan.density, history


def _is_better(one: Trained, rivals: Sequence[Trained]) -> bool:
    def value(trained: Trained) -> tuple[float, float]:
        scores = trained._replace(pairs=_PAIRS).scores("valid")
        h = contributions(scores, correction(scores))
        return float(h.mean()), float(h.std() / math.sqrt(len(h)))

    best = max(value(rival)[0] for rival in rivals)
    mean, error = value(one)
    return bool(np.isfinite(mean)) and mean > best + error
