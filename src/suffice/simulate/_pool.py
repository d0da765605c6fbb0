"""Run a NumPy or external simulator in a pool of processes, with a time limit for each row."""

import time
from collections import deque
from collections.abc import Callable, Iterator
from multiprocessing.connection import wait
from typing import Any

import numpy as np

from ._payload import payload_of
from ._piece import gathered, Outcome, outcome_of, Piece
from ._processes import Starter, Task, Worker
from ._status import Status

# Rows of slow simulators are handed on for keeping after so many seconds, even if they are few.
_KEEP_SECONDS = 5.0
# The first rows are handed on early, so that a simulator that always fails is found out.
_FIRST_ROWS = 100


def run_pool(
    task: tuple[Callable, dict[str, Any], list[int]],
    theta: np.ndarray,
    todo: np.ndarray,
    *,
    workers: int,
    timeout: float | None,
    attempts: range,
    chunk: int,
    tick: Callable[[int], object],
) -> Iterator[Piece]:
    """Simulate the rows `todo`; pieces come in the order in which rows are finished.

    - `task`: the simulator, quantities given to it, and the numbers that all seeds derive from.
    - `attempts`: the numbers of the tries: `range(3)` is a first try and two more.
    - `tick`: called with the number of rows that have come in.
    """
    starter = Starter(payload_of(task))
    pool = _Pool(starter, theta, timeout, attempts)
    pending = deque(Task(int(row), attempts.start) for row in todo)
    finished: list[Outcome] = []
    kept, enough = time.monotonic(), min(chunk, _FIRST_ROWS)
    try:
        pool.start(min(workers, len(todo)))
        while pending or pool.busy:
            pool.feed(pending)
            new = pool.collect(pending)
            finished += new
            tick(len(new))
            if len(finished) >= enough or (finished and time.monotonic() - kept > _KEEP_SECONDS):
                yield gathered(finished)
                finished, kept, enough = [], time.monotonic(), chunk
        if finished:
            yield gathered(finished)
    finally:
        pool.kill()
        starter.close()


class _Pool:
    def __init__(self, starter: Starter, theta: np.ndarray, timeout: float | None, attempts: range):
        self._starter, self._theta, self._timeout, self._attempts = starter, theta, timeout, attempts
        self._workers: list[Worker] = []

    @property
    def busy(self) -> bool:
        return any(worker.tasks for worker in self._workers)

    def start(self, count: int) -> None:
        self._workers += self._starter.start(count)

    def kill(self) -> None:
        for worker in self._workers:
            worker.kill()

    def feed(self, pending: deque[Task]) -> None:
        """Send tasks round by round, so that the last ones are spread over all processes."""
        while pending and any(worker.room(self._theta) for worker in self._workers):
            fewest = min((w for w in self._workers if w.room(self._theta)), key=lambda w: len(w.tasks))
            fewest.send(pending.popleft(), self._theta)

    def collect(self, pending: deque[Task]) -> list[Outcome]:
        """Wait for answers, or until a row runs out of time."""
        found = []
        by_connection = {worker.connection: worker for worker in self._workers}
        for connection in wait(list(by_connection), self._patience()):
            found += self._answer(by_connection[connection], pending)
        for worker in [w for w in self._workers if w.late(self._timeout)]:
            late = Outcome(worker.tasks[0].row, Status.TIMEOUT, None, f"took longer than {self._timeout:g} s")
            found += self._replace(worker, late, pending)
        return found

    def _patience(self) -> float:
        """Seconds until the next row runs out of time, or finished rows should be kept."""
        ends = [w.since + self._timeout - time.monotonic() for w in self._workers if w.tasks and self._timeout]
        return max(0.001, min([*ends, 1.0]))

    def _answer(self, worker: Worker, pending: deque[Task]) -> list[Outcome]:
        try:
            first, *rest = worker.connection.recv()
        except (EOFError, ConnectionError):
            if not worker.ready:
                raise RuntimeError(f"a process for the simulator could not start: {worker.death()}") from None
            row = worker.tasks[0].row if worker.tasks else -1
            return self._replace(worker, Outcome(row, Status.RAISED, None, worker.death()), pending)
        if first == "ready":
            worker.ready = True
            return []
        if first == "broken":
            raise ValueError(
                f"the simulator cannot be loaded in another process ({rest[0]}); what it imports must be "
                "importable there"
            )
        x, message = rest
        return self._settle(worker.take(), outcome_of(first, x, message), pending)

    def _replace(self, worker: Worker, outcome: Outcome, pending: deque[Task]) -> list[Outcome]:
        """Kill the process, give its other tasks to others, and start a new one."""
        worker.kill()
        self._workers.remove(worker)
        self.start(1)
        if not worker.tasks:
            return []
        task = worker.tasks.popleft()
        pending.extendleft(reversed(worker.tasks))
        return self._settle(task, outcome, pending)

    def _settle(self, task: Task, outcome: Outcome, pending: deque[Task]) -> list[Outcome]:
        """Try a failed row again if it may be."""
        if outcome.status != Status.OK and task.attempt + 1 < self._attempts.stop:
            pending.appendleft(Task(task.row, task.attempt + 1))
            return []
        return [outcome]
