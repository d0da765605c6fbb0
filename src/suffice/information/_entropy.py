"""Entropy: exact for classes, of a trained density for numbers, or by nearest neighbours.

H(x) ≤ -E[log q(x)] for any density q (the cross-entropy), on rows that q was not trained on;
H(x) ≈ ψ(N) - ψ(k) + log V_d + d/N Σ_i log ε_i, ε_i the distance to the k-th neighbour and V_d the volume of the
unit ball, 2^d in the maximum norm (Kozachenko & Leonenko 1987; eq. 20 of Kraskov et al. 2004).
"""

from collections.abc import Sequence
from typing import Any

import jax
import numpy as np
from jaxtyping import Array, Float
from scipy.spatial import KDTree
from scipy.special import digamma

from ..bounds import Likelihood
from ..core import as_key, Estimate, KeyLike
from ..networks import ConditionalFlow, ConditionalMixture
from ..train import fit_members
from ._folds import batch_size_for, Fold, folds_of, seed_of
from ._interval import around, in_unit
from ._rows import on_rows
from ._variables import as_variable, refuse_few, Variable

_ESTIMATORS = ("auto", "flow", "mixture", "normal", "knn", "discrete")


def entropy(
    x: Any,
    estimator: str = "auto",
    *,
    key: KeyLike = 0,
    folds: int = 5,
    valid: float = 0.1,
    hidden: Sequence[int] = (64,),
    batch_size: int | None = None,
    learning_rate: float = 5e-3,
    max_epochs: int = 100,
    patience: int = 8,
    k: int = 3,
    level: float = 0.95,
    bits: bool = False,
    progress: bool = True,
) -> Estimate:
    """Entropy of `x`, in nats: differential for numbers, so it depends on their unit and may be negative.

    **Arguments:**

    - `x`: rows of numbers or classes, as in `sf.estimate_mi`.
    - `estimator`: `"auto"` (`"discrete"` for classes, else `"flow"`); a density, `"flow"`, `"mixture"` or `"normal"`,
      which gives an upper bound; `"knn"`, with `k` neighbours, a point estimate; `"discrete"`.
    - the others: as in `sf.estimate_mi`.

    >>> import numpy as np
    >>> rows = np.random.default_rng(0).normal(size=2000)
    >>> bool(abs(entropy(rows, "knn").value - 0.5 * np.log(2 * np.pi * np.e)) < 0.1)
    True
    """
    if estimator not in _ESTIMATORS:
        raise ValueError(f"no estimator of entropy is called {estimator!r}; known: {', '.join(_ESTIMATORS)}")
    variable = as_variable(x, "x")
    refuse_few(variable)
    discrete = variable.classes is not None
    if (estimator == "discrete" and not discrete) or (estimator not in ("auto", "discrete") and discrete):
        raise ValueError(f"x is {'' if discrete else 'not '}discrete; use estimator='auto'")
    if variable.classes is not None:
        return in_unit(_of_classes(variable.classes, level), bits)
    if not all(variable.continuous):
        raise ValueError("x mixes continuous and discrete columns, whose entropy is neither; take them apart")
    if estimator == "knn":
        return in_unit(_of_neighbours(variable.numbers, k, level), bits)
    key = as_key(key)
    parts = folds_of(len(variable), folds, valid, seed_of(key))
    density = _density("flow" if estimator == "auto" else estimator, variable.numbers.shape[1], tuple(hidden))
    settings = {"learning_rate": learning_rate, "max_epochs": max_epochs, "patience": patience, "progress": progress}
    size = batch_size or batch_size_for(len(parts[0].train))
    return in_unit(_of_density(density, variable, parts, size, level, key, settings), bits)


def _of_classes(classes: np.ndarray, level: float) -> Estimate:
    p = np.bincount(classes) / len(classes)
    terms = -np.log(p[classes])
    return around(terms + (np.count_nonzero(p) - 1) / (2 * len(classes)), "point", level=level, label="H(x)")


def _of_neighbours(rows: Float[np.ndarray, "n d"], k: int, level: float) -> Estimate:
    n, d = rows.shape
    if not 1 <= k < n:
        raise ValueError(f"k must be at least 1 and below the number of rows, but {k} came")
    white, log_det = _white(rows, np.arange(n))  # columns of unequal spreads would have few near neighbours
    away = KDTree(white).query(white, k + 1, p=np.inf)[0][:, k]
    if (away == 0).any():
        raise ValueError(f"{int((away == 0).sum())} rows have {k} equal ones; of such x the entropy is not that of a "
                         "density; add noise of the resolution, or give it as classes")  # fmt: skip
    terms = digamma(n) - digamma(k) + d * np.log(2 * away) - log_det
    return around(terms, "point", level=level, label="H(x)")


def _density(name: str, d: int, hidden: tuple[int, ...]) -> Any:
    if name == "flow":
        return lambda key: ConditionalFlow(0, d, layers=2 if d == 1 else 4, width=hidden[0], key=key)
    return lambda key: ConditionalMixture(0, d, components=1 if name == "normal" else 8, key=key)


def _of_density(
    density: Any,
    variable: Variable,
    parts: Sequence[Fold],
    batch_size: int,
    level: float,
    key: Array,
    settings: dict[str, Any],
) -> Estimate:
    objectives, sources, whitened = [], [], []
    for i, fold in enumerate(parts):
        rows, log_det = _white(variable.numbers, fold.train)
        whitened.append((rows[fold.test], log_det))
        sources.append(fold.sources({"x": rows}, batch_size))
        objectives.append(Likelihood(density(jax.random.fold_in(key, i))))
    fits = fit_members(objectives, sources, key=key, **settings)
    terms = [-on_rows(fit.summary.log_prob, rows) - log_det for fit, (rows, log_det) in zip(fits.objectives, whitened)]
    return around(np.concatenate(terms), "upper", level=level, label="H(x)", details=fits.history)


def _white(numbers: Float[np.ndarray, "n d"], train: np.ndarray) -> tuple[Float[np.ndarray, "n d"], float]:
    """Rows of unit covariance on the training rows, and the log-determinant of that map."""
    centred = numbers - numbers[train].mean(axis=0)
    covariance = np.atleast_2d(np.cov(centred[train].T))
    if np.linalg.matrix_rank(covariance) < len(covariance):
        raise ValueError("the columns of x depend on each other linearly, so it has no density; leave some out")
    whiten = np.linalg.inv(np.linalg.cholesky(covariance))
    return centred @ whiten.T, float(np.log(np.diag(whiten)).sum())
