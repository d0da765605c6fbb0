"""TARP: tests of accuracy with random points.

Draw a reference point r. The share f of posterior samples closer to r than the truth is uniform on
[0, 1] when the posterior is right, whatever r; its distribution function is the expected coverage
probability (ECP). Source: Lemos, Coogan, Hezaveh & Perreault-Levasseur (2023), "Sampling-based accuracy
testing of posterior estimators for general inference", arXiv:2302.03026, section 3 and algorithm 2.

Needs samples only, and sees correlations that checks of one parameter at a time cannot. A shift shows
less here than in the ranks, because references lie on both sides of it. Ties, and the finite number
of samples S, are broken at random: (closer + u (equal + 1)) / (S + 1) with u uniform is exactly uniform.
"""

import itertools
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np
import pandas as pd
from jaxtyping import Array, Float

from ..core import as_key, KeyLike
from ..priors import AbstractPrior
from ..simulate import Simulations
from ..train import Fit
from ._draw import draw
from ._held_out import over_held_out, Part, region_names
from ._rows import check_confidence, enough, finite
from ._uniformity import Uniformity, uniformity


@dataclass(frozen=True, eq=False)
class Tarp:
    """Expected coverage of regions about random points, for each group of parameters.

    - `shares`: `(m, g)`, for simulation m the share of posterior samples closer to its reference point
      than the truth; uniform when the posterior is right.
    - `names`: one for each of the g groups.
    - `confidence`: of the band and of the verdict, allowing for the number of groups.
    """

    shares: Float[np.ndarray, "m g"]
    names: tuple[str, ...]
    confidence: float = 0.95

    @property
    def n(self) -> int:
        """How many held-out simulations were used."""
        return len(self.shares)

    @property
    def passed(self) -> bool:
        """Whether no group was found at fault."""
        return bool(self.table().uniform.all())

    def table(self) -> pd.DataFrame:
        """One row a group.

        `outer`: share of truths among the closest or the furthest 5 % of the samples (0.1); `ks`: largest
        distance of the expected coverage from the nominal one, with its p-value; `uniform`: whether
        that is above (1 - confidence) / g; `verdict` in words.
        """
        tests = [uniformity(column) for column in self.shares.T]
        table = pd.DataFrame(
            {
                "group": list(self.names),
                "n": self.n,
                "outer": (np.abs(self.shares - 0.5) > 0.45).mean(axis=0),
                "ks": [t.ks for t in tests],
                "ks_p": [t.ks_p for t in tests],
                "uniform": [t.ks_p >= (1 - self.confidence) / len(self.names) for t in tests],
            }
        )
        rows = zip(tests, table.uniform, self.shares.T, strict=True)
        table["verdict"] = [_verdict(*row) for row in rows]
        return table

    def plot(self, ax: Any = None) -> Any:
        """Expected against nominal coverage with band: `suffice.plots.tarp`."""
        return draw(self, ax)

    def __str__(self) -> str:
        fault = "no fault found" if self.passed else "not calibrated"
        head = f"TARP on {self.n} held-out simulations: {fault}"
        table = self.table().drop(columns="n")
        return f"{head}\n{table.to_string(index=False, float_format=lambda v: f'{v:.3g}')}"


def _verdict(test: Uniformity, uniform: bool, shares: np.ndarray) -> str:
    if uniform:
        return "expected coverage as it should be"
    held, nominal = _furthest(shares)
    numbers = f"balls about random points with {100 * nominal:.0f} % of the draws hold {100 * held:.0f} % of truths"
    if test.spread > 2:
        return f"posterior too narrow or shifted: {numbers}"
    return f"posterior too wide: {numbers}" if test.spread < -2 else "expected coverage off: look at the figure"


def _furthest(shares: np.ndarray) -> tuple[float, float]:
    """Expected coverage and nominal one where they are furthest apart."""
    nominal = np.sort(shares)
    steps = np.arange(len(nominal) + 1) / len(nominal)
    both = np.concatenate([steps[1:], steps[:-1]]), np.concatenate([nominal, nominal])
    worst = int(np.argmax(np.abs(both[0] - both[1])))
    return float(both[0][worst]), float(both[1][worst])


def tarp_from_samples(
    samples: Float[Array | np.ndarray, "m s p"],
    truth: Float[Array | np.ndarray, "m p"],
    *,
    key: KeyLike,
    references: Float[Array | np.ndarray, "m p"] | None = None,
    name: str = "joint",
    confidence: float = 0.95,
) -> Tarp:
    """TARP from posterior samples of m held-out simulations.

    **Arguments:**

    - `samples`: `(m, s, p)`, s posterior samples of each simulation.
    - `truth`: `(m, p)`, the parameters each was simulated with. Simulations that are not finite in
      either are left out with a warning.
    - `key`: of the reference points and the broken ties; an int or a JAX key.
    - `references`: `(m, p)`, instead of points uniform over the range of the truths. To find a
      posterior that is just the prior, they must depend on the data.
    - `name`: of this group of parameters in table and figure.

    Distances are Euclidean after each parameter is divided by the range of its truths.

    **Returns** a `Tarp`.

    **Raises** `ValueError` for shapes that do not fit, or more than half not finite.

    >>> rng = np.random.default_rng(0)
    >>> truth = rng.normal(size=(1000, 2))
    >>> tarp_from_samples(rng.normal(size=(1000, 100, 2)), truth, key=0).passed
    True
    >>> tarp_from_samples(0.5 * rng.normal(size=(1000, 100, 2)), truth, key=0).passed
    False
    """
    check_confidence(confidence)
    samples, truth = np.asarray(samples, dtype=float), np.asarray(truth, dtype=float)
    _check_shapes(samples, truth)
    if references is not None and np.shape(references) != truth.shape:
        raise ValueError(f"references must have the shape of truth, {truth.shape}; got {np.shape(references)}")
    kept = enough(finite([samples, truth]), "samples, truth")
    if references is None:
        reference_key, key = jax.random.split(as_key(key))
        references = _uniform_over(truth[kept], truth.shape, reference_key)
    shares = _shares(samples[kept], truth[kept], np.asarray(references, dtype=float)[kept], key)
    return Tarp(shares[:, None], (name,), confidence)


