"""Densities on grids of cells: normalising, moments, quantiles, credible levels, draws.

A density is constant in each cell. Grids are rows of cells: `edges[a]` `(m, G_a + 1)` for
each axis a of m observations, `density` `(m, G_1, ..., G_d)`.
"""

import numpy as np
from jaxtyping import Float


def centres(edges: Float[np.ndarray, "m e"]) -> Float[np.ndarray, "m g"]:
    """Middles of the cells."""
    return 0.5 * (edges[:, 1:] + edges[:, :-1])


def along(density: np.ndarray, volume: np.ndarray, axis: int) -> np.ndarray:
    """Mass of the cells along one axis, `(m, G_axis)`."""
    mass = density * volume
    others = tuple(i + 1 for i in range(density.ndim - 1) if i != axis)
    return mass.sum(axis=others)


def volumes(edges: tuple[np.ndarray, ...]) -> np.ndarray:
    """Volume of each cell, `(m, G_1, ..., G_d)`."""
    volume = np.ones((len(edges[0]),) + (1,) * len(edges))
    for axis, edge in enumerate(edges):
        shape = [len(edge)] + [1] * len(edges)
        shape[axis + 1] = -1
        volume = volume * np.diff(edge, axis=1).reshape(shape)
    return volume


def quantile(edges: np.ndarray, mass: np.ndarray, q: float) -> np.ndarray:
    """Where the cumulated mass reaches `q`, one number for each row."""
    total = np.concatenate([np.zeros((len(mass), 1)), np.cumsum(mass, axis=1)], axis=1)
    return np.array([np.interp(q, t / t[-1], e) for t, e in zip(total, edges)])


def cumulative(edges: np.ndarray, mass: np.ndarray, theta: np.ndarray) -> np.ndarray:
    """Mass below `theta` `(m,)` in each row."""
    total = np.concatenate([np.zeros((len(mass), 1)), np.cumsum(mass, axis=1)], axis=1)
    return np.array([np.interp(x, e, t / t[-1]) for x, t, e in zip(theta, total, edges)])


def locate(edges: tuple[np.ndarray, ...], theta: np.ndarray) -> tuple[tuple[np.ndarray, ...], np.ndarray]:
    """Index of the cell that holds each `theta` `(m, n, d)`, and whether there is one."""
    inside = np.ones(theta.shape[:2], bool)
    indices = []
    for axis, edge in enumerate(edges):
        cell = _counted(edge, theta[..., axis]) - 1
        cell = np.where(theta[..., axis] == edge[:, -1:], edge.shape[1] - 2, cell)
        inside &= (cell >= 0) & (cell < edge.shape[1] - 1)
        indices.append(np.clip(cell, 0, edge.shape[1] - 2))
    return tuple(indices), inside


def credible_level(density: np.ndarray, mass: np.ndarray, own: np.ndarray) -> np.ndarray:
    """Mass where the density is above `own` `(m,)`: the smallest credible region that holds a point."""
    flat, weights = density.reshape(len(density), -1), mass.reshape(len(mass), -1)
    higher = (flat > own[:, None]) * weights
    equal = (flat == own[:, None]) * weights
    return np.clip(higher.sum(axis=1) + 0.5 * equal.sum(axis=1), 0.0, 1.0)


def draw(edges: tuple[np.ndarray, ...], mass: np.ndarray, n: int, generator: np.random.Generator) -> np.ndarray:
    """`n` draws for each row, `(m, n, d)`: a cell by its mass, then a place in it at random."""
    total = np.cumsum(mass.reshape(len(mass), -1), axis=1)
    cells = _counted(total / total[:, -1:], generator.random((len(mass), n)))
    rows, drawn = np.arange(len(mass))[:, None], np.empty((len(mass), n, len(edges)))
    # Flat, since NumPy 2.4 unravels more than 8,192 rows of a single column wrongly.
    places = np.unravel_index(np.minimum(cells, total.shape[1] - 1).ravel(), mass.shape[1:])
    for axis, index in enumerate(place.reshape(cells.shape) for place in places):
        low, high = edges[axis][rows, index], edges[axis][rows, index + 1]
        drawn[..., axis] = low + (high - low) * generator.random((len(mass), n))
    return drawn


def _counted(ascending: Float[np.ndarray, "m g"], x: Float[np.ndarray, "m n"]) -> np.ndarray:
    """How many numbers of each row are not above each x, `(m, n)`; what loops is the shorter of rows and columns."""
    if x.shape[1] < len(x):
        return np.stack([(ascending <= column[:, None]).sum(axis=1) for column in x.T], axis=1)
    return np.stack([np.searchsorted(row, own, side="right") for row, own in zip(ascending, x)])
