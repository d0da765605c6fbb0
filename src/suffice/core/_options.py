"""Options that are passed on to another function, looked at before anything is computed."""

import difflib
import inspect
from collections.abc import Callable, Mapping
from typing import Any

from ._whole import check_whole

_COUNTS = ("max_epochs", "patience", "plateau", "batch_size", "ensemble")


def check_options(options: Mapping[str, Any], function: Callable, without: tuple[str, ...] = ()) -> None:
    """`TypeError` for an option that a function does not have, `ValueError` for counts of a fit below one.

    - `without`: options of `function` that make no sense here.

    >>> check_options({"ndigit": 3}, round)
    Traceback (most recent call last):
    TypeError: there is no option 'ndigit' (did you mean 'ndigits'?); there are ndigits
    """
    every = inspect.signature(function).parameters.items()
    known = [name for name, one in every if one.default is not inspect.Parameter.empty and name not in without]
    for name, value in options.items():
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            meant = f" (did you mean {near[0]!r}?)" if near else ""
            raise TypeError(f"there is no option {name!r}{meant}; there are {', '.join(known)}")
        if name in _COUNTS:
            check_whole(**{name: value})
