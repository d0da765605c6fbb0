"""From a prior and a simulator to simulations."""

import contextlib
import math
from collections.abc import Callable, Generator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ..core import as_key, bar, check_whole, KeyLike, kind_of, refuse_beyond_memory
from ..priors import AbstractPrior
from ._block import Job
from ._cluster import cpus
from ._dask import block_size, is_client, run_dask
from ._draw import draw_theta
from ._given import fix_columns, split_given
from ._keep import AbstractKeep, Memory
from ._piece import Piece
from ._same_simulator import warn_of_another_simulator
from ._simulations import Simulations
from ._store import Store
from ._traced import run_traced, WithGiven
from ._tracing import Tracing, try_tracing
from ._verdict import Verdict
from ._zarr import MOST_CHUNK

_PIECE_BYTES = 256 * 2**20


def simulate(
    prior: AbstractPrior,
    simulator: Callable,
    n: int,
    *,
    key: KeyLike,
    workers: Any = None,
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
    `theta` a float64 array. `workers=k` takes the pool without trying, `workers=0` never; with a Dask client either
    kind runs on its cluster.

    What row i holds derives from `key` and i alone, not from `n`, `chunk` or the number of processes.

    **Arguments:**

    - `prior`: over the parameters.
    - `n`: number of simulations.
    - `key`: an int or a JAX key.
    - `workers`: processes; by default, for simulators that cannot be traced, as many as there are CPUs. Or a
      `dask.distributed.Client` (`pip install 'suffice[dask]'`), on whose workers suffice must be installed.
    - `store`: path of a Zarr group. Rows are added as they are finished; the same call after a kill goes on
      where it stopped, and with a larger `n` adds rows. The simulations returned stay there, on disk. Of a simulator
      that JAX traces one finished row is simulated again, and a warning says when it has changed since. One run
      at a time may add rows. On a cluster each worker writes the chunks that it computed, so the path must lie on
      a file system that all of them share.
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
    >>> simulator = lambda key, theta: theta + jax.random.normal(key, (5,))
    >>> sims = simulate(prior, simulator, 100, key=0, progress=False)
    >>> sims.x.shape, sims.names
    ((100, 5), ('mean',))
    """
    if not isinstance(prior, AbstractPrior):
        raise TypeError(f"prior must be an sf.Prior, but {kind_of(prior)} came")
    _refuse(simulator=simulator, n=n, workers=workers, chunk=chunk, timeout=timeout, retries=retries)
    for_theta, for_rows = jax.random.split(as_key(key))
    columns, quantities = split_given(given, prior, simulator)
    refuse_beyond_memory(f"theta of {n} simulations", (n, prior.dim), jnp.result_type(float))
    tracing = _tracing(simulator, quantities, prior.dim, workers, timeout)
    theta = fix_columns(draw_theta(prior, n, for_theta), columns, prior)
    identity = {"key": _entropy(for_rows), "given": {name: v.tolist() for name, v in quantities.items()}}
    keep = _keeping(store, theta, prior.names, workers, chunk, identity, retries)
    run = _Run(simulator, for_rows, theta, keep.todo, range(retries + 1), quantities)
    return _carry_out(run, keep, tracing, prior.names, workers, timeout, keep.chunk or chunk, progress)


def simulate_at(
    theta: Float[Array | np.ndarray, "n p"],
    simulator: Callable,
    *,
    key: KeyLike,
    names: Sequence[str] | None = None,
    workers: Any = None,
    store: str | Path | None = None,
    chunk: int = 1024,
    timeout: float | None = None,
    retries: int = 0,
    progress: bool = True,
) -> Simulations:
    """Simulate each of the parameter vectors `theta` `(n, p)`; all else is as for `simulate`.

    >>> simulate_at(np.zeros((3, 1)), lambda key, theta: theta + 1.0, key=0, progress=False).x.tolist()
    [[1.0], [1.0], [1.0]]
    """
    theta = np.asarray(theta, np.result_type(float, jnp.zeros(()).dtype))
    n = len(theta)
    _refuse(simulator=simulator, n=n, workers=workers, chunk=chunk, timeout=timeout, retries=retries)
    called = tuple(f"theta[{i}]" for i in range(theta.shape[1])) if names is None else tuple(names)
    tracing = _tracing(simulator, {}, theta.shape[1], workers, timeout)
    keep = _keeping(store, theta, called, workers, chunk, {"key": _entropy(as_key(key)), "given": {}}, retries)
    run = _Run(simulator, as_key(key), theta, keep.todo, range(retries + 1), {})
    return _carry_out(run, keep, tracing, called, workers, timeout, keep.chunk or chunk, progress)


def _keeping(
    store: str | Path | None,
    theta: np.ndarray,
    names: tuple[str, ...],
    workers: Any,
    chunk: int,
    identity: dict[str, Any],
    retries: int,
) -> AbstractKeep:
    """In memory, or in a store."""
    if store is None:
        return Memory(theta, names)
    size = block_size(workers, len(theta), chunk) if is_client(workers) else chunk
    return Store(Path(store), theta, names, chunk=size, identity=identity, retries=retries)


def _carry_out(
    run: "_Run",
    keep: AbstractKeep,
    tracing: Tracing,
    names: tuple[str, ...],
    workers: Any,
    timeout: float | None,
    chunk: int,
    progress: bool,
) -> Simulations:
    n = len(run.theta)
    verdict = Verdict(keep, run.theta, names, tracing.reason)
    try:
        if tracing.example is not None and (known := keep.known()) is not None:
            one = run._replace(todo=np.array([known.row]), attempts=max(known.attempts, run.attempts, key=len))
            size = _fitting(chunk, n, tracing.example)
            warn_of_another_simulator(known, lambda rows: next(one.traced(rows, lambda _: None)), size)
        with bar(n, "simulate", enabled=progress, unit="sim") as shown, keep.told():
            shown.update(n - len(keep.todo))
            if is_client(workers):
                pieces = run.on_cluster(workers, tracing, keep, chunk, shown.update)
            elif tracing.example is not None:
                pieces = run.traced(_fitting(chunk, n, tracing.example), shown.update)
            else:
                pieces = run.in_processes(workers or cpus(), timeout, chunk, shown.update)
            with contextlib.closing(pieces):
                verdict.take(pieces, shown)
        return verdict.finish()
    finally:
        keep.close()


class _Run(NamedTuple):
    """The rows to simulate."""

    simulator: Callable
    key: Array
    theta: np.ndarray
    todo: np.ndarray
    attempts: range
    given: dict[str, Any]

    def traced(self, chunk: int, tick: Callable[[int], object]) -> Generator[Piece, None, None]:
        simulator = WithGiven(self.simulator, self.given) if self.given else self.simulator
        settings = {"chunk": chunk, "attempts": self.attempts}
        for piece in run_traced(simulator, self.key, self.theta, self.todo, **settings):
            tick(len(piece.rows))
            yield piece

    def in_processes(
        self, workers: int, timeout: float | None, chunk: int, tick: Callable[[int], object]
    ) -> Generator[Piece, None, None]:
        from ._pool import run_pool

        task = (self.simulator, self.given, _entropy(self.key))
        settings = {"attempts": self.attempts, "chunk": chunk, "tick": tick}
        yield from run_pool(task, self.theta, self.todo, workers=workers, timeout=timeout, **settings)

    def on_cluster(
        self, client: Any, tracing: Tracing, keep: AbstractKeep, chunk: int, tick: Callable[[int], object]
    ) -> Generator[Piece, None, None]:
        kind = (
            None if tracing.example is None else (str(jax.random.key_impl(self.key)), jnp.zeros(()).dtype.itemsize == 8)
        )
        job = Job(self.simulator, self.given, _entropy(self.key), kind)
        writer = keep.writer()
        size = chunk if writer else block_size(client, len(self.todo), chunk)
        settings = {"attempts": self.attempts, "chunk": size, "tick": tick, "writer": writer}
        yield from run_dask(job, self.theta, self.todo, client=client, **settings)


def _refuse(*, simulator: Any, n: Any, workers: Any, chunk: Any, timeout: Any, retries: Any) -> None:
    if is_client(workers):
        if timeout is not None:
            raise ValueError("timeout is for processes; on a Dask cluster leave it out")
        workers = 1
    if not callable(simulator):
        raise TypeError(f"simulator must be a function of (key, theta), but {kind_of(simulator)} came")
    check_whole(n=n, chunk=chunk)
    if chunk > MOST_CHUNK:
        raise ValueError(f"chunk must be at most {MOST_CHUNK:,} rows, but {chunk!r} came")
    check_whole(0, retries=retries, workers=workers or 0)
    if timeout is not None and not timeout > 0:
        raise ValueError(f"timeout must be a positive number of seconds, but {timeout!r} came")


def _tracing(simulator: Callable, given: dict[str, Any], p: int, workers: Any, timeout: float | None) -> Tracing:
    """How the simulator runs: traced (an example) or in processes (a reason)."""
    if workers and not is_client(workers):
        return Tracing(None, "")
    tracing = try_tracing(WithGiven(simulator, given) if given else simulator, p)
    if tracing.example is None and not is_client(workers) and workers == 0:
        raise ValueError(f"the simulator cannot be traced by JAX ({tracing.reason}), and workers=0 allows no processes")
    if tracing.example is not None and timeout is not None:
        raise ValueError(
            "timeout is for simulators that run in processes, but JAX compiles this one into one program; "
            "leave timeout out, or give workers= (the simulator then gets a numpy.random.Generator instead "
            "of a key)"
        )
    return tracing


def _entropy(key: Array) -> list[int]:
    return [int(word) for word in np.asarray(jax.random.key_data(key)).ravel()]


def _fitting(chunk: int, n: int, example: Any) -> int:
    """Fewer rows at once where one is large."""
    leaves = jax.tree.leaves(example)
    row = sum(math.prod(leaf.shape) * np.dtype(leaf.dtype).itemsize for leaf in leaves)
    return max(1, min(chunk, n, _PIECE_BYTES // max(1, row)))
