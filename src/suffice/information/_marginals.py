"""Maps of each column by itself, under which mutual information does not change, fitted on training rows only.

`"ranks"` maps to normal scores: the quantile of a standard normal at the share of training rows below. `"scaled"`
subtracts the mean and divides by the standard deviation. Columns of classes are only centred and scaled.
"""

import dataclasses
from typing import Literal

import numpy as np
from jaxtyping import Float
from scipy.special import ndtri

Scale = Literal["ranks", "scaled"]
_KNOTS = 4000
_FAR = 12.0


@dataclasses.dataclass(frozen=True)
class Marginals:
    """Piecewise linear maps of columns: from `knots[j]` to `scores[j]`."""

    knots: tuple[np.ndarray, ...]
    scores: tuple[np.ndarray, ...]

    @staticmethod
    def fit(numbers: Float[np.ndarray, "n d"], continuous: tuple[bool, ...], scale: Scale) -> "Marginals":
        """From training rows."""
        maps = [(_ranks if scale == "ranks" and own else _scaled)(column) for column, own in zip(numbers.T, continuous)]
        return Marginals(tuple(knots for knots, _ in maps), tuple(scores for _, scores in maps))

    def __call__(self, numbers: Float[np.ndarray, "n d"]) -> Float[np.ndarray, "n d"]:
        columns = [_interpolate(column, k, s) for column, k, s in zip(numbers.T, self.knots, self.scores)]
        return np.stack(columns, axis=1)


def _ranks(column: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    distinct, counts = np.unique(column, return_counts=True)
    if len(distinct) < 2:
        return _scaled(column)
    middle = (np.cumsum(counts) - counts / 2) / len(column)  # ties share the middle of their ranks
    if len(distinct) > _KNOTS:
        chosen = np.unique(np.round(np.linspace(0, len(distinct) - 1, _KNOTS)).astype(int))
        distinct, middle = distinct[chosen], middle[chosen]
    return distinct, ndtri(middle)


def _scaled(column: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    mean, spread = float(column.mean()), float(column.std())
    spread = spread if spread > 0 else 1.0
    return np.array([mean - _FAR * spread, mean + _FAR * spread]), np.array([-_FAR, _FAR])


def _interpolate(column: np.ndarray, knots: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Between knots linear; outside as steep as over the whole range, up to `_FAR`."""
    slope = (scores[-1] - scores[0]) / (knots[-1] - knots[0])
    beyond = np.minimum(column - knots[0], 0.0) + np.maximum(column - knots[-1], 0.0)
    return np.clip(np.interp(column, knots, scores) + slope * beyond, -_FAR, _FAR)
