"""Between which values the parameters of the training rows lie."""

from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float


class Extent(NamedTuple):
    """Smallest and largest value `(p,)` of each parameter, and of how many rows."""

    low: Float[np.ndarray, " p"]
    high: Float[np.ndarray, " p"]
    rows: int


def extent_of(theta: Any) -> Extent:
    """That of rows of parameters `(n, p)`.

    >>> extent_of([[0.0, 3.0], [1.0, 2.0]]).high.tolist()
    [1.0, 3.0]
    """
    theta = np.asarray(theta, np.float64)
    return Extent(theta.min(axis=0), theta.max(axis=0), len(theta))
