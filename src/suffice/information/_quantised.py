"""Estimates through an alphabet of symbols that stand for x: cells of k-means ("pq"), or learned ones ("vq")."""

import warnings
from collections.abc import Sequence

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
from jaxtyping import Array, Float
from scipy.cluster.vq import kmeans2

from ..bounds import Centres, Quantised, QuantisedCritic
from ..core import Frozen
from ..networks import Stack
from ..train import fit_members
from ._plan import Plan, trainers
from ._train_critics import Member, Trained


def centres_of(rows: Float[np.ndarray, "n d"], clusters: int, seed: int = 0) -> Float[np.ndarray, "k d"]:
    """Centres of k-means, started by k-means++."""
    distinct = np.unique(rows, axis=0)
    if len(distinct) <= clusters:
        return distinct
    with warnings.catch_warnings():  # a cell that came to be empty is as good as another
        warnings.simplefilter("ignore", UserWarning)
        return kmeans2(rows, clusters, minit="++", rng=seed)[0]


def clusters_for(rows: int) -> int:
    """As many symbols as have a hundred rows each, at most 64."""
    return int(np.clip(rows // 100, 2, 64))


@trainers.register("pq")
def partitioned(plan: Plan) -> tuple[list[Trained], pd.DataFrame]:
    """Symbols are the cells of a k-means partition of x."""
    members = plan.members()
    k = plan.clusters or clusters_for(len(members[0].fold.train))
    centres = [centres_of(member.x[member.fold.train], k) for member in members]
    k = min(map(len, centres))  # of few distinct rows all may be centres, in one fold fewer than in another
    return _trained(plan, members, [Centres(Frozen(jnp.asarray(own[:k], float))) for own in centres], k)


@trainers.register("vq")
def learned(plan: Plan) -> tuple[list[Trained], pd.DataFrame]:
    """Symbols are learned together with the classifier."""
    members = plan.members()
    k = plan.clusters or clusters_for(len(members[0].fold.train))
    return _trained(plan, members, [None] * len(members), k)


def _trained(
    plan: Plan, members: Sequence[Member], encoders: Sequence[Centres | None], k: int
) -> tuple[list[Trained], pd.DataFrame]:
    objectives = []
    for i, (member, encoder) in enumerate(zip(members, encoders)):
        sizes = (member.x.shape[1], member.y.shape[1], k, plan.hidden)
        new, decoder = _networks(sizes, jax.random.fold_in(plan.key, i))
        objectives.append(Quantised(QuantisedCritic(encoder or new, decoder, jnp.zeros(k))))
    fits = fit_members(objectives, [m.sources(plan.batch_size) for m in members], key=plan.key, **plan.fit)
    return [Trained(member, one.log_ratio) for member, one in zip(members, fits.objectives)], fits.history


@eqx.filter_jit
def _networks(sizes: tuple[int, int, int, tuple[int, ...]], key: Array) -> tuple[Stack, Stack]:
    n_x, n_y, k, hidden = sizes
    first, second = jax.random.split(key)
    width, depth = hidden[0], len(hidden)
    return (
        Stack(n_x, k, width=width, depth=depth, key=first),
        Stack(n_y, k, width=width, depth=depth, key=second, last=0.1),
    )
