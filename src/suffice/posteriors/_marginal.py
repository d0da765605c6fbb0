"""The posterior of one or two parameters on a grid: normalised, without Monte-Carlo noise."""

import dataclasses
from collections.abc import Callable

import jax
import numpy as np
from jaxtyping import Array, Float

from ..core import as_key, KeyLike
from . import _cells
from ._asked import as_points, check_share

# A cell whose density is below exp(-18) of the highest one is left out: 1.5e-8.
_FLOOR = -18.0


@dataclasses.dataclass(frozen=True)
class Marginal:
    """Marginal posterior of the parameters `names` for m observations, on grids of cells.

    - `edges`: for each parameter, the cell edges `(m, G + 1)`; they cover where the density is
      above 1.5e-8 of its maximum.
    - `density`: `(m, G)` or `(m, G, G)`, integrates to one.
    - `log_ratio`: log posterior to prior on the same cells.
    - `evidence`: ∫ ratio × prior, `(m,)`: one, where the ratios are learned without error.
    - `classes`: number of classes of a discrete parameter, else 0; its cells are the classes.
    - `single`: one observation, whose axis is left out of what the methods return.
    """

    names: tuple[str, ...]
    edges: tuple[np.ndarray, ...]
    density: np.ndarray
    log_ratio: np.ndarray
    evidence: np.ndarray
    classes: int
    single: bool

    @property
    def grid(self) -> tuple[np.ndarray, ...]:
        """Middles of the cells of each parameter; the classes, for a discrete one."""
        return tuple(self._out(_cells.centres(edge)) for edge in self.edges)

    @property
    def mass(self) -> np.ndarray:
        """Probability of each cell, `(m, G...)`."""
        return self.density * _cells.volumes(self.edges)

    @property
    def mean(self) -> np.ndarray:
        """Posterior means, `(d,)` or `(m, d)`."""
        return self._out(self._moment(lambda x, centre: x, 0.0))

    @property
    def std(self) -> np.ndarray:
        """Posterior standard deviations, `(d,)` or `(m, d)`."""
        mean = self._moment(lambda x, centre: x, 0.0)
        # A cell of width h has a spread of its own: h² / 12.
        within = 0.0 if self.classes else np.stack([(np.diff(e, axis=1) ** 2).mean(axis=1) / 12 for e in self.edges], 1)
        return self._out(np.sqrt(self._moment(lambda x, centre: (x - centre) ** 2, mean) + within))

    def along(self, axis: int) -> np.ndarray:
        """Density of one of the parameters alone, `(m, G)` or `(G,)`."""
        edge = self.edges[axis]
        return self._out(_cells.along(self.density, _cells.volumes(self.edges), axis) / np.diff(edge, axis=1))

    def quantile(self, q: float) -> np.ndarray:
        """The value below which a share `q` of each parameter's mass lies, `(d,)` or `(m, d)`."""
        check_share(q)
        volume = _cells.volumes(self.edges)
        found = [_cells.quantile(e, _cells.along(self.density, volume, a), q) for a, e in enumerate(self.edges)]
        return self._out(np.stack(found, axis=1))

    def cdf(self, theta: Float[np.ndarray, "m d"]) -> np.ndarray:
        """Mass below each observation's own `theta`, for each parameter, `(m, d)`."""
        theta, volume = np.asarray(theta, np.float64), _cells.volumes(self.edges)
        masses = [_cells.along(self.density, volume, axis) for axis in range(len(self.edges))]
        found = [_cells.cumulative(e, w, theta[:, a]) for a, (e, w) in enumerate(zip(self.edges, masses))]
        return np.stack(found, axis=1)

    def level(self, theta: Float[np.ndarray, "m d"]) -> np.ndarray:
        """Mass of the smallest credible region (highest density) that holds `theta`, `(m,)`."""
        cells, inside = _cells.locate(self.edges, np.asarray(theta, np.float64)[:, None])
        own = self.density[(np.arange(len(self.density)), *(c[:, 0] for c in cells))]
        return np.where(inside[:, 0], _cells.credible_level(self.density, self.mass, own), 1.0)

    def log_prob(self, theta: Float[Array | np.ndarray, "n d"]) -> np.ndarray:
        """Log-density of parameters, `(n,)`, or `(m, n)` for several observations."""
        theta, m = as_points(theta, self.names), len(self.density)
        if not len(theta):
            return self._out(np.zeros((m, 0)))
        theta = np.broadcast_to(theta, (m, *theta.shape))
        cells, inside = _cells.locate(self.edges, theta)
        density = self.density[(np.arange(len(theta))[:, None], *cells)]
        with np.errstate(divide="ignore"):
            return self._out(np.where(inside, np.log(density), -np.inf))

    def log_prob_own(self, theta: Float[np.ndarray, "m d"]) -> np.ndarray:
        """Log-density of each observation at its own parameters, `(m,)`."""
        cells, inside = _cells.locate(self.edges, np.asarray(theta, np.float64)[:, None])
        density = self.density[(np.arange(len(theta)), *(cell[:, 0] for cell in cells))]
        with np.errstate(divide="ignore"):
            return np.where(inside[:, 0], np.log(density), -np.inf)

    def sample(self, n: int, *, key: KeyLike) -> np.ndarray:
        """Exact draws from the gridded density, `(n, d)` or `(m, n, d)`."""
        generator = np.random.default_rng(np.asarray(jax.random.key_data(as_key(key))).ravel())
        drawn = _cells.draw(self.edges, self.mass, n, generator)
        return self._out(np.round(drawn) if self.classes else drawn)

    def _moment(self, function: Callable, centre: np.ndarray | float) -> np.ndarray:
        volume, found = _cells.volumes(self.edges), []
        for axis, edge in enumerate(self.edges):
            middle = centre if isinstance(centre, int | float) else centre[:, axis, None]
            weights = _cells.along(self.density, volume, axis)
            found.append((weights * function(_cells.centres(edge), middle)).sum(axis=1))
        return np.stack(found, axis=1)

    def _out(self, values: np.ndarray) -> np.ndarray:
        return values[0] if self.single else values


