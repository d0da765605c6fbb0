"""Simulators that draw from NumPy's own generator, which all threads of a process share.

It is seeded for each row, and two rows at a time would draw from one another's numbers. So threads take turns, unless
the first row that comes through shows that a simulator leaves it alone. Then rows are simulated side by side, and
should one draw from it after all, it and those beside it are simulated again, one at a time as all that follow.
Python's `random` cannot be looked at in the same way: the threads of Dask draw from it themselves.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np


class _Room:
    """Many at a time, or one alone; who waits to be alone goes before those that come later."""

    def __init__(self) -> None:
        self._free = threading.Condition(threading.RLock())
        self._inside = self._waiting = 0

    @contextmanager
    def together(self) -> Iterator[None]:
        with self._free:
            self._free.wait_for(lambda: not self._waiting)
            self._inside += 1
        try:
            yield
        finally:
            with self._free:
                self._inside -= 1
                self._free.notify_all()

    @contextmanager
    def alone(self, needed: Callable[[], bool]) -> Iterator[None]:
        """Waits for the others to leave, or until it is `needed` no more."""
        with self._free:
            self._waiting += 1
            try:
                self._free.wait_for(lambda: not self._inside or not needed())
            finally:
                self._waiting -= 1
            try:
                yield
            finally:
                self._free.notify_all()


_ROOM = _Room()  # of this process, for all simulators: the generator is one


class Turns:
    """Of one simulator in one process."""

    def __init__(self) -> None:
        self._needed: bool | None = None

    def take(self, seed: Callable[..., Any], simulate: Callable[[Any], Any]) -> Any:
        """`simulate(seed())`, alone in this process where that is needed or not known yet.

        `seed(shared=False)` leaves NumPy's own generator as it is.
        """
        while True:
            if self._may_draw():
                with _ROOM.alone(self._may_draw):
                    if self._may_draw():  # those that have waited for the first row go on side by side
                        return self._alone(seed, simulate)
            error = x = None
            with _ROOM.together():
                before = _state()
                try:
                    x = simulate(seed(shared=False))
                except (Exception, SystemExit) as raised:
                    error = raised
                if _state() != before:
                    self._needed = True
                    continue
            if error is not None:
                raise error
            return x

    def _may_draw(self) -> bool:
        return self._needed is not False

    def _alone(self, seed: Callable[..., Any], simulate: Callable[[Any], Any]) -> Any:
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


def _state() -> tuple[bytes, tuple[Any, ...]]:
    """All of it: every second normal number is one that was kept, and only that it is kept no more shows it."""
    _, numbers, *others = np.random.get_state()  # noqa: NPY002
    return np.asarray(numbers).tobytes(), tuple(others)
