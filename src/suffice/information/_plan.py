"""What every trained estimator of mutual information is given."""

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd
from jax import Array

from ..core import Registry
from ..networks import AbstractCritic
from ._folds import Fold
from ._marginals import Scale
from ._train_critics import Member, member_of, Trained
from ._variables import Variable


@dataclasses.dataclass(frozen=True)
class Plan:
    """Two variables, the folds of their rows, and the settings of `estimate_mi`."""

    x: Variable
    y: Variable
    folds: Sequence[Fold]
    key: Array
    critic: str | AbstractCritic
    hidden: tuple[int, ...]
    negatives: int | None
    density: str
    clusters: int | None
    batch_size: int
    fit: dict[str, Any]

    def members(self, scale: Scale = "ranks") -> list[Member]:
        """Each fold's rows, mapped by what its training rows say."""
        return [member_of(self.x, self.y, fold, scale) for fold in self.folds]

    @property
    def has_density(self) -> bool:
        """Whether one of the two variables is all classes, or y all numbers."""
        return self.x.classes is not None or self.y.classes is not None or all(self.y.continuous)

    @property
    def classes_last(self) -> "Plan":
        """As densities want it: x and y exchanged where only x is discrete, and one column a class of a discrete y."""
        x, y = (self.y, self.x) if self.x.classes is not None and self.y.classes is None else (self.x, self.y)
        return dataclasses.replace(self, x=x, y=y.one_hot)


# An estimator trains a log-ratio for each fold, and gives the history.
Trainer = Callable[[Plan], tuple[list[Trained], pd.DataFrame]]
trainers: "Registry[Trainer]" = Registry("estimator")
