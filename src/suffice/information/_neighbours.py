"""Mutual information from distances to nearest neighbours (Kraskov, Stögbauer & Grassberger 2004, cond-mat/0305641).

With ε_i the largest-coordinate distance of row i to its k-th neighbour in (x, y), and n_x, n_y how many rows are closer
than that in x and in y alone,

    I₁ = ψ(k) + ψ(N) - mean[ψ(n_x + 1) + ψ(n_y + 1)],      I₂ = ψ(k) - 1/k + ψ(N) - mean[ψ(n_x) + ψ(n_y)],

with n_x, n_y of I₂ counted within the neighbours' own extent in each variable. Where x holds classes, Ross (2014,
PLoS ONE 9, e87357): I = ψ(N) + ψ(k) - mean[ψ(N_class) + ψ(m)].

The bias is small for few dimensions, and grows towards zero information with the dimension and with strong dependence
(Gao, Ver Steeg & Galstyan 2015, arXiv:1411.2003): not a bound.
"""

from typing import Any, Literal

import numpy as np
from jaxtyping import Float, Int
from scipy.spatial import KDTree
from scipy.special import digamma

from ..core import Estimate
from ._interval import around
from ._variables import two_variables, Variable


def ksg(
    x: object, y: object, *, k: int = 3, variant: Literal[1, 2] = 1, level: float = 0.95, seed: int = 0
) -> Estimate:
    """Nearest-neighbour estimate of I(x; y) for few columns.

    **Arguments:**

    - `x`, `y`: rows of numbers; one of the two may hold classes.
    - `k`: which neighbour; a larger one has less variance and more bias.
    - `variant`: 1 or 2 of the paper.
    - `seed`: of the tiny noise that breaks ties.

    **Returns:** a point estimate; its interval is from the spread of the rows' terms and does not tell of the bias.
    """
    one, other = two_variables(x, y)
    if not 1 <= k < len(one) or variant not in (1, 2):
        raise ValueError(f"k must be at least 1 and below the number of rows, variant 1 or 2; {k} and {variant} came")
    if one.classes is not None and other.classes is not None:
        raise ValueError("x and y are both discrete; use sf.information.discrete_mi")
    if one.classes is not None or other.classes is not None:
        numbers, classes = (other, one.classes) if one.classes is not None else (one, other.classes)
        terms = _with_classes(_spread(numbers, seed), np.asarray(classes), k)
    else:
        terms = _terms(_spread(one, seed), _spread(other, seed + 1), k, variant)
    return around(terms, "point", level=level, label="I(x; y)")


def _spread(variable: Variable, seed: int) -> Float[np.ndarray, "n d"]:
    """Standardised columns with noise far below their resolution, for the method assumes no ties."""
    z = variable.numbers - variable.numbers.mean(axis=0)
    z = z / np.where(z.std(axis=0) > 0, z.std(axis=0), 1.0)
    return z + 1e-10 * np.random.default_rng(seed).standard_normal(z.shape)


def _terms(x: np.ndarray, y: np.ndarray, k: int, variant: int) -> np.ndarray:
    n = len(x)
    both = np.concatenate([x, y], axis=1)
    found: Any = KDTree(both).query(both, k + 1, p=np.inf, workers=-1)
    distance, index = found
    if variant == 1:
        counts = [_within(z, np.nextafter(distance[:, k], 0)) for z in (x, y)]
        return digamma(k) + digamma(n) - sum(digamma(count + 1) for count in counts)
    extents = [np.abs(z[index[:, 1:]] - z[:, None]).max(axis=(1, 2)) for z in (x, y)]
    counts = [_within(z, extent) for z, extent in zip((x, y), extents)]
    return digamma(k) - 1 / k + digamma(n) - sum(digamma(np.maximum(count, 1)) for count in counts)


def _within(z: np.ndarray, radius: np.ndarray) -> np.ndarray:
    """How many other rows lie within each row's radius."""
    if z.shape[1] == 1:  # on a line, two searches in the sorted values
        line = np.sort(z[:, 0])
        upper = np.searchsorted(line, z[:, 0] + radius, side="right")
        return upper - np.searchsorted(line, z[:, 0] - radius, side="left") - 1
    return KDTree(z).query_ball_point(z, radius, p=np.inf, return_length=True, workers=-1) - 1


def _with_classes(x: Float[np.ndarray, "n d"], classes: Int[np.ndarray, " n"], k: int) -> np.ndarray:
    n, tree = len(x), KDTree(x)
    terms, used = np.zeros(n), np.zeros(n, bool)
    for label in np.unique(classes):
        rows = np.flatnonzero(classes == label)
        if len(rows) < 2:  # a class of one row has no neighbour and is left out, as in the paper
            continue
        own = min(k, len(rows) - 1)
        distance = KDTree(x[rows]).query(x[rows], own + 1, p=np.inf)[0][:, own]
        near = tree.query_ball_point(x[rows], np.nextafter(distance, 0), p=np.inf, return_length=True, workers=-1)
        terms[rows] = digamma(own) - digamma(len(rows)) - digamma(np.maximum(near, 1))
        used[rows] = True
    return terms[used] + digamma(int(used.sum()))
