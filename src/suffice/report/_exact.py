"""The exact posterior of a process that has one, to stand beside what was learned."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float


@dataclass(frozen=True)
class Exact:
    """Exact posterior of each parameter: mean, standard deviation, and density on a grid of its own.

    - `mean`, `std`: `(p,)`.
    - `grid`, `density`: `(p, G)`.
    """

    mean: Float[np.ndarray, "p"]
    std: Float[np.ndarray, "p"]
    grid: Float[np.ndarray, "p G"]
    density: Float[np.ndarray, "p G"]
