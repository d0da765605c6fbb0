"""The parameters at which simulations are made, with their names."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np


class Fiducial(NamedTuple):
    """Parameter values `(p,)` and their names."""

    theta: np.ndarray
    names: tuple[str, ...]


def fiducial_of(given: Mapping[str, float] | Any, names: Sequence[str] | None) -> Fiducial:
    """From a dict of named values, or from an array of values.

    >>> fiducial_of({"mean": 0.0, "variance": 1.0}, None).names
    ('mean', 'variance')
    """
    if isinstance(given, Mapping):
        if names is not None and tuple(names) != tuple(given):
            raise ValueError(f"names say {tuple(names)} but fiducial says {tuple(given)}; leave names out")
        given, names = list(given.values()), tuple(given)
    theta = np.asarray(given, np.float64)
    if theta.ndim == 0:
        theta = theta[None]
    if theta.ndim != 1 or not np.isfinite(theta).all():
        raise ValueError(f"fiducial must be one finite number a parameter, (p,), but {np.asarray(given)} came")
    called = tuple(f"theta[{i}]" for i in range(len(theta))) if names is None else tuple(names)
    if len(called) != len(theta) or len(set(called)) != len(called):
        raise ValueError(f"names must be {len(theta)} different names, but {called} came")
    return Fiducial(theta, called)


def width_of(delta: Any, p: int) -> np.ndarray:
    """The full distances θ⁺ - θ⁻ `(p,)`, from one number for all parameters or one for each."""
    width = (
        np.broadcast_to(np.asarray(delta, np.float64), (p,))
        if np.ndim(delta) < 2 and np.size(delta) in (1, p)
        else None
    )
    if width is None or not (np.isfinite(width) & (width > 0)).all():
        raise ValueError(
            f"delta must be positive, one number or {p}: the full distance θ⁺ - θ⁻ of each parameter between its "
            f"lower and its upper simulation; {delta} came"
        )
    return width
