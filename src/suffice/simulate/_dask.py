"""Run a simulator on a Dask cluster: blocks of rows are tasks.

What row i holds derives from the key and i alone, so it does not matter which worker computes it, nor how often: when
a worker dies, Dask gives its blocks to others. With a store a block is a chunk of it, and the worker that computed it
writes it: only the status of its rows comes back.
"""

import collections
import contextlib
import itertools
import time
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError
from typing import Any

import numpy as np

from ..core import warn
from ._block import Job, simulate_block
from ._layout import Writer
from ._payload import payload_of
from ._piece import gathered, Outcome, Piece
from ._status import Status

_ROUNDS = 8  # blocks for each thread, at least, where there are rows enough
_MOST_WAITING = 64
_MOST_LOST = 100
_SMALL = 2**17  # bytes of a simulator that go with every block; a larger one goes once to each worker
_TICK, _LOOK, _WITHOUT = 0.01, 5.0, 30.0  # seconds: between looks at results, at the cluster, and without a worker
_ALONE = 2  # times that a row may kill its workers by itself: the first time it may have been another's fault
_DEADLY = 8  # when the first so many rows all kill their workers there is no point in going on
_GONE = "the scheduler of the cluster is gone; what is in a store is kept, and the same call goes on from there"


def is_client(workers: Any) -> bool:
    """Whether `workers` is a `dask.distributed.Client`; imports nothing."""
    return type(workers).__module__.split(".")[0] == "distributed" and hasattr(workers, "scheduler_info")


