"""Options that are passed on to fits, looked at before anything is computed."""

import difflib
import inspect
import operator
from collections.abc import Callable, Mapping
from typing import Any

_COUNTS = ("max_epochs", "patience", "plateau", "batch_size")


def refuse_options(options: Mapping[str, Any], fit: Callable, without: tuple[str, ...] = ()) -> None:
    """`TypeError` for an option that `fit` does not have, `ValueError` for counts below one.

    - `without`: options of `fit` that make no sense here.
    """
    every = inspect.signature(fit).parameters.items()
    known = [name for name, one in every if one.default is not inspect.Parameter.empty and name not in without]
    for name, value in options.items():
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            meant = f" (did you mean {near[0]!r}?)" if near else ""
            raise TypeError(f"there is no option {name!r}{meant}; there are {', '.join(known)}")
        if name in _COUNTS and not _is_count(value):
            raise ValueError(f"{name} must be a whole number from 1, but {value!r} came")


def _is_count(value: Any) -> bool:
    try:
        return operator.index(value) >= 1
    except TypeError:
        return False
