"""Densities of one and two parameters from samples, and where their credible regions end.

A smoothed histogram: bins much finer than the kernel, a Gaussian kernel by Scott's rule, mass
reflected at the ends of the data so that a posterior cut off by its prior does not sag at the edge.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from scipy.ndimage import gaussian_filter, zoom


class Curve(NamedTuple):
    """Density of one parameter on a grid."""

    grid: np.ndarray
    density: np.ndarray

    @property
    def weights(self) -> np.ndarray:
        """Mass of each grid point, summing to one."""
        mass = self.density * np.gradient(self.grid)
        return mass / mass.sum()

    @property
    def moments(self) -> tuple[float, float]:
        """Mean and standard deviation of the density."""
        mean = self.weights @ self.grid
        return float(mean), float(np.sqrt(self.weights @ (self.grid - mean) ** 2))


class Surface(NamedTuple):
    """Density of two parameters on a grid; `density[i, j]` is at `(x[i], y[j])`."""

    x: np.ndarray
    y: np.ndarray
    density: np.ndarray


def curve_of(samples: Float[np.ndarray, "n"], bins: int = 400) -> Curve:
    """Density of samples of one parameter.

    >>> curve = curve_of(np.random.default_rng(0).normal(3.0, 2.0, size=20_000))
    >>> print("mean {:.1f}, standard deviation {:.1f}".format(*curve.moments))
    mean 3.0, standard deviation 2.0
    """
    low, high = _range(samples)
    counts, edges = np.histogram(samples, bins=bins, range=(low, high))
    width = 1.06 * _scale(samples) * len(samples) ** (-1 / 5)
    density = gaussian_filter(counts.astype(float), max(width / (edges[1] - edges[0]), 0.5), mode="reflect")
    density /= density.sum() * (edges[1] - edges[0])
    return Curve((edges[1:] + edges[:-1]) / 2, density)


def surface_of(x: Float[np.ndarray, "n"], y: Float[np.ndarray, "n"], bins: int = 120) -> Surface:
    """Density of samples of two parameters."""
    ranges = (_range(x), _range(y))
    counts, x_edges, y_edges = np.histogram2d(x, y, bins=bins, range=ranges)
    steps = (x_edges[1] - x_edges[0], y_edges[1] - y_edges[0])
    rule = len(x) ** (-1 / 6)
    sigma = [max(1.06 * _scale(v) * rule / step, 0.5) for v, step in zip((x, y), steps)]
    density = gaussian_filter(counts, sigma, mode="reflect")
    density /= density.sum() * steps[0] * steps[1]
    return Surface((x_edges[1:] + x_edges[:-1]) / 2, (y_edges[1:] + y_edges[:-1]) / 2, density)


def refined(surface: Surface, points: int = 200) -> Surface:
    """The same density on a finer grid by cubic splines, so that contours have no corners."""
    factors = [max(1.0, points / n) for n in surface.density.shape]
    density = np.clip(np.asarray(zoom(surface.density, factors, order=3, mode="nearest")), 0, None)
    steps = [np.linspace(0, n - 1, m) for n, m in zip(surface.density.shape, density.shape)]
    x, y = (np.interp(s, np.arange(len(a)), a) for s, a in zip(steps, (surface.x, surface.y)))
    return Surface(x, y, density)


def height(density: np.ndarray, mass: np.ndarray, level: float) -> float:
    """Density above which the highest-density region of credible mass `level` lies.

    `mass` is that of each grid point. On a triangular density the region of 3/4 ends at half height:

    >>> x = np.linspace(-1, 1, 2001)
    >>> triangle = 1 - abs(x)
    >>> print(round(height(triangle, triangle, 0.75), 2))
    0.5
    """
    order = np.argsort(density, axis=None)[::-1]
    cumulative = np.cumsum(mass.ravel()[order])
    index = np.searchsorted(cumulative, level * cumulative[-1])
    return float(density.ravel()[order[min(index, len(order) - 1)]])


def _range(values: np.ndarray) -> tuple[float, float]:
    """Where the samples lie, leaving out far outliers that would take up all the bins."""
    low, high = values.min(), values.max()
    inner_low, inner_high = np.quantile(values, (0.001, 0.999))
    pad = 0.15 * (inner_high - inner_low)
    low, high = max(low, inner_low - pad), min(high, inner_high + pad)
    if low == high:
        room = 1e-3 * max(abs(low), 1.0)
        return low - room, high + room
    return float(low), float(high)


def _scale(values: np.ndarray) -> float:
    """Robust spread: the smaller of standard deviation and that of the middle half."""
    quarter = np.subtract(*np.quantile(values, (0.75, 0.25))) / 1.349
    return float(min(values.std(), quarter) if quarter > 0 else values.std())
