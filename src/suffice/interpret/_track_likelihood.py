"""The exact likelihood of tracks under fractional Brownian motion with localisation noise, gaps included.

Positions seen at frames t_0 < t_1 < … have jointly normal differences y_i = x(t_{i+1}) - x(t_i):

    Cov(y) = D G(α) + noise² M,    Cov(x(s), x(t)) = D (s^α + t^α - |s - t|^α),    M = 2 on the diagonal, -1 beside it

With M^-½ G M^-½ u_i = λ_i u_i and v_i = M^-½ u_i, one decomposition for each α serves every D and every noise:

    log p(y) = -½ Σ_i [(v_i·y)² / (D λ_i + noise²) + log(D λ_i + noise²)] - ½ log det M - ½ m log 2π

What it costs goes with the cube of the frames in which a particle was seen, whatever lies between them. Tracks of more
than 512 differences are scored in equal pieces, as if these were independent of each other.
"""

import dataclasses
import itertools
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
import scipy.linalg
from jaxtyping import Float

from ..simulate import Tracks
from ._groups import some_rows
from ._maximum_likelihood import grid_top

_ALPHAS = np.linspace(0.05, 1.95, 39)
_SIZES = 33
_ROUNDS = 40
_LONGEST = 512  # differences scored together
_BLOCK = 256  # pieces whose squares are held at once


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
    """Pieces seen at the same frames: their tracks, the decomposition for each α, and squares `(v_i·y)²`."""

    rows: np.ndarray
    values: Float[np.ndarray, "a m"]
    squares: Float[np.ndarray, "a n m"]
    constant: float
    dims: int

    def log(self, d: Float[np.ndarray, " d"], noise: float) -> Float[np.ndarray, "n a d"]:
        variance = d * self.values[..., None] + noise**2  # (a, m, d)
        quadratic = (self.squares @ (1 / variance)).transpose(1, 0, 2)
        return -0.5 * (quadratic + self.dims * np.log(variance).sum(axis=1)) + self.constant


def noise_of(tracks: Tracks, *, rows: int = 500) -> float:
    """The localisation noise that all tracks share, that of the highest evidence.

    Each track has an α and a D of its own, from a distribution on the grid that is itself the most likely one (by
    expectation and maximisation): one that is taken for granted, with motions that do not occur, biases the noise.
    """
    some = tracks[some_rows(len(tracks), rows)]
    patterns, d = list(_patterns(some, _ALPHAS[::2], most=max(1, rows // len(some)))), _sizes(some)

    def evidence(noise: float) -> float:
        log = _summed(patterns, len(some), d, noise).reshape(len(some), -1)
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
    return TrackGrid(_ALPHAS, d, noise, _summed(_patterns(tracks, _ALPHAS), len(tracks), d, noise))


def _summed(patterns: Iterable[_Pattern], n: int, d: np.ndarray, noise: float) -> Float[np.ndarray, "n a d"]:
    """Log-likelihoods of n tracks from those of their pieces."""
    total: np.ndarray | None = None
    for part in patterns:
        log = part.log(d, noise)
        if total is None:
            total = np.zeros((n, *log.shape[1:]))
        np.add.at(total, part.rows, log)
    assert total is not None
    return total


def refuse_still(tracks: Tracks) -> None:
    """`ValueError` where no particle moved between two neighbouring frames."""
    _sizes(tracks)


def _sizes(tracks: Tracks) -> Float[np.ndarray, " d"]:
    """Values of D; noise hides what lies below it, so D may be much smaller than the steps suggest."""
    squares = np.where(tracks.known[..., None], tracks.displacements**2, 0.0).sum(axis=(1, 2))
    sizes = squares / np.maximum(tracks.known.sum(axis=1), 1) / tracks.positions.shape[2]
    sizes = sizes[sizes > 0]
    if not len(sizes):
        raise ValueError("no track has two neighbouring frames in which the particle moved")
    return np.geomspace(0.02 * np.quantile(sizes, 0.01), 2 * sizes.max(), _SIZES)


def _patterns(tracks: Tracks, alphas: np.ndarray, *, most: int | None = None) -> Iterator[_Pattern]:
    """Pieces of tracks, those seen at the same frames together; of each track at most so many."""
    kinds: dict[bytes, list[tuple[int, np.ndarray]]] = {}
    for row, seen in enumerate(tracks.seen):
        for at in _pieces(np.flatnonzero(seen))[:most]:
            kinds.setdefault((at - at[0]).tobytes(), []).append((row, at))
    for pieces in kinds.values():
        values, vectors, log_det = _decomposed(pieces[0][1], alphas)
        for start in range(0, len(pieces), _BLOCK):
            block = pieces[start : start + _BLOCK]
            y = np.stack([np.diff(tracks.positions[row, at], axis=0) for row, at in block])  # (n, m, dims)
            squares = sum((y[:, :, k] @ vectors) ** 2 for k in range(y.shape[2]))
            dims = y.shape[2]
            constant = -0.5 * dims * (log_det + y.shape[1] * np.log(2 * np.pi))
            yield _Pattern(np.array([row for row, _ in block]), values, np.asarray(squares), constant, dims)


def _pieces(at: np.ndarray) -> list[np.ndarray]:
    """Frames of one track, cut where there are too many; neighbours share a frame, so that no step is lost."""
    count = -(-(len(at) - 1) // _LONGEST)
    edges = np.linspace(0, len(at) - 1, count + 1).astype(int)
    return [at[a : b + 1] for a, b in itertools.pairwise(edges)]


def _decomposed(at: np.ndarray, alphas: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """λ `(a, m)` and v, as columns, `(a, m, m)` for frames t_0 … t_m; log det M."""
    m = len(at) - 1
    sizes, modes = scipy.linalg.eigh_tridiagonal(np.full(m, 2.0), np.full(m - 1, -1.0))
    root = modes / np.sqrt(sizes) @ modes.T
    apart = np.abs(at[:, None] - at[None]).astype(np.float64)
    values, vectors = np.empty((len(alphas), m)), np.empty((len(alphas), m, m))
    for k, alpha in enumerate(alphas):
        power = apart**alpha
        moving = power[1:, :-1] + power[:-1, 1:] - power[1:, 1:] - power[:-1, :-1]
        value, vector = np.linalg.eigh(root @ moving @ root)
        values[k], vectors[k] = np.maximum(value, 1e-12 * value.max()), root @ vector
    return values, vectors, float(np.log(m + 1))
