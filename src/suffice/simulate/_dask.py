"""Run a NumPy or external simulator on a Dask cluster: blocks of rows are tasks.

What row i holds derives from the key and i alone, so it does not matter which worker computes it, nor how often: when
a worker dies, Dask gives its blocks to others.
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ._piece import gathered, Outcome, outcome_of, Piece
from ._status import Status
from ._worker import generator, message, plain


def is_client(workers: Any) -> bool:
    """Whether `workers` is a `dask.distributed.Client`; imports nothing."""
    return type(workers).__module__.split(".")[0] == "distributed" and hasattr(workers, "scheduler_info")


def run_dask(
    task: tuple[Callable, dict[str, Any], list[int]],
    theta: np.ndarray,
    todo: np.ndarray,
    *,
    client: Any,
    attempts: range,
    chunk: int,
    tick: Callable[[int], object],
) -> Iterator[Piece]:
    """Simulate the rows `todo` on the cluster; pieces come in the order in which blocks are finished.

    The arguments are those of `run_pool`, with the `client` in place of processes.
    """
    from distributed import as_completed

    threads = max(1, sum(client.nthreads().values()))
    size = int(np.clip(len(todo) // (8 * threads), 1, chunk))
    blocks = [todo[start : start + size] for start in range(0, len(todo), size)]
    shared = client.scatter(task, broadcast=True, hash=False)
    futures = {}
    for block in blocks:
        future = client.submit(_simulate_block, shared, block, theta[block], attempts, pure=False)
        futures[future] = block
    try:
        for future in as_completed(list(futures)):
            yield gathered(_outcomes(future, futures[future]))
            tick(len(futures[future]))
            future.release()
    finally:
        client.cancel(list(futures))


def _outcomes(future: Any, block: np.ndarray) -> list[Outcome]:
    try:
        return future.result()
    except Exception as error:  # the simulator's own are told row by row; this is one of the cluster
        told = f"the cluster lost this row ({type(error).__name__}: {error})"
        return [Outcome(int(row), Status.RAISED, None, told) for row in block]


def _simulate_block(task: Any, rows: np.ndarray, theta: np.ndarray, attempts: range) -> list[Outcome]:
    return [_row(task, int(row), parameters, attempts) for row, parameters in zip(rows, theta)]


def _row(task: Any, row: int, theta: np.ndarray, attempts: range) -> Outcome:
    simulator, given, entropy = task
    extra = {"given": given} if given else {}
    found = Outcome(row, Status.RAISED, None, "")
    for attempt in attempts:
        try:
            x, told = plain(simulator(generator(entropy, row, attempt), np.asarray(theta, float), **extra)), ""
        except (Exception, SystemExit) as error:
            x, told = None, message(error)
        found = outcome_of(row, x, told)
        if found.status == Status.OK:
            break
    return found
