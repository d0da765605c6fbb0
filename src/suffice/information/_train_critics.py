"""Critics trained fold by fold, side by side in one compiled call."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import equinox as eqx
import jax
import numpy as np
import pandas as pd
from jaxtyping import Array, Float

from ..bounds import AbstractBound, Discriminative
from ..networks import AbstractCritic, BilinearCritic, JointCritic, SeparableCritic, SumOfCritics
from ..train import Arrays, fit_members
from ._folds import Fold
from ._marginals import Marginals, Scale
from ._scores import PAIRS, score, Scores
from ._variables import Variable

_REFERENCE = 2048


class Member(NamedTuple):
    """Rows of one fold as the critic sees them, and the map of each side."""

    fold: Fold
    x: Float[np.ndarray, "n n_x"]
    y: Float[np.ndarray, "n n_y"]
    maps: tuple[Marginals, Marginals]

    def sources(self, batch_size: int) -> tuple[Arrays, Arrays]:
        """Batches to train on, and to stop by."""
        return self.fold.sources({"x": self.x, "y": self.y}, batch_size)


class Trained(NamedTuple):
    """One fold's log-ratio, the rows it is judged on, and on how many pairs of them."""

    member: Member
    ratio: AbstractCritic
    normalised: bool = True
    pairs: int = PAIRS

    @property
    def reference(self) -> np.ndarray | None:
        """Training rows of y that give the function of x up to which the log-ratio is known, where it is not known."""
        return None if self.normalised else self.member.y[self.member.fold.train[:_REFERENCE]]

    def scores(self, part: str) -> Scores:
        """On the `"valid"` or `"test"` rows."""
        rows = getattr(self.member.fold, part)
        return score(self.ratio, self.member.x[rows], self.member.y[rows], self.reference, pairs=self.pairs)


def member_of(x: Variable, y: Variable, fold: Fold, scale: Scale) -> Member:
    """Map the columns, by what the fold's training rows say."""
    maps = tuple(Marginals.fit(v.numbers[fold.train], v.continuous, scale) for v in (x, y))
    return Member(fold, maps[0](x.numbers), maps[1](y.numbers), (maps[0], maps[1]))


_MAKERS: dict[str, Callable[..., AbstractCritic]] = {
    "joint": JointCritic,
    "separable": SeparableCritic,
    "bilinear": BilinearCritic,
}


@eqx.filter_jit
def _network(kind: str, sizes: tuple[int, int], options: tuple[tuple[str, Any], ...], key: Array) -> AbstractCritic:
    """Compiled once for all folds, rather than once for each layer."""
    return _MAKERS[kind](*sizes, **dict(options), key=key)


@eqx.filter_jit
def _sized(bound: AbstractBound, sizes: tuple[int, int], key: Array) -> AbstractBound:
    return bound.for_sizes(*sizes, key=key)


def critics_for(
    members: Sequence[Member],
    kind: str | AbstractCritic,
    *,
    base: Callable[[Any, Any], AbstractCritic] | None = None,
    hidden: Sequence[int],
    key: Any,
) -> list[AbstractCritic]:
    """A network for each member, beside a closed form `base` of the training rows; or the user's own."""
    if isinstance(kind, AbstractCritic):
        return [kind] * len(members)
    if kind not in _MAKERS:
        raise ValueError(f"critic must be one of {', '.join(_MAKERS)}, or a critic, but {kind!r} came")
    options: dict[str, Any] = {} if kind == "bilinear" else {"hidden": tuple(hidden)}
    options |= {"last": 0.1 if base is None else 0.0} if kind == "joint" else {}
    found = []
    for i, member in enumerate(members):
        sizes, train = (member.x.shape[1], member.y.shape[1]), member.fold.train
        network = _network(kind, sizes, tuple(options.items()), jax.random.fold_in(key, i))
        closed = () if base is None else (base(member.x[train], member.y[train]),)
        found.append(SumOfCritics((*closed, network)) if closed else network)
    return found


def train_critics(
    members: Sequence[Member],
    critics: Sequence[AbstractCritic],
    bound: AbstractBound,
    *,
    negatives: int | None,
    batch_size: int,
    key: Any,
    **settings: Any,
) -> tuple[list[Trained], pd.DataFrame]:
    """The log-ratio of each member, and the history."""
    objectives, parts = [], []
    for i, (member, critic) in enumerate(zip(members, critics, strict=True)):
        sized = _sized(bound, (member.x.shape[1], member.y.shape[1]), jax.random.fold_in(key, i))
        objectives.append(Discriminative(critic, sized, negatives))
        parts.append(member.sources(batch_size))
    fits = fit_members(objectives, parts, key=key, **settings)
    found = [Trained(m, trained.log_ratio, bound.normalised) for m, trained in zip(members, fits.objectives)]
    return found, fits.history
