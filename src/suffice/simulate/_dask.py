"""Run a simulator on a Dask cluster: blocks of rows are tasks.

What row i holds derives from the key and i alone, so it does not matter which worker computes it, nor how often: when
a worker dies, Dask gives its blocks to others. With a store a block is a chunk of it, and the worker that computed it
writes it: only the status of its rows comes back.
"""

import collections
import itertools
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError
from typing import Any

import numpy as np

from ._block import Job, simulate_block
from ._layout import Writer
from ._payload import payload_of
from ._piece import gathered, Outcome, Piece
from ._status import Status

_ROUNDS = 8  # blocks for each thread, at least, where there are rows enough
_MOST_WAITING = 64
_MOST_LOST = 100
_SMALL = 2**17  # bytes of a simulator that go with every block; a larger one goes once to each worker
_ALONE = 2  # times that a row may kill its workers by itself: the first time it may have been another's fault


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
    pending = iter(np.split(todo, cuts))
    try:
        for rows in itertools.islice(pending, max(_MOST_WAITING, _ROUNDS * _threads(client))):
            blocks.submit(rows, writer)
        for future in blocks.finished:
            piece = blocks.outcome(future)
            following = next(pending, None)
            if following is not None:
                blocks.submit(following, writer)
            if piece is not None:
                yield piece
                tick(len(piece.rows))
    finally:
        client.cancel(list(blocks.rows))


class _Blocks:
    """The tasks on the cluster, at any time few enough for its scheduler."""

    def __init__(self, client: Any, payload: Any, theta: np.ndarray, attempts: range, chunk: int):
        from distributed import as_completed

        self._client, self._theta = client, theta
        # A result of a task, unlike scattered data, is computed again when all workers that held it have died.
        self._payload = payload if len(payload) <= _SMALL else client.submit(_the_same, payload, pure=False)
        self._attempts, self._chunk = attempts, chunk
        self.rows: dict[Any, tuple[np.ndarray, Writer | None]] = {}
        self._lost = 0
        self._killed: collections.Counter[int] = collections.Counter()
        self.finished = as_completed()

    def submit(self, rows: np.ndarray, writer: Writer | None) -> None:
        work = (self._payload, rows, self._theta[rows], self._attempts, self._chunk, writer)
        future = self._client.submit(simulate_block, *work, pure=False)
        self.rows[future] = rows, writer
        self.finished.add(future)

    def outcome(self, future: Any) -> Piece | None:
        """What a block gave; `None` when it killed its workers and its rows go on one by one."""
        from distributed import KilledWorker

        rows, writer = self.rows.pop(future)
        try:
            return future.result()
        except KilledWorker as error:
            self._killed.update(rows.tolist() if len(rows) == 1 else ())
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
    return max(1, sum(client.nthreads().values()))
