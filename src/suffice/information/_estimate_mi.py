"""Mutual information of any two variables, measured on rows that nothing was learned or chosen from.

A critic f(x, y) learns the log-ratio log p(x, y) / p(x) p(y); `_certified.py` turns it into a lower bound with an
interval. What is reported bounds I(x; y) from below: no method that knows only samples can give a lower bound above
O(log N) (McAllester & Stratos 2020, arXiv:1811.04251), nor an upper bound at all.
"""

import dataclasses
from collections.abc import Sequence
from typing import Any

import jax
import numpy as np
import pandas as pd
from jaxtyping import Float

from ..bounds import AbstractBound, JensenShannon, registry
from ..core import as_key, Estimate, KeyLike, warn
from ..networks import AbstractCritic
from ._certified import contributions, Correction, correction, Evaluation, evaluations
from ._closed_forms import discrete_mi, gaussian_mi
from ._density_estimates import density_estimate, DENSITY_VALUES, train_densities
from ._folds import Fold, folds_of
from ._interval import around, in_unit
from ._neighbours import ksg
from ._scores import score
from ._train_critics import member_of, train_critics, Trained
from ._variables import two_variables, Variable

_REFERENCE = 2048
_CLOSED: dict[str, Any] = {"ksg": ksg, "gaussian": gaussian_mi, "discrete": discrete_mi}


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
    """

    table: pd.DataFrame
    history: pd.DataFrame
    rows: np.ndarray
    pointwise: Float[np.ndarray, " n"]
    contributions: Float[np.ndarray, " n"]
    normaliser: float
    ess: float
    ratios: tuple[Trained, ...]


def estimate_mi(
    x: Any,
    y: Any,
    estimator: str | AbstractBound = "auto",
    *,
    key: KeyLike = 0,
    folds: int = 5,
    valid: float = 0.1,
    critic: str | AbstractCritic = "joint",
    hidden: Sequence[int] = (64, 64),
    negatives: int | None = 16,
    batch_size: int | None = None,
    learning_rate: float = 2e-3,
    max_epochs: int = 100,
    patience: int = 8,
    level: float = 0.95,
    bits: bool = False,
    progress: bool = True,
) -> Estimate:
    """Mutual information of `x` and `y`: a lower bound with its interval, in nats.

    **Arguments:**

    - `x`, `y`: the same rows of two variables: arrays `(n,)` or `(n, ...)`, data frames, lists. Texts, booleans and
      small integers are taken as classes.
    - `estimator`: `"auto"`, or the bound that teaches the critic (`sf.bounds.registry.names`, or an instance), or
      a density (`"doe"`, `"club"`, `"l1out"`), or without any network `"ksg"`, `"gaussian"`, `"discrete"`.
    - `key`: the same seed gives the same number.
    - `folds`: so many times other rows are set apart to measure on; with 1, a fifth of the rows.
    - `valid`: share of the remaining rows that decides when to stop.
    - `critic`: `"joint"`, `"separable"`, `"bilinear"`, or a critic of your own.
    - `hidden`: widths of its layers.
    - `negatives`: pairs that do not belong together for each that does; `None` for all of a batch.
    - `batch_size`: rows in a step; by the number of rows unless told.
    - `learning_rate`, `max_epochs`, `patience`: as in `sf.fit`.
    - `level`: of the interval. It is about the reported lower bound, and tells nothing of how far below I(x; y)
      that is.
    - `bits`: in bits rather than nats.
    - `progress`: show a bar on standard error.

    **Returns:** an `Estimate` whose `details` are a `MutualInformation`.

    >>> import numpy as np
    >>> x = np.random.default_rng(0).normal(size=(400, 2))
    >>> sf_estimate = estimate_mi(x[:, 0], x.sum(axis=1), "gaussian")
    >>> 0.2 < sf_estimate.value < 0.5
    True
    """
    one, other = two_variables(x, y)
    _refuse(one, other, folds, valid, level)
    if isinstance(estimator, str) and estimator in _CLOSED:
        return in_unit(_CLOSED[estimator](x, y, level=level), bits)
    if estimator == "auto" and one.classes is not None and other.classes is not None:
        return in_unit(discrete_mi(x, y, level=level), bits)
    key = as_key(key)
    seed = int(np.asarray(jax.random.key_data(jax.random.fold_in(key, 7))).ravel()[-1])
    parts = folds_of(len(one), folds, valid, seed)
    size = batch_size or int(np.clip(len(parts[0].train) // 30, 64, 512))
    settings = {"learning_rate": learning_rate, "max_epochs": max_epochs, "patience": patience, "progress": progress}
    settings |= {"critic": critic, "hidden": tuple(hidden), "negatives": negatives, "batch_size": size, "key": key}
    automatic = estimator == "auto"
    scales = ("ranks", "scaled") if automatic else ("ranks",)
    base = automatic and not isinstance(critic, AbstractCritic)
    if estimator in DENSITY_VALUES:
        return in_unit(_from_density(str(estimator), one, other, parts, level, settings), bits)
    bound = _bound(estimator) if isinstance(estimator, str) else estimator
    members = [member_of(one, other, fold, scale) for scale in scales for fold in parts]
    trained, history = train_critics(members, bound, base=base, **settings)
    references = _references(x, y, one, other, level) if estimator == "auto" else []
    name = estimator if isinstance(estimator, str) else type(estimator).__name__
    return in_unit(_judged(trained, folds, history, references, name, level), bits)


def _bound(name: str) -> AbstractBound:
    if name == "auto":
        return JensenShannon()
    if name not in registry.names:
        known = ", ".join(["auto", *registry.names, *DENSITY_VALUES, *_CLOSED])
        raise ValueError(f"no estimator is called {name!r}; known: {known}")
    made: Any = registry.get(name)
    return made()


def _from_density(
    name: str, x: Variable, y: Variable, parts: list[Fold], level: float, settings: dict[str, Any]
) -> Estimate:
    kept = {k: v for k, v in settings.items() if k not in ("critic", "negatives")}
    members = [member_of(x, y, fold, "ranks") for fold in parts]
    trained, history = train_densities(members, components=8, **kept)
    own = density_estimate(name, trained, level)
    certified = _judged(trained, len(parts), history, [], "lower bound of the same density", level)
    table = pd.concat([pd.DataFrame([_row(name, own)]), certified.details.table], ignore_index=True)
    return dataclasses.replace(own, details=dataclasses.replace(certified.details, table=table))


class _Fold:
    """A fold's candidates: the critic with the largest bound on validation rows measures on the test rows."""

    def __init__(self, candidates: Sequence[Trained]):
        judged = [(correction(self._scores(one, "valid")), one) for one in candidates]
        self.chosen, self.trained = max(judged, key=lambda pair: pair[0].value)
        self.scores = self._scores(self.trained, "test")
        self.h = contributions(self.scores, self.chosen)
        self.others: Evaluation = evaluations(self.scores, self.chosen)

    @staticmethod
    def _scores(one: Trained, part: str) -> Any:
        rows = getattr(one.member.fold, part)
        reference = None
        if not one.normalised:  # known up to a function of x, which training rows give
            reference = one.member.y[one.member.fold.train[:_REFERENCE]]
        return score(one.ratio, one.member.x[rows], one.member.y[rows], reference)


