"""Which arrays are the data, and which are to be inferred."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..priors import column_names, columns_called
from ._columns import Columns
from ._reading import is_lazy


def selected_x(x: Any, names: str | Sequence[str]) -> Any:
    """One array of `x` for one name, a dict of several for several."""
    if isinstance(names, str):
        return _array(x, names)
    if not names:
        raise ValueError("x must name at least one array, but none came; use x=None to keep all")
    return {name: _array(x, name) for name in names}


def selected_target(sims: Any, names: str | Sequence[str]) -> tuple[Any, tuple[str, ...]]:
    """The columns that `names` mean, as one matrix, and their names."""
    names = (names,) if isinstance(names, str) else tuple(names)
    if not names:
        raise ValueError("target must name at least one parameter or array, but none came")
    parts = [_target(sims, name) for name in names]
    if any(is_lazy(part) for part, _ in parts):
        theta: Any = Columns({name: part for name, (part, _) in zip(names, parts)})
    else:
        flat = [np.asarray(part).reshape(len(sims), -1) for part, _ in parts]
        theta = np.concatenate(flat, axis=1, dtype=np.result_type(*flat, np.float32))
    return theta, tuple(column for _, columns in parts for column in columns)


def _target(sims: Any, name: str) -> tuple[Any, tuple[str, ...]]:
    columns = columns_called(name, sims.names)
    if columns:
        return np.asarray(sims.theta)[:, columns], tuple(sims.names[i] for i in columns)
    if isinstance(sims.x, Mapping) and name in sims.x:
        return sims.x[name], column_names(name, tuple(sims.x[name].shape[1:]))
    if name == "theta":
        return sims.theta, sims.names
    known = [*sims.names, *(sims.x if isinstance(sims.x, Mapping) else ())]
    raise ValueError(f"target names {name!r}, which is no parameter and no array of x; known: {', '.join(known)}")


def _array(x: Any, name: str) -> Any:
    if not isinstance(x, Mapping):
        raise ValueError(f"x is one array without a name, so {name!r} cannot be selected; use x=None")
    if name not in x:
        raise ValueError(f"x has no array called {name!r}; known: {', '.join(x)}")
    return x[name]
