"""From trained log-ratios to one number: each fold chooses on validation rows and measures on test rows."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Float

from ..core import Estimate, warn
from ._certified import contributions, Correction, correction, Evaluation, evaluations
from ._interval import around
from ._train_critics import Trained


@dataclasses.dataclass(frozen=True)
class MutualInformation:
    """What `estimate_mi` found beside the number; its `details`.

    - `table`: every estimate that was made, one a row, with what it is a bound of.
    - `history`: the training, one row an epoch and fold.
    - `rows`, `pointwise`: row numbers and, for each, the held-out log p(x, y) / p(x) p(y) in nats: the PMI profile.
    - `contributions`: for each of the rows, what it adds to the estimate, which is their mean.
    - `normaliser`: the mean of exp f over pairs that do not belong together, 1 for the log-ratio.
    - `ess`: the share of those pairs that effectively make up that mean.
    - `ratios`: the trained log-ratio of each fold.
    - `says`: whether the estimates agree, in words.
    """

    table: pd.DataFrame
    history: pd.DataFrame
    rows: np.ndarray
    pointwise: Float[np.ndarray, " n"]
    contributions: Float[np.ndarray, " n"]
    normaliser: float
    ess: float
    ratios: tuple[Trained, ...]
    says: str = ""


class Judged:
    """A fold's candidates: the log-ratio with the largest bound on validation rows measures on the test rows."""

    def __init__(self, candidates: Sequence[Trained]):
        judged = [(correction(one.scores("valid")), one) for one in candidates]
        self.chosen, self.trained = max(judged, key=lambda pair: pair[0].value)
        self.scores = self.trained.scores("test")
        self.h = contributions(self.scores, self.chosen)
        self.others: Evaluation = evaluations(self.scores, self.chosen)


def estimate_of(
    judged: Sequence[Judged],
    history: pd.DataFrame,
    *,
    name: str,
    level: float,
    others: Sequence[dict[str, Any]] = (),
) -> Estimate:
    """The pooled lower bound of all folds, with its `MutualInformation`; `others` are further rows of its table."""
    h = np.concatenate([fold.h for fold in judged])
    found = around(h, "lower", level=level, label="I(x; y)")
    means = {field: float(np.mean([getattr(fold.others, field) for fold in judged])) for field in Evaluation._fields}
    table = pd.DataFrame([table_row(name, found), *_same_critic(means), *others])
    details = MutualInformation(
        table=table,
        history=history,
        rows=np.concatenate([fold.trained.member.fold.test for fold in judged]),
        pointwise=np.concatenate([fold.chosen(fold.scores.joint) for fold in judged]),
        contributions=h,
        normaliser=means["normaliser"],
        ess=means["ess"],
        ratios=tuple(fold.trained for fold in judged),
        says=_agreement(found, others),
    )
    _warn(found, means, [fold.chosen for fold in judged])
    return dataclasses.replace(found, details=details)


def table_row(name: str, estimate: Estimate) -> dict[str, Any]:
    """One row of the table."""
    numbers = {"value": estimate.value, "low": estimate.low, "high": estimate.high}
    return {"estimate": name, "kind": estimate.kind} | numbers


def _same_critic(means: dict[str, float]) -> list[dict[str, Any]]:
    named = {"plug-in": "point", "donsker_varadhan": "point", "infonce": "lower", "smile": "point"}
    return [
        {"estimate": f"same critic, {n}", "kind": kind, "value": means[n.replace("-", "_")]}
        for n, kind in named.items()
    ]


def _agreement(found: Estimate, others: Sequence[dict[str, Any]]) -> str:
    """Which of the other estimates lie apart from this one by more than both intervals allow."""
    if not others:
        return ""
    above = [row for row in others if row["low"] > found.high]
    below = [row for row in others if row["high"] < found.low]
    told = []
    if above:
        told.append(f"above the interval of the lower bound: {_listed(above)}; I(x; y) may be larger than reported")
    if below:
        told.append(f"below it: {_listed(below)}, which cannot follow this dependence")
    return "; ".join(told) if told else "all estimates agree within their intervals"


def _listed(rows: Sequence[dict[str, Any]]) -> str:
    return ", ".join(f"{row['estimate']} {row['value']:.3f} ({row['low']:.3f} to {row['high']:.3f})" for row in rows)


def _warn(found: Estimate, means: dict[str, float], chosen: list[Correction]) -> None:
    if found.value > means["ceiling"] - 0.5:
        warn(
            f"the estimate of {found.value:.2f} nats is near the ceiling of InfoNCE, log(pairs) = "
            f"{means['ceiling']:.2f}; more rows are needed to see more"
        )
    if means["ess"] < 0.01 and found.value > 1:
        warn(
            f"the mean of exp f over pairs rests on {100 * means['ess']:.2g} % of them: few pairs decide, and the "
            "interval may be too narrow"
        )
    if all(one.temper == 0 for one in chosen):
        warn("no critic found any dependence on held-out rows; the bound is zero")
