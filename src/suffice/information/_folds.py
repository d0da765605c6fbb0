"""Rows divided into folds: for each, rows to train on, rows to stop by, and rows that only measure."""

from collections.abc import Mapping
from typing import NamedTuple

import jax
import numpy as np
from jaxtyping import Array

from ..train import Arrays


class Fold(NamedTuple):
    """Row numbers of one fold."""

    train: np.ndarray
    valid: np.ndarray
    test: np.ndarray

    def sources(self, data: Mapping[str, np.ndarray], batch_size: int) -> tuple[Arrays, Arrays]:
        """Batches of these rows to train on, and to stop by."""
        n, held = len(self.train), len(self.valid)
        rows = np.concatenate([self.train, self.valid])
        source = Arrays({name: column[rows] for name, column in data.items()}, np.arange(n), batch_size=batch_size)
        # Held-out batches of the size of the training ones: the loss of some bounds depends on it.
        size = min(source.batch_size, held)
        return source, Arrays(source.data, n + np.arange(held), batch_size=size, shuffle=False)


def folds_of(n: int, folds: int, valid: float, seed: int) -> list[Fold]:
    """`folds` divisions of all but fewer than `folds` rows, of equal sizes; one fold tests on a fifth.

    Every row is in the test part of one fold, but for `folds=1`.
    """
    shuffled = np.random.default_rng(seed).permutation(n)
    size = n // (5 if folds == 1 else folds)
    found = []
    for k in range(folds):
        test = shuffled[k * size : (k + 1) * size]
        if folds == 1:
            rest = shuffled[size:]
        else:
            rest = np.concatenate([shuffled[: k * size], shuffled[(k + 1) * size : folds * size]])
        held = max(1, round(valid * len(rest)))
        found.append(Fold(rest[held:], rest[:held], test))
    return found


def batch_size_for(rows: int) -> int:
    """About thirty steps an epoch, of 64 to 512 rows."""
    return int(np.clip(rows // 30, 64, 512))


def seed_of(key: Array) -> int:
    """A seed for NumPy."""
    return int(np.asarray(jax.random.key_data(jax.random.fold_in(key, 7))).ravel()[-1])
