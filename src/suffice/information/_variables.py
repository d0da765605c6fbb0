"""Variables as columns of numbers: what is discrete is recognised, what is missing refused."""

import dataclasses
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Float, Int

_MOST_CLASSES = 50


@dataclasses.dataclass(frozen=True)
class Variable:
    """One variable of `n` rows.

    - `numbers`: its columns `(n, d)`; of a discrete column, one of zeros and ones for each class.
    - `continuous`: which of the columns are not of a discrete one.
    - `classes`: the class of each row, from 0, where all columns are discrete.
    - `encoded`: whether a column of classes was turned into columns of zeros and ones, rather than given so.
    """

    numbers: Float[np.ndarray, "n d"]
    continuous: tuple[bool, ...]
    classes: Int[np.ndarray, " n"] | None
    encoded: bool = False

    def __len__(self) -> int:
        return len(self.numbers)

    @property
    def one_hot(self) -> "Variable":
        """With one column for each class that all columns make together, where they are discrete."""
        if self.classes is None:
            return self
        numbers = np.eye(self.classes.max() + 1)[self.classes]
        return Variable(numbers, (False,) * numbers.shape[1], self.classes)


def as_variable(values: Any, name: str) -> Variable:
    """Rows of a table, an array of any shape, or a list, as a `Variable`.

    Texts, booleans, categories, integers of at most 50 values and one-hot columns are discrete.

    >>> as_variable(["a", "b", "a"], "x").classes.tolist()
    [0, 1, 0]
    """
    columns = _columns(values, name)
    if not columns:
        raise ValueError(f"{name} has no columns")
    hot = _one_hot(columns)
    if hot is not None:
        return Variable(np.stack(columns, axis=1).astype(float), (False,) * len(columns), hot)
    parts, continuous, codes = [], [], []
    for i, column in enumerate(columns):
        found = _classes(column, f"{name}[{i}]" if len(columns) > 1 else name)
        if found is None:
            parts.append(np.asarray(column, np.float64)[:, None])
            continuous.append(True)
        else:
            codes.append(found)
            parts.append(np.eye(found.max() + 1)[found])
            continuous += [False] * (found.max() + 1)
    together = None
    if len(codes) == len(columns):
        together = np.unique(np.stack(codes, axis=1), axis=0, return_inverse=True)[1].ravel()
    return Variable(np.concatenate(parts, axis=1), tuple(continuous), together, encoded=bool(codes))


def two_variables(x: Any, y: Any) -> tuple[Variable, Variable]:
    """`x` and `y`, which must have the same rows."""
    one, other = as_variable(x, "x"), as_variable(y, "y")
    if len(one) != len(other):
        raise ValueError(f"x has {len(one)} rows and y {len(other)}; give the same rows of both")
    return one, other


def refuse_few(variable: Variable) -> None:
    """An error where there are too few rows to learn and to measure."""
    if len(variable) < 50:
        raise ValueError(f"{len(variable)} rows came, but at least 50 are needed to learn and to measure")


def _columns(values: Any, name: str) -> list[np.ndarray]:
    if isinstance(values, Variable):
        raise TypeError(f"{name} is a Variable already")
    if isinstance(values, pd.DataFrame):
        return [values[column].to_numpy() for column in values.columns]
    if isinstance(values, pd.Series):
        return [values.to_numpy()]
    array = np.asarray(values)
    if array.ndim == 0:
        raise ValueError(f"{name} must have rows, but a single {array.dtype} came")
    return list(array.reshape(len(array), -1).T) if array.size else []


def _classes(column: np.ndarray, name: str) -> np.ndarray | None:
    """Class numbers of a discrete column; None of one of numbers."""
    missing = int(pd.isna(column).sum())
    if missing:
        raise ValueError(f"{name} has {missing} missing values of {len(column)}; drop those rows or fill them in")
    if column.dtype.kind in "fc":
        if column.dtype.kind == "c" or not np.isfinite(column).all():
            raise ValueError(f"{name} must hold finite real numbers")
        return None
    distinct, codes = np.unique(column.astype(str) if column.dtype.kind == "O" else column, return_inverse=True)
    if column.dtype.kind in "iu" and len(distinct) > _MOST_CLASSES:
        return None
    if len(distinct) > max(_MOST_CLASSES, len(column) // 4):
        raise ValueError(f"{name} is text with {len(distinct)} different values in {len(column)} rows; is it an index?")
    return codes.ravel()


def _one_hot(columns: list[np.ndarray]) -> np.ndarray | None:
    if len(columns) < 2 or any(column.dtype.kind not in "biuf" for column in columns):
        return None
    array = np.stack(columns, axis=1)
    if not np.isin(array, (0, 1)).all() or not (array.sum(axis=1) == 1).all():
        return None
    return array.argmax(axis=1)
