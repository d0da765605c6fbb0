"""From a prior and a simulator to simulations."""

import os
import warnings
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import jax
import numpy as np
from jaxtyping import Array

from ..core import as_key, bar, KeyLike
from ..priors import AbstractPrior
from ._draw import draw_theta
from ._failures import Failures
from ._given import fix_columns, split_given
from ._keep import AbstractKeep, Memory
from ._piece import Piece
from ._simulations import Simulations
from ._status import Status, UNDONE
from ._store import Store
from ._traced import run_traced, WithGiven
from ._tracing import Tracing, try_tracing

_PIECE_BYTES = 256 * 2**20
# When the first so many rows all fail there is no point in going on.
_HOPELESS = 100


def simulate(
    prior: AbstractPrior,
    simulator: Callable,
    n: int,
    *,
    key: KeyLike,
    workers: int | None = None,
    store: str | Path | None = None,
    chunk: int = 1024,
    timeout: float | None = None,
    retries: int = 0,
    given: Mapping[str, Any] | None = None,
    progress: bool = True,
) -> Simulations:
    """Draw `n` parameter vectors from the prior and simulate each.

    `simulator(key, theta)` takes the randomness and one parameter vector `(p,)`, and returns an array or a
    dict of named arrays, of the same shapes in every call.

    A simulator that JAX can trace runs in compiled chunks; its `key` is a JAX key. It is tried: where tracing
    fails, or the result depends on neither key nor theta, or two tracings give different constants (random
    numbers of NumPy), it runs in a pool of processes, and its `key` is a `numpy.random.Generator`, its
    `theta` a float64 array. `workers=k` takes the pool without trying, `workers=0` never takes it.

    What row i holds derives from `key` and i alone, not from `n`, `chunk` or the number of processes.

    **Arguments:**

    - `prior`: over the parameters.
    - `n`: number of simulations.
    - `key`: an int or a JAX key.
    - `workers`: processes; by default, for simulators that cannot be traced, as many as there are CPUs.
    - `store`: path of a Zarr group. Rows are added as they are finished; the same call after a kill goes on
      where it stopped, and with a larger `n` adds rows. The simulations returned stay there, on disk.
    - `chunk`: rows simulated at once, and rows in a chunk of the store.
    - `timeout`: seconds that one row may take in a process; then the process is killed and the row has
      failed.
    - `retries`: how many times a failing row is tried again with other randomness. What is kept then depends
      on what failed, so use it for failures that have nothing to do with the randomness of the data.
    - `given`: values for some parameters, by name (the others are drawn as if these were not fixed), or for
      named quantities of a simulator that is written as `simulator(key, theta, given={})`.
    - `progress`: show a bar on standard error.

    **Returns** `Simulations` of exactly `n` rows, in which `status` says what became of each. **Warns** when
    some failed, with the first failing theta and its message.

    **Raises** `ValueError` when more than half of the rows fail, when shapes vary from call to call, and for
    arguments that do not fit; `OSError` when the disk is full: nothing that is in the store is lost.

    >>> import numpyro.distributions as dist
    >>> from suffice import Prior
    >>> prior = Prior(mean=dist.Normal(0, 1))
    >>> sims = simulate(prior, lambda key, theta: theta + jax.random.normal(key, (5,)), 100, key=0, progress=False)
    >>> sims.x.shape, sims.names
    ((100, 5), ('mean',))
    """
    _refuse(
        prior=prior, simulator=simulator, n=n, workers=workers, chunk=chunk, timeout=timeout, retries=retries
    )
    for_theta, for_rows = jax.random.split(as_key(key))
    columns, quantities = split_given(given, prior, simulator)
    tracing = _tracing(simulator, quantities, prior.dim, workers, timeout)
    theta = fix_columns(draw_theta(prior, n, for_theta), columns, prior)
    keep = _keep(store, theta, prior.names, chunk, tracing, for_rows, quantities)
    if isinstance(keep, Store):
        chunk = keep.chunk
        keep.again(retries)
        keep.retries = max(keep.retries, retries)
    attempts = range(retries + 1)
    with bar(n, "simulate", enabled=progress, unit="sim") as shown:
        shown.update(n - len(keep.todo))
        if tracing.example is not None:
            traced = WithGiven(simulator, quantities) if quantities else simulator
            size = min(_fitting(chunk, tracing.example), max(1, n))
            pieces = run_traced(traced, for_rows, theta, keep.todo, chunk=size, retries=attempts)
            pieces = _told(pieces, shown.update)
        else:
            pieces = _pieces_of_pool(
                simulator,
                _entropy(for_rows),
                theta,
                keep.todo,
                given=quantities,
                workers=workers or _cpus(),
                timeout=timeout,
                retries=attempts,
                chunk=chunk,
                tick=shown.update,
            )
        _take(pieces, keep, theta, prior.names, tracing.reason, shown)
    return _finished(keep, theta, prior.names, tracing.reason)


