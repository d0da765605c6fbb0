"""Critics trained fold by fold, side by side in one compiled call."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import equinox as eqx
import jax
import numpy as np
import pandas as pd
from jaxtyping import Array, Float

from ..bounds import AbstractBound, Discriminative
from ..networks import AbstractCritic, BilinearCritic, GaussianCritic, JointCritic, SeparableCritic, SumOfCritics
from ..train import Arrays, fit_members
from ._folds import Fold
from ._marginals import Marginals, Scale
from ._variables import Variable


class Member(NamedTuple):
    """Rows of one fold as the critic sees them, and the map of each side."""

    fold: Fold
    x: Float[np.ndarray, "n n_x"]
    y: Float[np.ndarray, "n n_y"]
    maps: tuple[Marginals, Marginals]


class Trained(NamedTuple):
    """One fold's log-ratio and the rows it is judged on."""

    member: Member
    ratio: AbstractCritic
    normalised: bool


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


def critic_for(member: Member, kind: str, base: bool, hidden: Sequence[int], key: Any) -> AbstractCritic:
    """A network, beside the closed form for normal variables where asked for."""
    if kind not in _MAKERS:
        raise ValueError(f"critic must be one of {', '.join(_MAKERS)}, or a critic, but {kind!r} came")
    options: dict[str, Any] = {} if kind == "bilinear" else {"hidden": tuple(hidden)}
    options |= {"last": 0.0 if base else 0.1} if kind == "joint" else {}
    network = _network(kind, (member.x.shape[1], member.y.shape[1]), tuple(options.items()), key)
    if not base:
        return network
    train = member.fold.train
    return SumOfCritics((GaussianCritic(member.x[train], member.y[train]), network))


def train_critics(
    members: Sequence[Member],
    bound: AbstractBound,
    *,
    critic: str | AbstractCritic,
    base: bool,
    hidden: Sequence[int],
    negatives: int | None,
    batch_size: int,
    key: Any,
    **settings: Any,
) -> tuple[list[Trained], pd.DataFrame]:
    """The log-ratio of each member, and the history."""
    objectives, parts = [], []
    for i, member in enumerate(members):
        for_critic, for_bound = jax.random.split(jax.random.fold_in(key, i))
        own = critic if isinstance(critic, AbstractCritic) else critic_for(member, critic, base, hidden, for_critic)
        sized = _sized(bound, (member.x.shape[1], member.y.shape[1]), for_bound)
        objectives.append(Discriminative(own, sized, negatives))
        parts.append(sources_of(member, batch_size))
    fits = fit_members(objectives, parts, key=key, **settings)
    found = [Trained(m, trained.log_ratio, bound.normalised) for m, trained in zip(members, fits.objectives)]
    return found, fits.history


def sources_of(member: Member, batch_size: int) -> tuple[Arrays, Arrays]:
    """Batches to train on and to stop by."""
    train, valid = member.fold.train, member.fold.valid
    rows = np.concatenate([train, valid])
    data = {"x": member.x[rows], "y": member.y[rows]}
    source = Arrays(data, np.arange(len(train)), batch_size=batch_size)
    # Held-out batches of the size of the training ones: the loss of some bounds depends on it.
    size = min(source.batch_size, len(valid))
    held_out = Arrays(source.data, len(train) + np.arange(len(valid)), batch_size=size, shuffle=False)
    return source, held_out
