"""Parameters that come as a table whose columns have names."""

from collections import Counter
from collections.abc import Sequence
from typing import Any


def frame_names(theta: Any) -> tuple[str, ...] | None:
    """Names of the columns of a pandas DataFrame; `None` for anything else, and where they are only numbered."""
    columns = list(getattr(theta, "columns", ()))
    return tuple(columns) if columns and all(isinstance(one, str) for one in columns) else None


def by_name(theta: Any, names: Sequence[str]) -> Any:
    """The numbers of a table with its columns in the order of `names`; anything else as it is.

    **Raises** `ValueError` where its columns have other names.
    """
    columns = frame_names(theta)
    if columns is None:
        return theta
    if Counter(columns) != Counter(names):
        raise ValueError(
            f"the columns of the table are {', '.join(columns)}, but the parameters are {', '.join(map(str, names))}; "
            "rename the columns, or pass theta.to_numpy()"
        )
    return (theta[list(names)] if len(set(columns)) == len(columns) else theta).to_numpy()
