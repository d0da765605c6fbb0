"""What every check does with its rows first: look at the shape, leave out what is not finite."""

from collections.abc import Sequence

import numpy as np

from ..core import warn
from ..simulate import Simulations


def as_table(values: object, argument: str, names: tuple[str, ...]) -> np.ndarray:
    """`values` as a float array (m, len(names)).

    **Raises** `ValueError` when it has another shape or no rows.
    """
    array = np.asarray(values, dtype=float)
    if array.ndim != 2 or array.shape[1] != len(names):
        raise ValueError(
            f"{argument} must have shape (simulations, {len(names)}), one column for each of "
            f"{', '.join(names) or 'no names'}; got {array.shape}"
        )
    if len(array) == 0:
        raise ValueError(f"{argument} has no rows: a check needs held-out simulations, at least about 100")
    return array


def finite(arrays: Sequence[np.ndarray]) -> np.ndarray:
    """Whether each row is finite in all `arrays`; whole numbers always are."""
    mask = np.ones(len(arrays[0]), dtype=bool)
    for array in arrays:
        if array.dtype.kind in "fc":
            mask &= np.isfinite(array).reshape(len(array), -1).all(axis=1)
    return mask


def enough(good: np.ndarray, argument: str) -> np.ndarray:
    """Indices of the `good` rows; warns how many are left out.

    **Raises** `ValueError` when more than half are not good: what is left would be no fair sample.
    """
    kept = np.flatnonzero(good)
    lost, total = len(good) - len(kept), len(good)
    if 2 * lost > total:
        raise ValueError(
            f"{argument}: {lost} of {total} rows failed or are not finite; a check on the rest would not be "
            f"a fair sample. Find out why they fail, or pass simulations that succeeded"
        )
    if lost:
        warn(
            f"{argument}: {lost} of {total} rows failed or are not finite and are left out of the check; if "
            f"they fail in one region of the parameters, the check says nothing about that region"
        )
    return kept


def check_simulations(sims: object) -> None:
    """**Raises** `TypeError` for what is no `Simulations`."""
    if not isinstance(sims, Simulations):
        raise TypeError(
            "sims must be sf.Simulations that were held out, such as sims[fit.split.test], but a "
            f"{type(sims).__name__} came"
        )


def in_unit_interval(array: np.ndarray, argument: str) -> np.ndarray:
    """`array`, with the noise of a grid integral (1e-3) clipped off.

    **Raises** `ValueError` for values outside [0, 1].
    """
    low, high = array.min(), array.max()
    if low < -1e-3 or high > 1 + 1e-3:
        raise ValueError(
            f"{argument} must lie in [0, 1] (a share of the posterior's mass); got values from {low:.4g} to {high:.4g}"
        )
    return np.clip(array, 0.0, 1.0)


def check_confidence(confidence: float) -> None:
    """**Raises** `ValueError` unless `confidence` lies strictly between 0 and 1."""
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must lie between 0 and 1, such as 0.95; got {confidence}")
