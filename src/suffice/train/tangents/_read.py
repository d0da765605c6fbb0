"""Reading simulations with their derivatives by row number."""

import abc
from collections.abc import Callable, Sequence
from typing import Any

import jax
import numpy as np
from jaxtyping import PyTree


class Reader(abc.ABC):
    """Gives the simulations of some rows, and their derivatives, as NumPy arrays.

    To write one: `x(rows)` returns arrays with leading axis `len(rows)`, `dx(rows)` the derivatives in the form
    of the source, `(n, ..., p)` or `(n, 2, p, ...)`. Both are called from a thread in the background.
    """

    @abc.abstractmethod
    def x(self, rows: np.ndarray) -> PyTree:
        """Simulations."""

    @abc.abstractmethod
    def dx(self, rows: np.ndarray) -> PyTree:
        """Derivatives, or lower and upper simulations."""


def stack(items: Sequence[PyTree]) -> PyTree:
    """Examples of the same shapes as one array with a leading axis."""
    return jax.tree.map(lambda *leaves: np.stack([np.asarray(leaf) for leaf in leaves]), *items)


class FunctionReader(Reader):
    """Rows that functions of the seed make or read; the seed is the row number."""

    def __init__(self, simulation: Callable[[int], Any], derivative: Callable[[int, str, int], Any], p: int):
        self._simulation, self._derivative, self._p = simulation, derivative, p

    def x(self, rows: np.ndarray) -> PyTree:
        return stack([self._simulation(int(seed)) for seed in rows])

    def dx(self, rows: np.ndarray) -> PyTree:
        return stack([stack([self._side(int(seed), side) for side in ("lower", "upper")]) for seed in rows])

    def _side(self, seed: int, side: str) -> PyTree:
        return stack([self._derivative(seed, side, i) for i in range(self._p)])