def block_size(client: Any, n: int, chunk: int) -> int:
    """Rows of a block: enough blocks for all threads, at most `chunk` rows, and a power of two.

    Then the chunks of each array of a store, of a power of two rows too, never reach over the end of a block.
    """
    size = int(np.clip(n // (_ROUNDS * _threads(client)), 1, chunk))
    return 1 << (size.bit_length() - 1)


def run_dask(
    job: Job,
    theta: np.ndarray,
    todo: np.ndarray,
    *,
    client: Any,
    attempts: range,
    chunk: int,
    tick: Callable[[int], object],
    writer: Writer | None,
) -> Iterator[Piece]:
    """Simulate the rows `todo` on the cluster; pieces come in the order in which blocks are finished.

    - `chunk`: rows of a block. With a `writer`, block k is what is to do of rows k `chunk` to (k + 1) `chunk`.
    - `tick`: called with the number of rows that are done.
    """
    blocks = _Blocks(client, payload_of(job), theta, attempts, chunk)
    cuts = np.flatnonzero(np.diff(todo // chunk)) + 1 if writer else np.arange(chunk, len(todo), chunk)
    pending = iter(np.split(todo, cuts) if len(todo) else ())
    try:
        with _told_when_gone(client):
            for rows in itertools.islice(pending, max(_MOST_WAITING, _ROUNDS * _threads(client))):
                blocks.submit(rows, writer)
            while blocks.rows:
                piece = blocks.outcome(blocks.next())
                following = next(pending, None)
                if following is not None:
                    blocks.submit(following, writer)
                if piece is not None:
                    yield piece
                    tick(len(piece.rows))
    finally:
        with contextlib.suppress(Exception):  # it may close itself just now
            if not _is_gone(client):
                client.cancel(list(blocks.rows))


def _is_gone(client: Any) -> bool:
    return client.status in ("closing", "closed")


@contextlib.contextmanager
def _told_when_gone(client: Any) -> Iterator[None]:
    """What a client that closes itself raises depends on what it is asked just then."""
    try:
        yield
    except Exception as error:
        if _is_gone(client):
            raise ValueError(_GONE) from error
        raise


class _Blocks:
    """The tasks on the cluster, at any time few enough for its scheduler."""

    def __init__(self, client: Any, payload: Any, theta: np.ndarray, attempts: range, chunk: int):
        from distributed import as_completed

        self._client, self._theta = client, theta
        # A result of a task, unlike scattered data, is computed again when all workers that held it have died.
        self._payload = payload if len(payload) <= _SMALL else client.submit(_the_same, payload, pure=False)
        self._attempts, self._chunk = attempts, chunk
        self.rows: dict[Any, tuple[np.ndarray, Writer | None]] = {}
        self._lost, self._came = 0, False
        self._killed: collections.Counter[int] = collections.Counter()
        self._alone: list[int] = []  # the first rows that were computed alone
        self._finished = as_completed()
        self._looked = self._seen = time.monotonic()

    def submit(self, rows: np.ndarray, writer: Writer | None) -> None:
        if len(rows) == 1 and len(self._alone) < _DEADLY and int(rows[0]) not in self._alone:
            self._alone.append(int(rows[0]))
        work = (self._payload, rows, self._theta[rows], self._attempts, self._chunk, writer)
        future = self._client.submit(simulate_block, *work, pure=False)
        self.rows[future] = rows, writer
        self._finished.add(future)

    def next(self) -> Any:
        """The next block that is finished.

        **Raises** `ValueError` when the scheduler is gone; **warns** while there is no worker, for one may come.
        """
        while not self._finished.has_ready():
            time.sleep(_TICK)
            if time.monotonic() - self._looked > _LOOK:
                self._look()
        return next(self._finished)

    def _look(self) -> None:
        if _is_gone(self._client):
            raise ValueError(_GONE)
        self._looked = time.monotonic()
        try:
            workers = len(self._client.nthreads())
        except OSError:  # the client tries to connect again, and is closed when it cannot
            return
        if workers:
            self._seen = self._looked
        elif self._looked - self._seen > _WITHOUT:
            warn(f"the cluster has had no worker for {_WITHOUT:.0f} s; {len(self.rows)} blocks wait for one")
            self._seen = np.inf  # told once

    def outcome(self, future: Any) -> Piece | None:
        """What a block gave; `None` when it killed its workers and its rows go on one by one."""
        from distributed import KilledWorker
        from distributed.comm.core import CommClosedError

        rows, writer = self.rows.pop(future)
        try:
            piece = future.result()
            self._came = True
            return piece
        except KilledWorker as error:
            self._killed.update(rows.tolist() if len(rows) == 1 else ())
            # The first that were started, not the first that ended: those that crash do so sooner than others end.
            if len(self._alone) == _DEADLY and not self._came and all(self._killed[row] for row in self._alone):
                raise ValueError(
                    f"the first {_DEADLY} simulations that were computed alone all ended their process (row "
                    f"{rows[0]} at {self._theta[rows[0]]} is one): does the simulator call exit, crash in compiled "
                    "code, or need more memory than a worker has?"
                ) from error
            if self._killed[int(rows[0])] < _ALONE:
                for row in rows:  # to find the one that does it; the others are not lost
                    self.submit(np.array([row]), None)
                return None
            told = f"the workers that computed this row died ({error})"
            return gathered([Outcome(int(rows[0]), Status.RAISED, None, told)])
        except CancelledError as error:  # its result was lost with the worker that held it
            self._lost += 1
            if self._lost > _MOST_LOST:
                raise ValueError(f"the cluster loses its results ({error}); what is in a store is kept") from error
            self.submit(rows, writer)
            return None
        except CommClosedError as error:
            raise ValueError(_GONE) from error
        except (ValueError, OSError):
            raise
        except Exception as error:  # the simulator's own are told row by row; this is one of the cluster
            raise ValueError(
                f"the cluster could not compute rows {rows[0]} to {rows[-1]} ({type(error).__name__}: {error}); "
                "suffice, and what the simulator imports, must be installed on its workers"
            ) from error


def _the_same(payload: bytes) -> bytes:
    return payload


def _threads(client: Any) -> int:
    with _told_when_gone(client):
        return max(1, sum(client.nthreads().values()))
