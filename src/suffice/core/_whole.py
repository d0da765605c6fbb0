"""One check of whole numbers, for sizes and counts."""

from typing import Any

import numpy as np


def check_whole(least: int = 1, **values: Any) -> None:
    """`ValueError` for values that are not whole numbers of at least `least`; the names are those of the arguments.

    >>> check_whole(width=64, depth=2)
    >>> check_whole(width=2.5)
    Traceback (most recent call last):
    ValueError: width must be a whole number of at least 1, but 2.5 came
    """
    for name, value in values.items():
        if isinstance(value, bool | np.bool_) or not isinstance(value, int | np.integer) or value < least:
            raise ValueError(f"{name} must be a whole number of at least {least}, but {value!r} came")
