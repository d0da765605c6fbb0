"""Simulators that draw from the generators which all threads of a process share.

Those generators are seeded for each row, and two rows at a time would draw from one another's numbers. So threads take
turns, unless the first row that comes through shows that a simulator leaves them alone.
"""

import random
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
        if self._needed is False:
            return simulate(seed())
        with _SHARED:
            rng = seed()
            before = _state()
            try:
                x = simulate(rng)
            finally:
                self._needed = self._needed or _state() != before or None
            self._needed = bool(self._needed)
            return x


def _state() -> tuple[Any, ...]:
    _, numbers, at, *_ = np.random.get_state()  # noqa: NPY002
    return np.asarray(numbers).tobytes(), at, random.getstate()