def _pieces_of_pool(*args: Any, **settings: Any) -> Iterator[Piece]:
    from ._pool import run_pool

    return run_pool(*args, **settings)


def _refuse(
    *, prior: Any, simulator: Any, n: Any, workers: Any, chunk: Any, timeout: Any, retries: Any
) -> None:
    if not isinstance(prior, AbstractPrior):
        raise TypeError(f"prior must be an sf.Prior, but a {type(prior).__name__} came")
    if not callable(simulator):
        raise TypeError(
            f"simulator must be a function of (key, theta), but a {type(simulator).__name__} came"
        )
    for name, value, least in (
        ("n", n, 1),
        ("chunk", chunk, 1),
        ("retries", retries, 0),
        ("workers", workers or 0, 0),
    ):
        if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
            raise ValueError(f"{name} must be a whole number of at least {least}, but {value!r} came")
    if timeout is not None and not timeout > 0:
        raise ValueError(f"timeout must be a positive number of seconds, but {timeout!r} came")


def _tracing(
    simulator: Callable, given: dict[str, Any], p: int, workers: int | None, timeout: float | None
) -> Tracing:
    """How the simulator runs: traced (an example) or in processes (a reason)."""
    if workers:
        return Tracing(None, "")
    tracing = try_tracing(WithGiven(simulator, given) if given else simulator, p)
    if tracing.example is None and workers == 0:
        raise ValueError(
            f"the simulator cannot be traced by JAX ({tracing.reason}), and workers=0 allows no processes"
        )
    if tracing.example is not None and timeout is not None:
        raise ValueError(
            "timeout is for simulators that run in processes, but JAX compiles this one into one program; "
            "leave timeout out, or give workers= (the simulator then gets a numpy.random.Generator instead "
            "of a key)"
        )
    return tracing


def _keep(
    store: str | Path | None,
    theta: np.ndarray,
    names: tuple[str, ...],
    chunk: int,
    tracing: Tracing,
    key: Array,
    given: dict[str, np.ndarray],
) -> AbstractKeep:
    if store is None:
        keep: AbstractKeep = Memory(theta, names)
    else:
        path = Path(store)
        if path.suffix != ".zarr":
            raise ValueError(f"store must be a path that ends in .zarr, but {path.name!r} came")
        identity = {"key": _entropy(key), "given": {name: value.tolist() for name, value in given.items()}}
        keep = Store(path, theta, names, chunk=chunk, identity=identity)
    return keep


def _entropy(key: Array) -> list[int]:
    return [int(word) for word in np.asarray(jax.random.key_data(key)).ravel()]


def _cpus() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _fitting(chunk: int, example: Any) -> int:
    """Fewer rows at once where one is large."""
    row = sum(int(np.prod(leaf.shape)) * np.dtype(leaf.dtype).itemsize for leaf in jax.tree.leaves(example))
    return max(1, min(chunk, _PIECE_BYTES // max(1, row)))


def _told(pieces: Iterator[Piece], tick: Callable[[int], object]) -> Iterator[Piece]:
    for piece in pieces:
        tick(len(piece.rows))
        yield piece


def _take(
    pieces: Iterator[Piece],
    keep: AbstractKeep,
    theta: np.ndarray,
    names: tuple[str, ...],
    reason: str,
    shown: Any,
) -> None:
    """Keep piece after piece; stop when too many have failed for the rest to help."""
    for piece in pieces:
        keep.add(piece)
        failed, done = int((keep.status > Status.OK).sum()), int((keep.status != UNDONE).sum())
        if failed:
            shown.set_postfix(failed=failed)
        if failed > 0.5 * len(theta) or (failed == done and done >= _HOPELESS):
            raise ValueError(_too_many(keep, theta, names, reason))


def _finished(keep: AbstractKeep, theta: np.ndarray, names: tuple[str, ...], reason: str) -> Simulations:
    failed = int((keep.status > Status.OK).sum())
    if failed > 0.5 * len(theta):
        raise ValueError(_too_many(keep, theta, names, reason))
    if failed:
        warnings.warn(
            f"{_failures(keep, theta, names)}. They are kept with their status and left out of training. If "
            "failing depends on the parameters, what is left is no sample of the prior any more, and ratio "
            "and likelihood methods learn a posterior biased against the parameters that fail often",
            stacklevel=3,
        )
    return keep.finish()


def _too_many(keep: AbstractKeep, theta: np.ndarray, names: tuple[str, ...], reason: str) -> str:
    why = f" It ran in processes, for JAX could not trace it ({reason})." if reason else ""
    return f"{_failures(keep, theta, names)}. More than half is too many: mend the simulator or narrow the prior.{why}"


def _failures(keep: AbstractKeep, theta: np.ndarray, names: tuple[str, ...]) -> Failures:
    done = int((keep.status != UNDONE).sum())
    bad = np.flatnonzero(keep.status > Status.OK)
    return Failures(
        done, bad, keep.status[bad].astype(int), theta[bad].astype(float), names, dict(keep.messages)
    )
