"""Parameters and named quantities that are fixed to given values."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ..priors import AbstractPrior, columns_called


def split_given(
    given: Mapping[str, Any] | None, prior: AbstractPrior, simulator: Callable
) -> tuple[dict[int, float], dict[str, np.ndarray]]:
    """Values by column of theta, and values of quantities, which the simulator must take as `given=`."""
    columns: dict[int, float] = {}
    quantities: dict[str, np.ndarray] = {}
    for name, value in (given or {}).items():
        array = np.asarray(value, float)
        if not np.isfinite(array).all():
            raise ValueError(f"given[{name!r}] must be finite, but {array} came")
        called = columns_called(name, prior.names)
        if called:
            columns |= _by_column(name, array, called)
        else:
            quantities[name] = np.asarray(value)
    if quantities and not _takes_given(simulator):
        raise ValueError(
            f"given names {', '.join(map(repr, quantities))}, no parameter of the prior "
            f"({', '.join(prior.names)}); a "
            "quantity inside of a simulator can be fixed if it is written as simulator(key, theta, given={}) "
            "and uses given[name] where it is there"
        )
    return columns, quantities


def fix_columns(theta: np.ndarray, columns: dict[int, float], prior: AbstractPrior) -> np.ndarray:
    """`theta` with some columns fixed. **Raises** `ValueError` when that leaves the prior."""
    if not columns:
        return theta
    fixed = theta.copy()
    fixed[:, list(columns)] = list(columns.values())
    outside = ~np.asarray(prior.contains(fixed[:1000]))
    if outside.any():
        told = ", ".join(f"{prior.names[i]}={value:g}" for i, value in columns.items())
        raise ValueError(f"given values lie outside of the prior: {told}")
    return fixed


def _by_column(name: str, array: np.ndarray, called: list[int]) -> dict[int, float]:
    values = np.broadcast_to(array, (len(called),)) if array.size == 1 else array.reshape(-1)
    if len(values) != len(called):
        raise ValueError(f"given[{name!r}] needs one number or {len(called)}, but {array.shape} came")
    return dict(zip(called, values.tolist()))


def _takes_given(simulator: Callable) -> bool:
    try:
        parameters = inspect.signature(simulator).parameters
    except (TypeError, ValueError):
        return False
    return "given" in parameters or any(p.kind is p.VAR_KEYWORD for p in parameters.values())
