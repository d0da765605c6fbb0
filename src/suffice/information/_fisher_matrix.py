"""The Fisher information of a summary, measured on simulations that nothing was trained on.

F = Dᵀ C⁻¹ D from n_s simulations and n_d derivatives of k summaries is biased three times over, and each is put
right: the inverse of an estimated covariance is too large, by (n_s - 1) / (n_s - k - 2) (Hartlap, Simon & Schneider
2007, astro-ph/0608064); the noise of the estimated derivatives adds n_d⁻¹ tr(C⁻¹ Cov(∂_α s, ∂_β s)) (Coulton &
Wandelt 2023, arXiv:2305.08994); and simulations used in training or stopping flatter, so they must be others.

Compressing k summaries to p with derivatives of one half of the simulations, and measuring their information on the
other half, is biased low instead; `"combined"` is the geometric mean of it and the standard estimate, F_s
(F_s⁻¹ F_c)^½, whose biases cancel to first order (the same paper): for many summaries and few derivatives.
"""

import dataclasses
from collections.abc import Callable
from typing import Any, NamedTuple

import equinox as eqx
import jax
import numpy as np
import scipy.linalg

from ..core import as_key, Estimate, KeyLike, warn
from ..train import AbstractTangents, Summarised

_METHODS = ("corrected", "standard", "compressed", "combined")
_BLOCKS, _SPLITS = 100, 10


@dataclasses.dataclass(frozen=True)
class FisherMatrix:
    """A measured Fisher matrix; use it like an array `(p, p)`.

    - `value`, `low`, `high`: the matrix, and a bootstrap interval of each element.
    - `log_det`: ln det F with its interval, in nats.
    - `names`: of the parameters; `n_s`, `n_d`: from how many simulations and derivatives.
    """

    value: np.ndarray
    low: np.ndarray
    high: np.ndarray
    log_det: Estimate
    names: tuple[str, ...]
    n_s: int
    n_d: int

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.array(self.value, dtype=dtype)

    @property
    def shape(self) -> tuple[int, ...]:
        """`(p, p)`."""
        return self.value.shape

    def __getitem__(self, index: Any) -> Any:
        return self.value[index]

    @property
    def det(self) -> float:
        """det F."""
        return float(np.linalg.det(self.value))

    @property
    def errors(self) -> np.ndarray:
        """The Cramér–Rao bounds √(F⁻¹)_αα `(p,)`: no unbiased estimate scatters less."""
        return np.sqrt(np.diag(np.linalg.inv(self.value)))

    def marginal(self, *names: str) -> np.ndarray:
        """Information about some parameters when the others are nuisances: F_θθ - F_θη F_ηη⁻¹ F_ηθ."""
        unknown = [name for name in names if name not in self.names]
        if unknown or not names:
            raise ValueError(
                f"no parameter is called {unknown[0] if unknown else ''!r}; known: {', '.join(self.names)}"
            )
        keep = [self.names.index(name) for name in names]
        return np.linalg.inv(np.linalg.inv(self.value)[np.ix_(keep, keep)])


def fisher_matrix(
    summary: Callable,
    tangents: AbstractTangents,
    *,
    key: KeyLike = 0,
    method: str = "corrected",
    chunk: int | None = 1024,
    bootstrap: int = 400,
    level: float = 0.95,
) -> FisherMatrix:
    """The Fisher information of `summary` from simulations with derivatives.

    **Arguments:**

    - `summary`: `x -> s` for one example, a network or a function; for the existing and the learned summaries of
      a `sf.Fisher` together, its `.summarise`.
    - `tangents`: `sf.Tangents.simulated(simulator, fiducial, n)` draws n new ones; of arrays, pass those that the
      fit did not see: `tangents[fit.split.test]`, or others.
    - `method`: `"corrected"` for the covariance's inverse and the noise of the derivatives; `"standard"` for the
      former only; `"compressed"` is biased low; `"combined"` is best for many summaries and few derivatives.
    - `chunk`: simulations in memory at once.
    - `bootstrap`, `level`: resamples for the interval, and its level.

    **Raises** `ValueError` for fewer simulations than summaries + 3, and for summaries whose covariance is singular.
    """
    if method not in _METHODS:
        raise ValueError(f"method must be one of {', '.join(_METHODS)}, but {method!r} came")
    s, ds = _summarise(summary, tangents, as_key(key), chunk)
    names = tangents.names
    if len(s) < s.shape[1] + 3:
        raise ValueError(f"{len(s)} simulations are too few for {s.shape[1]} summaries; at least {s.shape[1] + 3}")
    if s.shape[1] < len(names):
        raise ValueError(f"{s.shape[1]} summaries came for {len(names)} parameters; give at least as many")
    whole = _Sums.of(s, ds)
    _refuse_singular(whole.covariance())
    generator = np.random.default_rng(np.asarray(jax.random.key_data(as_key(key))).ravel())
    noise = _noise(whole, ds)
    standard = whole.information()
    value = {"standard": standard, "corrected": standard - noise}.get(method)
    if value is None:
        compressed = _compressed(whole, ds, generator)
        value = compressed if method == "compressed" else _between(standard, compressed)
    resampled = _bootstrap(s, ds, bootstrap, generator) + (value - standard - noise)
    return _result(value, resampled, level, names, len(s), len(ds))


