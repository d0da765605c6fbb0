"""Where batches come from: the interface of every data source."""

import abc
from collections.abc import Iterator
from typing import Any, NamedTuple

import equinox as eqx
import jax
import numpy as np
from jaxtyping import Array, PyTree


class Split(NamedTuple):
    """Row numbers of the three parts of a data set; `test` is seen by nothing in a fit."""

    train: np.ndarray
    valid: np.ndarray
    test: np.ndarray


class AbstractSource(eqx.Module):
    """Where the batches of a fit come from.

    To write one: `plan` and `batch` are traced into the compiled epoch, which calls
    `batch(plan, index, key)` for `index` from 0 to `steps - 1`; `divide` hands out the
    training and the held-out part; `sample` gives rows on the host from which an objective
    starts; `segments` yields the sources of the same shape that make up one epoch (only
    `self`, unless the data do not fit into memory). `names` are those of the parameters, empty
    where the data have none.
    """

    steps: eqx.AbstractVar[int]
    names: eqx.AbstractVar[tuple[str, ...]]

    @abc.abstractmethod
    def plan(self, key: Array) -> PyTree:
        """What one epoch needs to know in advance, such as a permutation."""

    @abc.abstractmethod
    def batch(self, plan: PyTree, index: Array | int, key: Array) -> PyTree:
        """Batch number `index`."""

    @abc.abstractmethod
    def divide(self, valid: float, test: float, *, key: Array) -> tuple["AbstractSource", "AbstractSource", Split]:
        """The part to train on, the held-out part that decides when to stop, and the row numbers."""

    @abc.abstractmethod
    def sample(self, n: int, *, key: Array) -> Any:
        """At most `n` rows as NumPy arrays."""

    @abc.abstractmethod
    def segments(self, key: Array) -> Iterator["AbstractSource"]:
        """The pieces of one epoch, all of the same shapes."""


def random_split(rows: np.ndarray, valid: float, test: float, *, key: Array) -> Split:
    """Divide row numbers at random into training, validation and test parts."""
    for name, share in (("valid", valid), ("test", test)):
        if not 0 <= share < 1:
            raise ValueError(f"{name} must be a share from 0 to below 1, but {share} came")
    if valid == 0:
        raise ValueError("valid must be above 0: stopping and the best weights are decided on held-out rows")
    if valid + test >= 0.95:
        raise ValueError(f"valid + test = {valid + test:.2f} leaves no rows to train on; lower them")
    generator = np.random.default_rng(np.asarray(jax.random.key_data(key)).ravel())
    shuffled = generator.permutation(rows)
    n_valid, n_test = max(1, round(valid * len(rows))), round(test * len(rows))
    parts = np.split(shuffled, [len(rows) - n_valid - n_test, len(rows) - n_test])
    return Split(*(np.sort(part) for part in parts))