def _judged(
    trained: list[Trained], folds: int, history: pd.DataFrame, references: list[dict], name: str, level: float
) -> Estimate:
    judged = [_Fold(trained[k::folds]) for k in range(folds)]
    h = np.concatenate([fold.h for fold in judged])
    rows = np.concatenate([fold.trained.member.fold.test for fold in judged])
    pointwise = np.concatenate([fold.chosen(fold.scores.joint) for fold in judged])
    found = around(h, "lower", level=level, label="I(x; y)")
    others = {field: float(np.mean([getattr(fold.others, field) for fold in judged])) for field in Evaluation._fields}
    table = pd.DataFrame([_row(name, found), *_same_critic(others), *references])
    details = MutualInformation(
        table=table,
        history=history,
        rows=rows,
        pointwise=pointwise,
        contributions=h,
        normaliser=others["normaliser"],
        ess=others["ess"],
        ratios=tuple(fold.trained for fold in judged),
    )
    _warn(found, others, [fold.chosen for fold in judged])
    return dataclasses.replace(found, details=details)


def _row(name: str, estimate: Estimate) -> dict[str, Any]:
    numbers = {"value": estimate.value, "low": estimate.low, "high": estimate.high}
    return {"estimate": name, "kind": estimate.kind} | numbers


def _same_critic(others: dict[str, float]) -> list[dict[str, Any]]:
    named = {"plug-in": "point", "donsker_varadhan": "point", "infonce": "lower", "smile": "point"}
    return [
        {"estimate": f"same critic, {n}", "kind": kind, "value": others[n.replace("-", "_")]}
        for n, kind in named.items()
    ]


def _references(x: Any, y: Any, one: Variable, other: Variable, level: float) -> list[dict[str, Any]]:
    """Quick ones without networks, where they make sense."""
    found = [_row("gaussian", gaussian_mi(x, y, level=level))]
    if one.numbers.shape[1] + other.numbers.shape[1] <= 6 or one.classes is not None or other.classes is not None:
        found.append(_row("ksg", ksg(x, y, level=level)))
    return found


def _warn(found: Estimate, others: dict[str, float], chosen: list[Correction]) -> None:
    if found.value > others["ceiling"] - 0.5:
        warn(
            f"the estimate of {found.value:.2f} nats is near the ceiling of InfoNCE, log(pairs) = "
            f"{others['ceiling']:.2f}; more rows are needed to see more"
        )
    if others["ess"] < 0.01 and found.value > 1:
        warn(
            f"the mean of exp f over pairs rests on {100 * others['ess']:.2g} % of them: few pairs decide, and the "
            "interval may be too narrow"
        )
    if all(one.temper == 0 for one in chosen):
        warn("no critic found any dependence on held-out rows; the bound is zero")


def _refuse(x: Variable, y: Variable, folds: int, valid: float, level: float) -> None:
    if len(x) < 50:
        raise ValueError(f"{len(x)} rows came, but at least 50 are needed to learn and to measure")
    if folds < 1 or not 0 < valid < 0.5 or not 0 < level < 1:
        raise ValueError(
            f"folds must be at least 1, valid between 0 and 0.5, level between 0 and 1; {folds}, {valid}, {level} came"
        )
    for variable, name in ((x, "x"), (y, "y")):
        if np.ptp(variable.numbers, axis=0).max() == 0:
            raise ValueError(f"{name} never varies, so it holds no information")
