"""Simulators that draw from NumPy's own generator, which all threads of a process share.

It is seeded for each row, and two rows at a time would draw from one another's numbers. So threads take turns, unless
the first row that comes through shows that a simulator leaves it alone. Python's `random` cannot be looked at in the
same way: the threads of Dask draw from it themselves.
"""

import threading
from collections.abc import Callable
from typing import Any

import numpy as np

_SHARED = threading.RLock()


class Turns:
    """Of one simulator in one process."""

    def __init__(self) -> None:
        self._needed: bool | None = None

    def take(self, seed: Callable[[], Any], simulate: Callable[[Any], Any]) -> Any:
        """`simulate(seed())`, alone in this process where that is needed or not known yet."""
        if self._needed is not False:
            with _SHARED:
                if self._needed is not False:  # those that have waited for the first row go on side by side
                    return self._alone(seed, simulate)
        return simulate(seed())

    def _alone(self, seed: Callable[[], Any], simulate: Callable[[Any], Any]) -> Any:
        rng = seed()
        before = _state()
        try:
            x = simulate(rng)
        finally:
            if _state() != before:
                self._needed = True
        if self._needed is None:
            self._needed = False
        return x


def _state() -> tuple[bytes, int]:
    _, numbers, at, *_ = np.random.get_state()  # noqa: NPY002
    return np.asarray(numbers).tobytes(), int(at)
