"""How well one number follows a linear combination of others, up to a map of itself.

    max over w, h of corr(h(y), w · f),    h a cubic spline of the ranks of y

is a canonical correlation (Hotelling 1936, doi:10.1093/biomet/28.3-4.321), in closed form. What is reported afterwards
is the share of variance that a monotone function of w · f explains on rows that chose nothing.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from scipy import optimize, stats
from scipy.interpolate import BSpline

_KNOTS = np.linspace(0, 1, 6)


class Halves(NamedTuple):
    """Numbers of the rows that fit, and of those that score."""

    fit: np.ndarray
    score: np.ndarray


def halves_of(n: int) -> Halves:
    """A random half, the same each time, and the other."""
    order = np.random.default_rng(0).permutation(n)
    return Halves(order[: n // 2], order[n // 2 :])


def spline_basis(y: Float[np.ndarray, " n"]) -> Float[np.ndarray, "n b"]:
    """Cubic splines of the ranks of y, and y itself; without their mean."""
    u = (stats.rankdata(y) - 0.5) / len(y)
    knots = np.concatenate([[0] * 3, _KNOTS, [1] * 3])
    basis = BSpline.design_matrix(u, knots, 3).toarray()[:, 1:]
    return np.column_stack([basis - basis.mean(axis=0), y - y.mean()])


def leading_weights(f: Float[np.ndarray, "n m"], y_basis: Float[np.ndarray, "n b"]) -> list[Float[np.ndarray, " m"]]:
    """Weights of the linear combinations of f that follow y, which is the last of its basis, and the basis best."""
    scale = f.std(axis=0)
    q, r = np.linalg.qr((f - f.mean(axis=0)) / scale)
    if np.abs(np.diag(r)).min() < 1e-7 * np.abs(np.diag(r)).max():
        return []
    q_y = np.linalg.qr(y_basis)[0]
    both = q.T @ q_y
    straight, bent = q.T @ y_basis[:, -1], np.linalg.svd(both)[0][:, 0]
    return [np.linalg.solve(r, direction) / scale for direction in (straight, bent)]


def monotone_r2(e: np.ndarray, y: np.ndarray, halves: Halves) -> tuple[float, float]:
    """Share of the variance of y that a monotone function of e explains, and Spearman's correlation, held out."""
    sign = 1.0 if spearman(e[halves.fit], y[halves.fit]) >= 0 else -1.0
    order = halves.fit[np.argsort(sign * e[halves.fit], kind="stable")]
    steps = optimize.isotonic_regression(y[order]).x
    predicted = np.interp(sign * e[halves.score], sign * e[order], steps)
    left = ((y[halves.score] - predicted) ** 2).mean() / y[halves.score].var()
    return float(1 - left), spearman(e[halves.score], y[halves.score])


def spearman(a: np.ndarray, b: np.ndarray) -> float:
    """Correlation of ranks."""
    return float(np.corrcoef(stats.rankdata(a), stats.rankdata(b))[0, 1])
