"""Run a JAX simulator in compiled chunks."""

from collections.abc import Callable, Iterator
from typing import Any

import equinox as eqx
import jax
import numpy as np
from jaxtyping import Array

from ._piece import finite_rows, Piece
from ._status import IN_WORDS, Status


class WithGiven(eqx.Module):
    """A simulator with some of its named quantities fixed."""

    simulator: Callable
    given: dict[str, Array | np.ndarray]

    def __call__(self, key: Array, theta: Array) -> Any:
        return self.simulator(key, theta, given=self.given)


def run_traced(
    simulator: Callable, key: Array, theta: np.ndarray, todo: np.ndarray, *, chunk: int, attempts: range
) -> Iterator[Piece]:
    """Simulate the rows `todo`, `chunk` at a time; rows that are not finite again, with other noise.

    `attempts` holds their numbers: `range(0, 3)` is a first try and two more.
    """
    for start in range(0, len(todo), chunk):
        rows = todo[start : start + chunk]
        yield traced_piece(simulator, key, theta[rows], rows, chunk=chunk, attempts=attempts)


def traced_piece(
    simulator: Callable, key: Array, theta: np.ndarray, rows: np.ndarray, *, chunk: int, attempts: range
) -> Piece:
    """Simulate at most `chunk` rows with the parameters `theta`, in one compiled call an attempt."""
    simulate: Any = simulator if isinstance(simulator, eqx.Module) else _Hashable(simulator)
    x: Any = None
    left = np.arange(len(rows))
    for attempt in attempts:
        new = _compiled(simulate, key, theta[left], rows[left], attempt, chunk)
        x = new if x is None else jax.tree.map(lambda old, one, at=left: _put(old, at, one), x, new)
        left = left[~finite_rows(new)]
        if not len(left):
            break
    status = np.zeros(len(rows), np.int8)
    status[left] = Status.NONFINITE
    return Piece(rows, status, x, {int(row): _where(x, i) for i, row in zip(left[:100], rows[left[:100]])})


class _Hashable(eqx.Module):
    """Any callable as a static part of a compiled function, compared by identity."""

    function: Callable = eqx.field(static=True)

    def __call__(self, key: Array, theta: Array) -> Any:
        return self.function(key, theta)


def _put(old: np.ndarray, at: np.ndarray, new: np.ndarray) -> np.ndarray:
    old = np.array(old)
    old[at] = new
    return old


def _compiled(simulator: Callable, key: Array, theta: np.ndarray, rows: np.ndarray, attempt: int, chunk: int) -> Any:
    """One chunk. Always filled up to the same length: compiled once, and a row never depends on the
    others.
    """
    full = np.resize(np.arange(len(rows)), chunk)
    x = _simulate(simulator, key, theta[full], rows[full].astype(np.uint32), np.uint32(attempt))
    return jax.tree.map(lambda leaf: np.asarray(leaf)[: len(rows)], x)


@eqx.filter_jit
def _simulate(simulator: Callable, key: Array, theta: Any, rows: Any, attempt: Any) -> Any:
    def one(theta: Array, row: Array) -> Any:
        return simulator(jax.random.fold_in(jax.random.fold_in(key, row), attempt), theta)

    return jax.vmap(one)(theta, rows)


def _where(x: Any, row: int | np.integer) -> str:
    """Which array of one row is not finite."""
    if not isinstance(x, dict):
        return IN_WORDS[Status.NONFINITE]
    bad = [name for name, leaf in x.items() if not finite_rows(leaf[row : row + 1]).all()]
    return f"{IN_WORDS[Status.NONFINITE]} in {', '.join(bad)}"
