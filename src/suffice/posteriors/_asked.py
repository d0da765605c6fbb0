"""What a posterior is asked for: a share, or points."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Float

from ..core import by_name


def check_share(q: Any) -> None:
    """`ValueError` for what is not one number from 0 to 1.

    >>> check_share([0.1, 0.9])
    Traceback (most recent call last):
    ValueError: q must lie between 0 and 1, one number at a time, but [0.1, 0.9] came
    """
    one = q.item() if getattr(q, "shape", None) == () else q
    if not isinstance(one, int | float | np.number) or not 0 <= one <= 1:
        raise ValueError(f"q must lie between 0 and 1, one number at a time, but {q} came")


def as_points(theta: Any, names: Sequence[str]) -> Float[np.ndarray, "n p"]:
    """Parameter vectors, or a table of them, as an array of doubles; `ValueError` for another shape than `(n, p)`."""
    theta = np.asarray(by_name(theta, names), np.float64)
    if theta.ndim != 2 or theta.shape[1] != len(names):
        raise ValueError(f"theta must have shape (n, {len(names)}), but {theta.shape} came")
    return theta
