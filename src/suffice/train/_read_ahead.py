"""What comes next, made by a thread while the present is used."""

import contextlib
import queue
import threading
import weakref
from collections.abc import Iterator
from typing import Any

_PATIENCE = 0.1  # seconds after which a thread with no room for its result looks whether anybody still waits for it
_END = object()
NAME = "suffice reads ahead"


class ReadAhead:
    """The same items as `items`, at most `ahead` of which wait, and one more is being made.

    The thread begins at once. What it raises is raised by `next`. It ends when there are no more items, with `close`,
    and when nobody holds this object any more; what it had made is then let go.

    >>> list(ReadAhead(iter("abc"), 2))
    ['a', 'b', 'c']
    """

    def __init__(self, items: Iterator[Any], ahead: int):
        self._made: queue.Queue = queue.Queue(ahead)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=_make, args=(items, self._made, self._ended), name=NAME, daemon=True)
        weakref.finalize(self, self._ended.set)
        self._thread.start()

    def __iter__(self) -> "ReadAhead":
        return self

    def __next__(self) -> Any:
        if self._ended.is_set():
            raise StopIteration
        item, error = self._made.get()
        if error is None and item is not _END:
            return item
        self.close()
        raise StopIteration if error is None else error

    def close(self) -> None:
        """End the thread, and wait until it has ended."""
        self._ended.set()
        with contextlib.suppress(queue.Empty):
            while True:
                self._made.get_nowait()
        self._thread.join()


def _make(items: Iterator[Any], made: queue.Queue, ended: threading.Event) -> None:
    """Holds no `ReadAhead`, so that one that is forgotten ends it."""
    try:
        for item in items:
            _put(made, (item, None), ended)
            del item
            if ended.is_set():
                return
        _put(made, (_END, None), ended)
    except BaseException as error:
        _put(made, (None, error), ended)


def _put(made: queue.Queue, pair: tuple[Any, BaseException | None], ended: threading.Event) -> None:
    while not ended.is_set():
        with contextlib.suppress(queue.Full):
            made.put(pair, timeout=_PATIENCE)
            return
