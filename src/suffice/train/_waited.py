"""How long the device had nothing to do because data were not there yet."""

import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import jax


class Waited:
    """Adds up, in `seconds`, how long after the device was done with one piece the next one came.

    Pieces are handed to the device without waiting for it, so a thread looks when it is done. At most two are handed
    over at a time: what they hold in memory stays bounded.
    """

    def __init__(self) -> None:
        self.seconds = 0.0
        self._done: Future | None = None
        self._fetches: list[tuple[Future | None, float, float]] = []
        self._clock = ThreadPoolExecutor(1)

    def __enter__(self) -> "Waited":
        return self

    def __exit__(self, *_: object) -> None:
        self._settle()
        self._clock.shutdown()

    def next(self, pieces: Iterator[Any]) -> Any:
        """The next piece, or `None`."""
        asked = time.perf_counter()
        found = next(pieces, None)
        self._fetches.append((self._done, asked, time.perf_counter()))
        return found

    def busy(self, numbers: Any) -> None:
        """The device has been given these to compute."""
        self._settle()
        self._done = self._clock.submit(_moment, numbers)

    def _settle(self) -> None:
        for done, asked, came in self._fetches:
            self.seconds += max(0.0, came - (asked if done is None else done.result()))
        self._fetches = []


def _moment(numbers: Any) -> float:
    jax.block_until_ready(numbers)
    return time.perf_counter()
