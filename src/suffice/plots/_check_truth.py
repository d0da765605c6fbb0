"""True values and labels that come with posteriors: as many as there are parameters and posteriors."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np


def check_truth(truth: Any, names: tuple[str, ...]) -> list[float | None]:
    """One true value or None for each parameter, from an array `(p,)` or a mapping of some names.

    >>> check_truth({"b": 2.0}, ("a", "b"))
    [None, 2.0]

    **Raises** `ValueError` for another number of values or an unknown name.
    """
    if truth is None:
        return [None] * len(names)
    if isinstance(truth, Mapping):
        unknown = set(truth) - set(names)
        if unknown:
            raise ValueError(f"truth names {', '.join(sorted(unknown))}; known: {', '.join(names)}")
        return [None if truth.get(name) is None else float(truth[name]) for name in names]
    values = np.asarray(truth, dtype=float)
    if values.shape != (len(names),):
        raise ValueError(
            f"truth must have shape ({len(names)},), one value for each of {', '.join(names)}; got {values.shape}"
        )
    return [float(v) for v in values]


def check_labels(labels: Sequence[str] | None, n: int) -> list[str]:
    """One label for each of n posteriors, empty ones when none are given."""
    if labels is None:
        return [""] * n
    if isinstance(labels, str):
        labels = [labels]
    if len(labels) != n:
        raise ValueError(f"labels must be {n}, one for each posterior; got {len(labels)}")
    return list(labels)
