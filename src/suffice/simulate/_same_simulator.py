"""Whether a store that exists was filled by the simulator that is to go on with it."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import numpy as np

from ..core import warn
from ._piece import example_of, like, Piece, told

# Compiled for another number of rows, a simulator rounds otherwise: relative to a number, and to the largest beside it.
_RELATIVE, _OF_LARGEST = 1e-3, 1e-5


class Known(NamedTuple):
    """A row of a store that was there before and has finished well, its `x`, and how often each row was tried."""

    row: int
    x: Any
    attempts: range


def warn_of_another_simulator(known: Known, simulated: Callable[[int], Piece], chunk: int) -> None:
    """Warn when a row of a store, `simulated` again, holds other data than are stored: the simulator has changed.

    A store knows its key and its prior, but not the code that filled it. The row is simulated alone; if it differs,
    in a program for `chunk` rows too, for where small differences grow the two disagree.

    **Raises** `ValueError` when it has other shapes.
    """
    for rows in (1, chunk):
        again = simulated(rows)
        new = jax.tree.map(lambda leaf: leaf[0], again.x)
        if not like(example_of(new), example_of(known.x)):
            raise ValueError(
                f"this simulator returned {told(example_of(new))} for row {known.row}, of which the store holds "
                f"{told(example_of(known.x))}: it is not the one that filled the store; give another path"
            )
        if jax.tree.all(jax.tree.map(_close, known.x, new)):
            return
    warn(
        f"row {known.row} of the store, simulated again, holds other data than are stored: this is not the "
        "simulator that filled the store, or it draws random numbers that do not come from its key, or its results "
        "depend on how it is compiled. Rows that are there are kept as they are; give another path to start anew"
    )


def _close(stored: Any, again: Any) -> bool:
    largest = np.abs(1.0 * np.asarray(stored)).max(initial=0)  # of complex and whole numbers too
    return np.allclose(again, stored, _RELATIVE, _OF_LARGEST * largest)
