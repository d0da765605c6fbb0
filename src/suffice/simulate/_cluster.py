"""A Dask cluster to simulate on: one that is there, or one of processes on this machine."""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_PATIENCE = 20
_RESTARTS = "1 day"


@contextmanager
def cluster(scheduler: str = "", workers: int | None = None) -> Iterator[Any]:
    """A `dask.distributed.Client` for `simulate(..., workers=client)`, closed at the end.

    - `scheduler`: address of a scheduler, such as `tcp://node7:8786`; without one, a cluster starts here.
    - `workers`: its processes; by default as many as there are CPUs.

    **Raises** `ValueError` when no scheduler answers, and where Dask is not installed.
    """
    try:
        import dask.config
        from distributed import Client, LocalCluster
    except ImportError:
        raise ValueError("a cluster needs Dask: pip install 'suffice[dask]'") from None
    if workers is not None and workers < 1:
        raise ValueError(f"workers must be at least 1, but {workers} came")
    if scheduler:
        if workers is not None:
            raise ValueError("workers is for a cluster on this machine; a scheduler brings its own, so leave one out")
        with _connected(Client, scheduler) as client:
            yield client
        return
    # What Dask itself says of a block that ended, was cancelled or killed its worker is told in a sentence of our own.
    settings = {"threads_per_worker": 1, "dashboard_address": "127.0.0.1:0", "silence_logs": logging.CRITICAL}
    # A worker that starts again is not given up: simulations may kill the next one while it does. A block that killed
    # two is cut into its rows.
    patience = {"distributed.deploy.lost-worker-timeout": _RESTARTS, "distributed.scheduler.allowed-failures": 1}
    patience |= {"distributed.scheduler.worker-saturation": 1.0}  # what only waits for a worker that dies is no suspect
    keep = dask.config.set(patience)
    with keep, LocalCluster(n_workers=workers or cpus(), **settings) as local, Client(local) as client:
        yield client


def cpus() -> int:
    """CPUs that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _connected(make: Any, scheduler: str) -> Any:
    try:
        return make(scheduler, timeout=_PATIENCE)
    except (OSError, ValueError, ImportError) as error:
        raise ValueError(
            f"no Dask scheduler answers at {scheduler!r} ({type(error).__name__}: {error}); its address looks like "
            "tcp://host:8786"
        ) from error
