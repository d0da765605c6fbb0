"""Rows divided into folds: for each, rows to train on, rows to stop by, and rows that only measure."""

from typing import NamedTuple

import numpy as np


class Fold(NamedTuple):
    """Row numbers of one fold."""

    train: np.ndarray
    valid: np.ndarray
    test: np.ndarray


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
