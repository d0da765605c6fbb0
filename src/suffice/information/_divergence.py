"""Kullback-Leibler divergence of two sets of rows: a critic, and its bound on rows that it was not trained on."""

from collections.abc import Sequence
from typing import Any

import equinox as eqx
import jax
import numpy as np
from jaxtyping import Array
from scipy import stats

from ..bounds import AbstractBound, JensenShannon, RatioOfNormals, TwoSamples
from ..core import as_key, Estimate, KeyLike
from ..networks import Stack
from ..train import fit_members
from ._certified import correction
from ._folds import batch_size_for, folds_of, seed_of
from ._interval import in_unit
from ._rows import on_rows
from ._scores import Scores
from ._variables import as_variable, refuse_few


def kl_divergence(
    p: Any,
    q: Any,
    bound: AbstractBound | None = None,
    *,
    key: KeyLike = 0,
    folds: int = 5,
    valid: float = 0.1,
    hidden: Sequence[int] = (64, 64),
    batch_size: int | None = None,
    learning_rate: float = 2e-3,
    max_epochs: int = 100,
    patience: int = 8,
    level: float = 0.95,
    bits: bool = False,
    progress: bool = True,
) -> Estimate:
    """KL(p || q) from rows of p and rows of q, a lower bound in nats.

    **Arguments:**

    - `p`, `q`: rows of the same columns; where one has more, so many of its rows, at random, are left out.
    - `bound`: teaches the critic; Jensen-Shannon unless told.
    - the others: as in `sf.estimate_mi`.

    No method that knows only n rows can show more than O(log n) nats (McAllester & Stratos 2020, arXiv:1811.04251).
    """
    key = as_key(key)
    rows = _same_columns(p, q, seed_of(key))
    parts = folds_of(len(rows[0]), folds, valid, seed_of(key))
    size = batch_size or batch_size_for(len(parts[0].train))
    objectives, sources = [], []
    for i, fold in enumerate(parts):
        network = _network(rows[0].shape[1], tuple(hidden), jax.random.fold_in(key, i))
        critic = RatioOfNormals.of(rows[0][fold.train], rows[1][fold.train], network)
        objectives.append(TwoSamples(critic, bound or JensenShannon()))
        sources.append(fold.sources({"p": rows[0], "q": rows[1]}, size))
    settings = {"learning_rate": learning_rate, "max_epochs": max_epochs, "patience": patience, "progress": progress}
    fits = fit_members(objectives, sources, key=key, **settings)
    of_p, of_q = [], []
    for fold, fit in zip(parts, fits.objectives):
        scores = [[on_rows(fit.summary, side[part]) for side in rows] for part in (fold.valid, fold.test)]
        chosen = correction(Scores(scores[0][0], scores[0][1][None], scores[0][1][None]))
        of_p.append(chosen(scores[1][0]))
        of_q.append(np.exp(chosen(scores[1][1])))
    terms = [np.concatenate(each) for each in (of_p, of_q)]
    value = float(terms[0].mean() - terms[1].mean() + 1)
    error = float(np.sqrt(sum(each.var(ddof=1) / len(each) for each in terms)))
    half = float(stats.norm.ppf(0.5 + level / 2)) * error
    return in_unit(
        Estimate(value, value - half, value + half, level, "lower", label="KL(p || q)", details=fits.history), bits
    )


def _same_columns(p: Any, q: Any, seed: int) -> tuple[np.ndarray, np.ndarray]:
    one, other = as_variable(p, "p"), as_variable(q, "q")
    for variable in (one, other):
        refuse_few(variable)
        if variable.classes is not None or not all(variable.continuous):
            raise ValueError("p and q must be rows of numbers; of classes, compare the frequencies themselves")
    if one.numbers.shape[1] != other.numbers.shape[1]:
        raise ValueError(f"p has {one.numbers.shape[1]} columns and q {other.numbers.shape[1]}; give the same ones")
    n, rng = min(len(one), len(other)), np.random.default_rng(seed)
    both = [rng.permutation(variable.numbers)[:n] for variable in (one, other)]
    together = np.concatenate(both)
    spread = together.std(axis=0)
    centre, scale = together.mean(axis=0), np.where(spread > 0, spread, 1.0)
    return (both[0] - centre) / scale, (both[1] - centre) / scale


@eqx.filter_jit
def _network(d: int, hidden: tuple[int, ...], key: Array) -> Stack:
    return Stack(d, 1, width=hidden[0], depth=len(hidden), last=0.0, key=key)
