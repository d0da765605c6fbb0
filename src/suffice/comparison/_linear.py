"""The closed-form linear summaries that every comparison shows: they beat networks more often than people think."""

import time
from collections.abc import Callable

import jax
import numpy as np
from jaxtyping import Array, Float

from ..core import warn
from ..information import canonical_summaries, local_score_compression, score_compression
from ..networks import Linear, start_from_data
from ..simulate import Simulations
from ..train import AbstractTangents
from ._result import CLOSED_FORM
from ._taken import Taken

_MOST_NUMBERS = 4096
_MOST_ROWS = 20_000


def linear_summaries(
    sims: Simulations,
    rows: np.ndarray,
    tangents: AbstractTangents | None,
    fiducial: Float[Array | np.ndarray, " p"] | None,
) -> list[Taken]:
    """Regression of the parameters, score compression (MOPED) and canonical correlation, from some rows.

    Data of more than 4096 numbers have none: a covariance of so many is another matter.
    """
    numbers = sum(int(np.prod(leaf.shape, dtype=int)) for leaf in jax.tree.leaves(sims.example))
    if numbers > _MOST_NUMBERS:
        warn(f"no linear summaries: one simulation holds {numbers} numbers, and they take at most {_MOST_NUMBERS}")
        return []
    part = sims[rows[:_MOST_ROWS]]

    def regression() -> Callable:
        network = Linear(numbers, len(sims.names), key=0)
        return start_from_data(network, lambda f, x: f(x), part.x, np.asarray(part.theta))

    def moped() -> Callable:
        return local_score_compression(part, fiducial) if tangents is None else score_compression(tangents)

    made = {"linear regression": regression, "MOPED": moped, "CCA": lambda: canonical_summaries(part)}
    return [_timed(name, make) for name, make in made.items()]


def _timed(name: str, make: Callable[[], Callable]) -> Taken:
    before = time.process_time()
    return Taken(name, CLOSED_FORM, make(), time.process_time() - before)
