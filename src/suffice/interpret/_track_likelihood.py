"""The exact likelihood of tracks under fractional Brownian motion with localisation noise, gaps included.

Positions seen at frames t_0 < t_1 < … have jointly normal differences, sums of the steps between them:

    y = A x,    Cov(y) = D G + noise² M,    G = A Γ(α) Aᵀ,  M = A N Aᵀ

With G v_i = λ_i M v_i and Vᵀ M V = 1, one decomposition for each α serves every D and every noise:

    log p(y) = -½ Σ_i [(v_i·y)² / (D λ_i + noise²) + log(D λ_i + noise²)] - ½ log det M - ½ m log 2π
"""

import dataclasses
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import scipy.linalg
from jaxtyping import Float

from ..simulate import Tracks
from ..simulate.processes import FractionalBrownian
from ._groups import some_rows
from ._maximum_likelihood import grid_top

_ALPHAS = np.linspace(0.05, 1.95, 39)
_SIZES = 33
_ROUNDS = 40


@dataclasses.dataclass(frozen=True, eq=False)
class TrackGrid:
    """Log-likelihoods `(n, alphas, Ds)` of n tracks at one noise; `d` in units of length² a frame^α."""

    alpha: Float[np.ndarray, " a"]
    d: Float[np.ndarray, " d"]
    noise: float
    log: Float[np.ndarray, "n a d"]

    def best(self) -> Float[np.ndarray, "n 2"]:
        """The most likely α and D of each track, between the points of the grid."""
        axes = [self.alpha, np.log(self.d)]
        found = np.array([grid_top(values, axes) for values in self.log])
        return np.stack([found[:, 0], np.exp(found[:, 1])], axis=1)


class _Pattern(NamedTuple):
    """Tracks seen at the same frames: their numbers, the decomposition for each α, and squares `(v_i·y)²`."""

    rows: np.ndarray
    values: Float[np.ndarray, "a m"]
    squares: Float[np.ndarray, "a n m"]
    constant: float
    dims: int

    def log(self, d: Float[np.ndarray, " d"], noise: float) -> Float[np.ndarray, "n a d"]:
        variance = d[:, None, None] * self.values + noise**2  # (d, a, m)
        quadratic = np.einsum("anm,dam->nad", self.squares, 1 / variance)
        return -0.5 * (quadratic + self.dims * np.log(variance).sum(axis=2).T) + self.constant


def noise_of(tracks: Tracks, *, rows: int = 500) -> float:
    """The localisation noise that all tracks share, that of the highest evidence.

    Each track has an α and a D of its own, from a distribution on the grid that is itself the most likely one (by
    expectation and maximisation): one that is taken for granted, with motions that do not occur, biases the noise.
    """
    some = tracks[some_rows(len(tracks), rows)]
    patterns, d = list(_patterns(some, _ALPHAS[::2])), _sizes(some)

    def evidence(noise: float) -> float:
        log = np.concatenate([part.log(d, noise).reshape(len(part.rows), -1) for part in patterns])
        top = log.max(axis=1, keepdims=True)
        likelihood = np.exp(log - top)
        weights = np.full(log.shape[1], 1 / log.shape[1])
        for _ in range(_ROUNDS):
            weights = weights * (likelihood / (likelihood @ weights)[:, None]).mean(axis=0)
        return float((np.log(likelihood @ weights) + top[:, 0]).sum())

    steps = some.displacements[some.known]
    tried = float(np.sqrt((steps**2).mean())) * np.exp(np.linspace(-6, -0.3, 20))
    for _ in range(2):
        values = np.array([evidence(noise) for noise in tried])
        k = int(values.argmax())
        if k == 0:
            return 0.0  # less than what can be told from none
        k = min(k, len(tried) - 2)
        tried = np.geomspace(tried[k - 1], tried[k + 1], 7)
    v = values[k - 1 : k + 2]
    bend = v[0] - 2 * v[1] + v[2]
    shift = 0.5 * (v[0] - v[2]) / bend if bend < 0 else 0.0
    middle, ratio = tried[3], (tried[-1] / tried[0]) ** 0.5
    return float(middle * ratio ** np.clip(shift, -1, 1))


def grid_of(tracks: Tracks, noise: float) -> TrackGrid:
    """The likelihood of every track on a grid of α from 0.05 to 1.95 and of D about what the tracks show."""
    d = _sizes(tracks)
    log = np.empty((len(tracks), len(_ALPHAS), len(d)))
    for part in _patterns(tracks, _ALPHAS):
        log[part.rows] = part.log(d, noise)
    return TrackGrid(_ALPHAS, d, noise, log)


def _sizes(tracks: Tracks) -> Float[np.ndarray, " d"]:
    """Values of D; noise hides what lies below it, so D may be much smaller than the steps suggest."""
    squares = np.where(tracks.known[..., None], tracks.displacements**2, 0.0).sum(axis=(1, 2))
    sizes = squares / np.maximum(tracks.known.sum(axis=1), 1) / tracks.positions.shape[2]
    sizes = sizes[sizes > 0]
    if not len(sizes):
        raise ValueError("no track has two neighbouring frames in which the particle moved")
    return np.geomspace(0.02 * np.quantile(sizes, 0.01), 2 * sizes.max(), _SIZES)


def _patterns(tracks: Tracks, alphas: np.ndarray) -> Iterator[_Pattern]:
    steps = tracks.seen.shape[1] - 1
    process, still = FractionalBrownian(steps), FractionalBrownian(steps, noise=1.0)
    moving = [process.covariance(np.array([alpha, 1.0])) for alpha in alphas]
    noise = still.covariance(np.array([1.0, 1.0])) - process.covariance(np.array([1.0, 1.0]))
    kinds, which = np.unique(tracks.seen, axis=0, return_inverse=True)
    for k, seen in enumerate(kinds):
        at, rows = np.flatnonzero(seen), np.flatnonzero(which.ravel() == k)
        step = np.arange(steps)
        sums = ((step >= at[:-1, None]) & (step < at[1:, None])).astype(np.float64)
        y = np.diff(tracks.positions[rows][:, at], axis=1)
        m = sums @ noise @ sums.T
        values, squares = [], []
        for covariance in moving:
            value, vectors = scipy.linalg.eigh(sums @ covariance @ sums.T, m)
            values.append(np.maximum(value, 1e-12 * value.max()))
            squares.append(((vectors.T @ y) ** 2).sum(axis=2))
        dims = y.shape[2]
        constant = -0.5 * dims * (np.linalg.slogdet(m)[1] + len(m) * np.log(2 * np.pi))
        yield _Pattern(rows, np.array(values), np.array(squares), float(constant), dims)