def _summarise(
    summary: Callable, tangents: AbstractTangents, key: Any, chunk: int | None
) -> tuple[np.ndarray, np.ndarray]:
    run = eqx.filter_jit(lambda f, batch: batch.summarise(f, chunk=chunk))
    parts = []
    for segment in tangents.segments(key):
        batch = segment.batch(segment.plan(key), 0, key)
        found: Summarised = run(summary, batch)
        parts.append((np.asarray(found.s, np.float64), np.asarray(found.ds, np.float64)))
    s, ds = (np.concatenate(part) for part in zip(*parts))
    if not (np.isfinite(s).all() and np.isfinite(ds).all()):
        raise ValueError("summaries of some simulations, or their derivatives, are not finite")
    return s, ds


class _Sums(NamedTuple):
    """Sums over simulations from which moments follow, so that blocks of them can be resampled."""

    n: Any
    s: np.ndarray
    ss: np.ndarray
    n_d: Any
    d: np.ndarray

    @staticmethod
    def of(s: np.ndarray, ds: np.ndarray) -> "_Sums":
        return _Sums(len(s), s.sum(axis=0), s.T @ s, len(ds), ds.sum(axis=0))

    def covariance(self) -> np.ndarray:
        mean = self.s / self.n
        return (self.ss - self.n * np.outer(mean, mean)) / (self.n - 1)

    def information(self) -> np.ndarray:
        derivative = self.d / self.n_d
        return self.hartlap() * derivative.T @ np.linalg.solve(self.covariance(), derivative)

    def hartlap(self) -> float:
        return (self.n - len(self.s) - 2) / (self.n - 1)


def _noise(whole: _Sums, ds: np.ndarray) -> np.ndarray:
    """What the noise of the mean derivatives adds to F: n_d⁻¹ tr(C⁻¹ Cov(∂_α s, ∂_β s))."""
    centred = ds - ds.mean(axis=0)
    weighted = np.einsum("kl,nlp->nkp", np.linalg.inv(whole.covariance()), centred)
    return whole.hartlap() * np.einsum("nkp,nkq->pq", centred, weighted) / (len(ds) - 1) / len(ds)


def _compressed(whole: _Sums, ds: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    found = []
    for _ in range(_SPLITS):
        order = generator.permutation(len(ds))
        first, second = (ds[half].mean(axis=0) for half in np.array_split(order, 2))
        weights = np.linalg.solve(whole.covariance(), first)
        derivative = weights.T @ second
        covariance = weights.T @ whole.covariance() @ weights
        found.append(derivative.T @ np.linalg.solve(covariance, derivative))
    return np.mean(found, axis=0)


def _between(standard: np.ndarray, compressed: np.ndarray) -> np.ndarray:
    root = scipy.linalg.sqrtm(np.linalg.solve(standard, compressed))
    mean = standard @ np.real(root)
    return (mean + mean.T) / 2


def _bootstrap(s: np.ndarray, ds: np.ndarray, times: int, generator: np.random.Generator) -> np.ndarray:
    """The standard estimate on resampled blocks, each of neighbouring simulations and their derivatives."""
    blocks = min(_BLOCKS, len(ds) // 2)
    centre = s.mean(axis=0)
    extra = np.array_split(s[len(ds) :] - centre, blocks)
    parts = [
        _Sums.of(np.concatenate([a, b]), d)
        for a, b, d in zip(np.array_split(s[: len(ds)] - centre, blocks), extra, np.array_split(ds, blocks))
    ]
    columns = [np.stack([np.asarray(part[i], np.float64) for part in parts]) for i in range(5)]
    found = []
    for _ in range(times):
        weights = generator.multinomial(blocks, np.full(blocks, 1 / blocks)).astype(np.float64)
        found.append(_Sums(*(np.tensordot(weights, column, 1) for column in columns)).information())
    return np.stack(found)


def _result(
    value: np.ndarray, resampled: np.ndarray, level: float, names: tuple[str, ...], n_s: int, n_d: int
) -> FisherMatrix:
    edges = [(1 - level) / 2, (1 + level) / 2]
    low, high = np.quantile(resampled, edges, axis=0)
    smallest = np.linalg.eigvalsh(np.concatenate([value[None], resampled]))[:, 0]
    if smallest[0] <= 0 or np.mean(smallest <= 0) > (1 - level) / 2:
        warn(
            "the Fisher matrix may not be positive definite: the summaries know nothing of some parameter, or no more "
            f"than the noise of {n_d} derivatives; then use more of them, or method='combined'"
        )
    log_det = np.linalg.slogdet(value)[1] if smallest[0] > 0 else np.nan
    signs, log_dets = np.linalg.slogdet(resampled)
    ends = np.quantile(log_dets[signs > 0], edges) if (signs > 0).any() else (np.nan, np.nan)
    estimate = Estimate(float(log_det), float(ends[0]), float(ends[1]), level, "point", label="ln det F")
    return FisherMatrix(value, low, high, estimate, names, n_s, n_d)


def _refuse_singular(covariance: np.ndarray) -> None:
    spread = np.sqrt(np.diag(covariance))
    if not (spread > 0).all():
        constant = np.flatnonzero(spread == 0).tolist()
        raise ValueError(
            f"the covariance of the summaries is singular: summaries {constant} never vary; leave them out"
        )
    if np.linalg.eigvalsh(covariance / np.outer(spread, spread))[0] < 1e-9:
        raise ValueError(
            "the covariance of the summaries is singular: some are linear combinations of the others; leave those out"
        )
