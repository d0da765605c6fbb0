"""Mutual information in closed form: of classes, and of jointly normal variables."""

import numpy as np

from ..core import Estimate
from ..networks import shrunk_covariance
from ._interval import around
from ._marginals import Marginals
from ._variables import as_variable


def discrete_mi(x: object, y: object, *, level: float = 0.95) -> Estimate:
    """Plug-in estimate of I(x; y) of classes, Σ p log p / (p_x p_y), with the correction of Miller & Madow (1955).

    The plug-in value is too large by about (cells - rows - columns + 1) / 2N, cells being those that occur; that is
    taken off. The interval is that of log p / (p_x p_y) over the rows.
    """
    codes = [as_variable(values, name).classes for values, name in ((x, "x"), (y, "y"))]
    for found, name in zip(codes, ("x", "y")):
        if found is None:
            raise ValueError(f"{name} is not discrete; use sf.estimate_mi")
    a, b = (np.asarray(found) for found in codes)
    if len(a) != len(b):
        raise ValueError(f"x has {len(a)} rows and y {len(b)}; give the same rows of both")
    table = np.zeros((a.max() + 1, b.max() + 1))
    np.add.at(table, (a, b), 1)
    p = table / len(a)
    p_x, p_y = p.sum(axis=1), p.sum(axis=0)
    terms = np.log(p[a, b] / (p_x[a] * p_y[b]))
    excess = ((table > 0).sum() - (p_x > 0).sum() - (p_y > 0).sum() + 1) / (2 * len(a))
    return around(terms - excess, "point", level=level, label="I(x; y)")


def gaussian_mi(x: object, y: object, *, ranks: bool = True, level: float = 0.95) -> Estimate:
    """I(x; y) = -½ Σ log(1 - ρ_i²) over the canonical correlations ρ_i: exact for jointly normal variables.

    With `ranks`, of the columns' normal scores: exact for a Gaussian copula. Otherwise no bound in either direction.
    """
    one, other = as_variable(x, "x"), as_variable(y, "y")
    if len(one) != len(other):
        raise ValueError(f"x has {len(one)} rows and y {len(other)}; give the same rows of both")
    scale = "ranks" if ranks else "scaled"
    parts = [Marginals.fit(v.numbers, v.continuous, scale)(v.numbers) for v in (one, other)]
    z = np.concatenate(parts, axis=1)
    z = z - z.mean(axis=0)
    whole, d = shrunk_covariance(z), parts[0].shape[1]
    blocks = (np.s_[:d], np.s_[d:])
    ratio = 0.5 * (sum(np.linalg.slogdet(whole[b, b])[1] for b in blocks) - np.linalg.slogdet(whole)[1])
    square = lambda rows, matrix: np.einsum("ni,ij,nj->n", rows, np.linalg.inv(matrix), rows)  # noqa: E731
    away = 0.5 * (sum(square(z[:, b], whole[b, b]) for b in blocks) - square(z, whole))
    return around(ratio + away - away.mean(), "point", level=level, label="I(x; y)")