LogRatio = Callable[[np.ndarray], np.ndarray]
LogPrior = Callable[[np.ndarray], np.ndarray]


def on_grid(
    names: tuple[str, ...],
    log_ratio: LogRatio,
    log_prior: LogPrior,
    box: tuple[np.ndarray, np.ndarray],
    *,
    observations: int,
    cells: int,
    passes: int,
    single: bool,
) -> Marginal:
    """Evaluate a marginal on cells, narrowed in `passes` steps to where the posterior lives.

    `log_ratio` and `log_prior` take points `(m, n, d)` and give `(m, n)`; `box` bounds the prior.
    """
    low, high = (np.repeat(np.asarray(side, np.float64)[None], observations, axis=0) for side in box)
    for last in [*([False] * (passes - 1)), True]:
        edges = tuple(np.linspace(low[:, a], high[:, a], cells + 1, axis=1) for a in range(low.shape[1]))
        points = _points(edges)
        ratio, prior = (np.asarray(f(points), np.float64) for f in (log_ratio, log_prior))
        log_density = np.where(np.isfinite(prior), ratio + prior, -np.inf)
        log_density = log_density.reshape(observations, *[cells] * len(edges))
        if not last:
            low, high = _narrowed(edges, log_density)
    return _normalised(names, edges, log_density, ratio.reshape(log_density.shape), 0, single)


def on_classes(name: str, log_ratio: LogRatio, log_prior: LogPrior, classes: int, m: int, single: bool) -> Marginal:
    """The probabilities of the classes of a discrete parameter."""
    edges = (np.repeat(np.arange(classes + 1.0)[None] - 0.5, m, axis=0),)
    points = np.repeat(np.arange(float(classes))[None, :, None], m, axis=0)
    ratio, prior = (np.asarray(f(points), np.float64) for f in (log_ratio, log_prior))
    return _normalised((name,), edges, ratio + prior, ratio, classes, single)


def _points(edges: tuple[np.ndarray, ...]) -> np.ndarray:
    middles = [_cells.centres(edge) for edge in edges]
    shape = (len(middles[0]), *(middle.shape[1] for middle in middles))
    apart = [np.expand_dims(m, tuple(b + 1 for b in range(len(edges)) if b != a)) for a, m in enumerate(middles)]
    return np.stack([np.broadcast_to(part, shape) for part in apart], axis=-1).reshape(shape[0], -1, len(edges))


def _narrowed(edges: tuple[np.ndarray, ...], log_density: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    lows, highs = [], []
    peak = log_density.max(axis=tuple(range(1, log_density.ndim)), keepdims=True)
    alive = log_density > peak + _FLOOR
    for axis, edge in enumerate(edges):
        others = tuple(i + 1 for i in range(len(edges)) if i != axis)
        along = alive.any(axis=others)
        count = along.shape[1]
        # One cell more on each side, since the density may rise between two middles.
        first = np.maximum(along.argmax(axis=1) - 1, 0)
        last = np.minimum(count - along[:, ::-1].argmax(axis=1) + 1, count)
        rows = np.arange(len(edge))
        lows.append(edge[rows, first])
        highs.append(edge[rows, last])
    return np.stack(lows, axis=1), np.stack(highs, axis=1)


def _normalised(
    names: tuple[str, ...],
    edges: tuple[np.ndarray, ...],
    log_density: np.ndarray,
    log_ratio: np.ndarray,
    classes: int,
    single: bool,
) -> Marginal:
    axes = tuple(range(1, log_density.ndim))
    peak = log_density.max(axis=axes, keepdims=True)
    peak = np.where(np.isfinite(peak), peak, 0.0)
    density = np.exp(log_density - peak)
    total = (density * _cells.volumes(edges)).sum(axis=axes, keepdims=True)
    if not np.isfinite(log_ratio).any(axis=tuple(range(1, log_ratio.ndim))).all():
        raise ValueError(
            f"the ratio of {', '.join(names)} is not a number anywhere: the observation lies too far beyond the data "
            "of the simulations, or holds numbers that are not finite"
        )
    if not (total > 0).all():
        raise ValueError(
            f"the prior has no density where the posterior of {', '.join(names)} would be; "
            "does the prior given here agree with the one the simulations were drawn from?"
        )
    evidence = (total * np.exp(peak)).reshape(len(density))
    return Marginal(names, edges, density / total, log_ratio, evidence, classes, single)
