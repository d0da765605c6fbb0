"""Processes that can be killed one by one."""

import contextlib
import os
import secrets
import signal
import subprocess
import sys
import time
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor, TimeoutError as StillWaiting
from multiprocessing.connection import Client, Connection, Listener
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

_SCRIPT = Path(__file__).with_name("_worker.py")
_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
# Rows sent ahead to a process, so that it never waits; few bytes, or both ends might wait for the other to
# read.
_AHEAD, _AHEAD_BYTES = 8, 16_384


class Task(NamedTuple):
    """A row to simulate, for the `attempt`-th time."""

    row: int
    attempt: int


class Worker:
    """A process, the tasks that it has been sent, and since when it is busy with the first of them."""

    def __init__(self, process: subprocess.Popen):
        self.process = process
        self.connection: Any = None
        self.tasks: deque[Task] = deque()
        self.since = 0.0
        self.ready = False

    def room(self, theta: np.ndarray) -> bool:
        """Whether one more task can be sent."""
        ahead = min(_AHEAD, max(1, _AHEAD_BYTES // (theta.shape[1] * 8)))
        return self.ready and len(self.tasks) < ahead

    def send(self, task: Task, theta: np.ndarray) -> None:
        """Send one more task."""
        if not self.tasks:
            self.since = time.monotonic()
        self.tasks.append(task)
        # One that has died is found out when its answer is waited for.
        with contextlib.suppress(ConnectionError):
            self.connection.send((task.row, task.attempt, theta[task.row].astype(np.float64)))

    def take(self) -> Task:
        """The task that has just been answered; the clock starts for the next."""
        self.since = time.monotonic()
        return self.tasks.popleft()

    def late(self, timeout: float | None) -> bool:
        """Whether the present task has run out of time, and no answer is there."""
        if timeout is None or not self.tasks or time.monotonic() - self.since <= timeout:
            return False
        return not self.connection.poll()

    def death(self) -> str:
        """How the process ended."""
        try:
            code = self.process.wait(5)
        except subprocess.TimeoutExpired:
            return "the process of this row stopped answering"
        how = f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"
        return f"the process of this row {how}"

    def kill(self) -> None:
        """End the process and all that it started."""
        try:
            if os.name == "posix":
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.kill()
        except ProcessLookupError:
            pass
        self.process.wait()
        if self.process.stdin:
            self.process.stdin.close()
        if self.connection is not None:
            self.connection.close()


class Starter:
    """Starts processes that connect back to this one."""

    def __init__(self, payload: bytes):
        self._payload, self._secret = payload, secrets.token_bytes(32)
        self._listener = Listener(None, authkey=self._secret, backlog=128)
        self._waiter = ThreadPoolExecutor(1)

    def start(self, count: int) -> list[Worker]:
        """`count` new processes; they say when they are ready."""
        workers = {}
        for _ in range(count):
            worker = Worker(self._launch())
            workers[worker.process.pid] = worker
        for _ in range(count):
            connection = self._accept(list(workers.values()))
            worker = workers[connection.recv()]
            worker.connection = connection
            connection.send((sys.path, self._payload))
        return list(workers.values())

    def close(self) -> None:
        """No more processes."""
        self._waiter.shutdown()
        self._listener.close()

    def _launch(self) -> subprocess.Popen:
        environment = {**dict.fromkeys(_ONE_THREAD, "1"), "JAX_PLATFORMS": "cpu", **os.environ}
        command = [sys.executable, "-P", str(_SCRIPT), str(self._listener.address)]
        # What a simulator prints goes to standard error; in a session of its own it can be killed with its
        # children.
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=2, env=environment, start_new_session=os.name == "posix"
        )
        assert process.stdin is not None
        process.stdin.write(self._secret)
        process.stdin.flush()
        return process

    def _accept(self, workers: list[Worker]) -> Connection:
        coming: Future = self._waiter.submit(self._listener.accept)
        while True:
            try:
                return coming.result(timeout=0.1)
            except StillWaiting:
                dead = [w for w in workers if w.connection is None and w.process.poll() is not None]
                if dead:
                    # Nobody will connect: do it here, so that the thread ends.
                    Client(self._listener.address, authkey=self._secret).close()
                    coming.result().close()
                    for worker in workers:
                        worker.kill()
                    raise RuntimeError(f"a process for the simulator could not start: {dead[0].death()}") from None
