"""Training and evaluation apart: a log-ratio learned from some rows, measured on any others."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import jax
import numpy as np
from jaxtyping import Float

from ..bounds import AbstractBound, registry
from ..core import as_key, Estimate, KeyLike
from ..networks import AbstractCritic
from ._certified import contributions, Correction, correction
from ._folds import batch_size_for, Fold, seed_of
from ._interval import around, in_unit
from ._scores import score
from ._train_critics import critics_for, member_of, train_critics, Trained
from ._variables import refuse_few, two_variables, Variable


@dataclasses.dataclass(frozen=True)
class TrainedMI:
    """What `sf.information.train_mi` learned.

    - `history`: the training, a row an epoch.
    - `trained`: the critic and the maps of the columns; `correction`: temper, cap and offset, chosen on rows that the
      critic was not trained on.
    """

    history: Any
    trained: Trained
    correction: Correction

    def evaluate(self, x: Any, y: Any, *, level: float = 0.95, bits: bool = False) -> Estimate:
        """The lower bound on these rows, which must not be those it was trained on, with its interval."""
        rows = self._mapped(x, y)
        scores = score(self.trained.ratio, *rows, self.trained.reference, pairs=self.trained.pairs)
        h = contributions(scores, self.correction)
        return in_unit(around(h, "lower", level=level, label="I(x; y)"), bits)

    def log_ratio(self, x: Any, y: Any) -> Float[np.ndarray, " n"]:
        """log p(x, y) / p(x) p(y) of each row, in nats."""
        scores = score(self.trained.ratio, *self._mapped(x, y), self.trained.reference, pairs=1)
        return self.correction(scores.joint)

    def _mapped(self, x: Any, y: Any) -> tuple[np.ndarray, np.ndarray]:
        sides = [_numbers(v, name) for v, name in zip(two_variables(x, y), ("x", "y"))]
        for side, own, name in zip(sides, self.trained.member.maps, ("x", "y")):
            if side.shape[1] != len(own.knots):
                raise ValueError(f"{name} had {len(own.knots)} columns in training, but {side.shape[1]} came")
        one, other = (own(side) for side, own in zip(sides, self.trained.member.maps))
        return one, other


def train_mi(
    x: Any,
    y: Any,
    bound: str | AbstractBound = "js",
    *,
    key: KeyLike = 0,
    valid: float = 0.1,
    critic: str | AbstractCritic = "joint",
    hidden: Sequence[int] = (64, 64),
    negatives: int | None = 8,
    batch_size: int | None = None,
    learning_rate: float = 2e-3,
    max_epochs: int = 100,
    patience: int = 8,
    progress: bool = True,
) -> TrainedMI:
    """Learn the log-ratio of `x` and `y` from all rows given, a share `valid` of which decides when to stop.

    **Arguments:** those of `sf.estimate_mi`; `bound`: a name in `sf.bounds.registry`, or a bound.

    **Returns:** a `TrainedMI`, to `evaluate` on other rows.

    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> x = rng.normal(size=900)
    >>> y = x + rng.normal(size=900)
    >>> learned = train_mi(x[:600], y[:600], hidden=(16,), max_epochs=20, progress=False)
    >>> 0.1 < learned.evaluate(x[600:], y[600:]).value < 0.6
    True
    """
    one, other = two_variables(x, y)
    refuse_few(one)
    if not 0 < valid < 0.5:
        raise ValueError(f"valid must be between 0 and 0.5, but {valid} came")
    made: Any = registry.get(bound) if isinstance(bound, str) else lambda: bound
    key = as_key(key)
    sides = [Variable(_numbers(v, name), v.continuous, None) for v, name in ((one, "x"), (other, "y"))]
    rows = np.random.default_rng(seed_of(key)).permutation(len(one))
    held = max(3, round(valid * len(rows)))
    fold = Fold(rows[held:], rows[:held], rows[:0])
    member = member_of(sides[0], sides[1], fold, "ranks")
    critics = critics_for([member], critic, hidden=hidden, key=key)
    size = batch_size or batch_size_for(len(fold.train))
    settings = {"learning_rate": learning_rate, "max_epochs": max_epochs, "patience": patience, "progress": progress}
    trained, history = train_critics(
        [member], critics, made(), negatives=negatives, batch_size=size, key=jax.random.fold_in(key, 1), **settings
    )
    return TrainedMI(history, trained[0], correction(trained[0].scores("valid")))


def _numbers(variable: Variable, name: str) -> np.ndarray:
    """Columns that other rows have in the same way."""
    if variable.encoded:
        raise ValueError(
            f"{name} holds classes, and other rows may not hold all of them; give one column of zeros and ones for each"
        )
    return variable.numbers