def _uniform_over(truth: np.ndarray, shape: tuple[int, ...], key: Array) -> np.ndarray:
    """Points uniform over the range of the truths."""
    return truth.min(axis=0) + np.ptp(truth, axis=0) * np.asarray(jax.random.uniform(key, shape), dtype=float)


def _shares(samples: np.ndarray, truth: np.ndarray, references: np.ndarray, key: KeyLike) -> np.ndarray:
    """Share of samples closer to the reference than the truth, ties broken at random, `(m,)`."""
    width = np.ptp(truth, axis=0)
    width = np.where(width > 0, width, 1.0)
    distance = np.linalg.norm((samples - references[:, None]) / width, axis=-1)
    to_truth = np.linalg.norm((truth - references) / width, axis=-1)[:, None]
    closer, equal = (distance < to_truth).sum(axis=1), (distance == to_truth).sum(axis=1)
    u = np.asarray(jax.random.uniform(as_key(key), (len(truth),)), dtype=float)
    return (closer + u * (equal + 1)) / (samples.shape[1] + 1)


def _check_shapes(samples: np.ndarray, truth: np.ndarray) -> None:
    if truth.ndim != 2:
        raise ValueError(f"truth must have shape (simulations, parameters); got {truth.shape}")
    if samples.ndim != 3 or samples.shape[::2] != truth.shape:
        m, p = truth.shape
        raise ValueError(
            f"samples must have shape ({m}, samples of each, {p}) to go with a truth of shape ({m}, {p}); "
            f"got {samples.shape}"
        )
    if 0 in samples.shape:
        raise ValueError(f"samples must not be empty; got shape {samples.shape}")


def tarp(
    fit: Fit,
    prior: AbstractPrior,
    sims: Simulations,
    *,
    draws: int = 200,
    confidence: float = 0.95,
    key: KeyLike = 0,
) -> Tarp:
    """TARP of the posterior of each group of parameters, on held-out simulations.

    **Arguments:**

    - `fit`: a fit that `sf.posterior` has a posterior for.
    - `prior`: the prior that the simulations were drawn from.
    - `sims`: simulations from this prior that the fit has not seen, such as `sims[fit.split.test]`.
      Those that failed or are not finite are left out with a warning.
    - `draws`: posterior draws for each simulation.
    - `confidence`: of the band and the verdict.
    - `key`: of draws and reference points.

    **Returns** a `Tarp`, with `.table()` and `.plot()`.

    **Raises** `ValueError` when there are no simulations, more than half failed, or their parameters
    are not those of the fit.
    """
    check_confidence(confidence)
    if draws < 1:
        raise ValueError(f"draws must be at least 1; got {draws}")
    for_draws, for_points = jax.random.split(as_key(key))
    drawn, one = over_held_out(lambda part: _drawn(part, draws), fit, prior, sims, key=for_draws)
    ends = np.cumsum([0, *(len(region) for region in one.regions)])
    samples = [drawn[:, 1:, a:b] for a, b in itertools.pairwise(ends)]
    truth = [drawn[:, 0, a:b] for a, b in itertools.pairwise(ends)]
    return _of_regions(samples, truth, region_names(one), for_points, confidence)


def tarp_of_regions(
    samples: list[Float[np.ndarray, "m s d"]],
    theta: Float[np.ndarray, "m p"],
    regions: tuple[tuple[int, ...], ...],
    names: tuple[str, ...],
    *,
    key: KeyLike,
    confidence: float = 0.95,
) -> Tarp:
    """TARP of several groups of parameters, from draws of each group and all true parameters."""
    return _of_regions(samples, [theta[:, list(region)] for region in regions], names, key, confidence)


def _of_regions(
    samples: list[np.ndarray], truth: list[np.ndarray], names: tuple[str, ...], key: KeyLike, confidence: float
) -> Tarp:
    keys = jax.random.split(as_key(key), len(names))
    results = [
        tarp_from_samples(drawn, true, key=k, name=name, confidence=confidence)
        for drawn, true, name, k in zip(samples, truth, names, keys)
    ]
    return Tarp(np.concatenate([r.shares for r in results], axis=1), names, confidence)


def _drawn(part: Part, n: int) -> np.ndarray:
    """The truth and after it n posterior draws, all regions side by side, `(m, 1 + n, columns)`."""
    samples = part.posterior.region_draws(n, key=part.key)
    truth = [part.theta[:, None, list(region)] for region in part.posterior.regions]
    return np.concatenate([np.concatenate(truth, axis=2), np.concatenate(samples, axis=2)], axis=1)
