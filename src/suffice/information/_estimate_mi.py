"""Mutual information of any two variables, measured on rows that nothing was learned or chosen from.

A critic f(x, y) learns the log-ratio log p(x, y) / p(x) p(y); `_certified.py` turns it into a lower bound with an
interval. What is reported bounds I(x; y) from below: no method that knows only samples can give a lower bound above
O(log N) (McAllester & Stratos 2020, arXiv:1811.04251), nor an upper bound at all.
"""

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from ..bounds import AbstractBound, registry
from ..core import as_key, Estimate, KeyLike
from ..networks import AbstractCritic
from . import _hybrids as _hybrids, _quantised as _quantised  # they file their estimators
from ._automatic import automatic
from ._binned import binned_mi, kmeans_mi
from ._closed_forms import discrete_mi, gaussian_mi
from ._density_estimates import density_estimate, DENSITY_VALUES, train_densities
from ._folds import batch_size_for, folds_of, seed_of
from ._interval import in_unit
from ._judge import estimate_of, Judged, table_row
from ._neighbours import ksg
from ._plan import Plan, trainers
from ._train_critics import critics_for, train_critics, Trained
from ._variables import refuse_few, two_variables, Variable

_CLOSED: dict[str, Any] = {
    "ksg": ksg,
    "gaussian": gaussian_mi,
    "discrete": discrete_mi,
    "binned": binned_mi,
    "kmeans": kmeans_mi,
}


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
    negatives: int | None = 8,
    density: str = "mixture",
    clusters: int | None = None,
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
    - `estimator`: `"auto"`, or the bound that teaches the critic (`sf.bounds.registry.names`, or an instance); or
      of a density `"doe"`, `"club"`, `"l1out"`; or of a density and a critic `"reweighed"`, `"resampled"`; or by
      symbols for x, those of k-means `"pq"` or learned ones `"vq"`; or without any network `"ksg"`, `"gaussian"`,
      `"discrete"`, `"binned"`, `"kmeans"`.
    - `key`: the same seed gives the same number.
    - `folds`: so many times other rows are set apart to measure on; with 1, a fifth of the rows.
    - `valid`: share of the remaining rows that decides when to stop.
    - `critic`: `"joint"`, `"separable"`, `"bilinear"`, or a critic of your own.
    - `hidden`: widths of its layers.
    - `negatives`: pairs that do not belong together for each that does; `None` for all of a batch.
    - `density`: `"normal"`, `"mixture"` or `"flow"` of y given x, for estimates that need one; discrete variables
      have their own.
    - `clusters`: symbols of `"pq"` and `"vq"`, cells of `"kmeans"`, bins of a column of `"binned"`; by the number of
      rows unless told.
    - `batch_size`: rows in a step; by the number of rows unless told.
    - `learning_rate`, `max_epochs`, `patience`: as in `sf.fit`.
    - `level`: of the interval. It is about the reported lower bound, and tells nothing of how far below I(x; y)
      that is.
    - `bits`: in bits rather than nats.
    - `progress`: show a bar on standard error.

    **Returns:** an `Estimate` whose `details` are a `MutualInformation`. `"auto"` trains critics on ranks and on
    standardised columns, with the log-ratio of normal variables as a part of them, and a flow; each fold takes what
    is best on validation rows. Its table has quick references too, and its `says` tells which of them disagree.

    >>> import numpy as np
    >>> x = np.random.default_rng(0).normal(size=(400, 2))
    >>> sf_estimate = estimate_mi(x[:, 0], x.sum(axis=1), "gaussian")
    >>> 0.2 < sf_estimate.value < 0.5
    True
    """
    one, other = two_variables(x, y)
    _refuse(one, other, folds, valid, level)
    if isinstance(estimator, str) and estimator in _CLOSED:
        options = {"bins": clusters} if estimator in ("binned", "kmeans") else {}
        return in_unit(_CLOSED[estimator](x, y, level=level, **options), bits)
    if estimator == "auto" and one.classes is not None and other.classes is not None:
        return in_unit(discrete_mi(x, y, level=level), bits)
    key = as_key(key)
    parts = folds_of(len(one), folds, valid, seed_of(key))
    plan = Plan(
        one,
        other,
        parts,
        key,
        critic=critic,
        hidden=tuple(hidden),
        negatives=negatives,
        density=density,
        clusters=clusters,
        batch_size=batch_size or batch_size_for(len(parts[0].train)),
        fit={"learning_rate": learning_rate, "max_epochs": max_epochs, "patience": patience, "progress": progress},
    )
    return in_unit(_estimate(estimator, plan, x, y, level), bits)


def _estimate(estimator: str | AbstractBound, plan: Plan, x: Any, y: Any, level: float) -> Estimate:
    if estimator == "auto":
        return automatic(plan, _references(x, y, plan, level), level)
    if isinstance(estimator, str) and estimator in DENSITY_VALUES:
        return _from_density(estimator, plan.classes_last, level)
    name = estimator if isinstance(estimator, str) else type(estimator).__name__
    if isinstance(estimator, str) and estimator in trainers.names:
        trained, history = trainers.get(estimator)(plan)
    else:
        trained, history = _by_bound(_bound(estimator) if isinstance(estimator, str) else estimator, plan)
    return estimate_of([Judged([one]) for one in trained], history, name=name, level=level)


def _by_bound(bound: AbstractBound, plan: Plan) -> tuple[list[Trained], pd.DataFrame]:
    members = plan.members()
    critics = critics_for(members, plan.critic, hidden=plan.hidden, key=plan.key)
    settings = {"negatives": plan.negatives, "batch_size": plan.batch_size, **plan.fit}
    return train_critics(members, critics, bound, key=plan.key, **settings)


def _bound(name: str) -> AbstractBound:
    if name not in registry.names:
        known = ", ".join(["auto", *registry.names, *DENSITY_VALUES, *trainers.names, *_CLOSED])
        raise ValueError(f"no estimator is called {name!r}; known: {known}")
    made: Any = registry.get(name)
    return made()


def _from_density(name: str, plan: Plan, level: float) -> Estimate:
    trained, history = train_densities(plan, plan.members())
    own = density_estimate(name, trained, level)
    judged = [Judged([one]) for one in trained]
    certified = estimate_of(judged, history, name="lower bound of the same density", level=level)
    table = pd.concat([pd.DataFrame([table_row(name, own)]), certified.details.table], ignore_index=True)
    return dataclasses.replace(own, details=dataclasses.replace(certified.details, table=table))


def _references(x: Any, y: Any, plan: Plan, level: float) -> list[dict[str, Any]]:
    """Quick ones without networks, where they make sense."""
    found = []
    if all(plan.x.continuous) and all(plan.y.continuous):
        found.append(table_row("gaussian", gaussian_mi(x, y, level=level)))
    discrete = plan.x.classes is not None or plan.y.classes is not None
    if plan.x.numbers.shape[1] + plan.y.numbers.shape[1] <= 6 or discrete:
        found.append(table_row("ksg", ksg(x, y, level=level)))
    return found


def _refuse(x: Variable, y: Variable, folds: int, valid: float, level: float) -> None:
    refuse_few(x)
    if folds < 1 or not 0 < valid < 0.5 or not 0 < level < 1:
        raise ValueError(
            f"folds must be at least 1, valid between 0 and 0.5, level between 0 and 1; {folds}, {valid}, {level} came"
        )
    for variable, name in ((x, "x"), (y, "y")):
        if np.ptp(variable.numbers, axis=0).max() == 0:
            raise ValueError(f"{name} never varies, so it holds no information")
