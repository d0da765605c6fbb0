"""Whether a store that exists was filled by the simulator that is to go on with it."""

from typing import Any

import jax
import numpy as np

from ..core import warn
from ._piece import Piece

# Of the largest number of an array: compiled for one row, a simulator rounds otherwise than for many.
_TOLERANCE = 1e-3


def warn_of_another_simulator(stored: Any, again: Piece) -> None:
    """Warn when a row of a store, simulated again, holds other data than are stored: the simulator has changed.

    A store knows its key and its prior, but not the code that filled it.
    """
    assert again.x is not None
    new = jax.tree.map(lambda leaf: leaf[0], again.x)
    if jax.tree.all(jax.tree.map(_close, stored, new)):
        return
    warn(
        f"row {again.rows[0]} of the store, simulated again, holds other data than are stored: this is not the "
        "simulator that filled the store, or its results depend on how it is compiled. Rows that are there are "
        "kept as they are; give another path to start anew"
    )


def _close(stored: Any, again: Any) -> bool:
    return np.allclose(stored, again, 0, _TOLERANCE * np.abs(again).max(initial=0))
