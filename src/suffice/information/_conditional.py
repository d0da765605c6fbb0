"""Conditional mutual information by the chain rule, I(x; y | z) = I(x; y, z) - I(x; z)."""

import math
import warnings
from typing import Any

import numpy as np
import pandas as pd

from ..core import Estimate
from ._estimate_mi import estimate_mi
from ._interval import around, in_unit
from ._variables import as_variable


def conditional_mi(x: Any, y: Any, given: Any, *, level: float = 0.95, bits: bool = False, **options: Any) -> Estimate:
    """What y says of x that `given` does not say already, in nats.

    Both terms are measured on the same rows, and the interval is that of their difference row by row. A difference of
    two lower bounds is no bound.

    **Arguments:** `x`, `y`, `given`: the same rows of three variables; `options`: those of `sf.estimate_mi`.

    **Returns:** an `Estimate` of kind `"point"`, whose `details` are the two of the chain.
    """
    both = np.concatenate([as_variable(part, name).numbers for part, name in ((y, "y"), (given, "given"))], axis=1)
    one, other = (estimate_mi(x, part, level=level, **options) for part in (both, given))
    if one.details is None or other.details is None:
        half = math.hypot(one.high - one.value, other.high - other.value)
        value = one.value - other.value
        found = Estimate(value, value - half, value + half, level, "point", label="I(x; y | z)")
    else:
        terms = one.details.contributions - other.details.contributions
        found = around(terms, "point", level=level, label="I(x; y | z)", details=(one.details, other.details))
    return in_unit(found, bits)


def mi_table(variables: dict[str, Any], **options: Any) -> pd.DataFrame:
    """Mutual information of every pair of named variables, one pair a row, the largest first.

    **Arguments:** `variables`: the same rows of each, by name; `options`: those of `sf.estimate_mi`.
    """
    names = list(variables)
    if len(names) < 2:
        raise ValueError(f"a table of pairs needs at least two variables, but {len(names)} came")
    rows = []
    for i, first in enumerate(names):
        for second in names[i + 1 :]:
            with warnings.catch_warnings():  # that a pair has nothing to say stands in the table
                warnings.filterwarnings("ignore", message="no critic found")
                found = estimate_mi(variables[first], variables[second], **options)
            numbers = {"value": found.value, "low": found.low, "high": found.high}
            rows.append({"x": first, "y": second, "kind": found.kind} | numbers | {"unit": found.unit})
    return pd.DataFrame(rows).sort_values("value", ascending=False, ignore_index=True)
