"""Mutual information in closed form: of classes, and of jointly normal variables."""

import numpy as np

from ..core import Estimate
from ..networks import normal_log_ratio
from ._interval import around
from ._marginals import Marginals
from ._variables import two_variables


def discrete_mi(x: object, y: object, *, level: float = 0.95) -> Estimate:
    """Plug-in estimate of I(x; y) of classes, Σ p log p / (p_x p_y), with the correction of Miller & Madow (1955).

    The plug-in value is too large by about (cells - rows - columns + 1) / 2N, cells being those that occur; that is
    taken off. The interval is that of log p / (p_x p_y) over the rows.
    """
    codes = [variable.classes for variable in two_variables(x, y)]
    for found, name in zip(codes, ("x", "y")):
        if found is None:
            raise ValueError(f"{name} is not discrete; use sf.estimate_mi")
    return plug_in(np.asarray(codes[0]), np.asarray(codes[1]), level)


def plug_in(a: np.ndarray, b: np.ndarray, level: float) -> Estimate:
    """Of class numbers from 0."""
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
    one, other = two_variables(x, y)
    scale = "ranks" if ranks else "scaled"
    parts = [Marginals.fit(v.numbers, v.continuous, scale)(v.numbers) for v in (one, other)]
    z = np.concatenate(parts, axis=1)
    z = z - z.mean(axis=0)
    quadratic, ratio = normal_log_ratio(z, parts[0].shape[1])
    away = 0.5 * np.einsum("ni,ij,nj->n", z, quadratic, z)
    return around(ratio + away - away.mean(), "point", level=level, label="I(x; y)")
