"""Could the simulator have made this observation at all?

The distance of the observed summary from those of simulations, as a rank among the distances of other simulations: with
d(s) the mean distance of s to its k nearest neighbours among half of the simulations, in units in which summaries are
uncorrelated with variance one,

    p = (1 + #{i : d(s_i) ≥ d(s_obs)}) / (1 + n),   s_i of the other half,

which is uniform for an observation that the simulator made, whatever the summaries are (a conformal p-value; Vovk,
Gammerman & Shafer 2005). A small p says that what the summary holds of the data is not what was simulated, so that any
posterior of it is an extrapolation. A summary that has learned to overlook a difference cannot show it: ask with other
summaries as well.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np
import pandas as pd
from jaxtyping import Float, PyTree
from scipy.spatial import KDTree

from ..core import as_key, KeyLike, kind_of, summary_rows
from ..posteriors import rows_like
from ..simulate import Simulations
from ..train import Fit
from ._draw import draw
from ._rows import check_confidence, check_simulations, enough, finite

_NEIGHBOURS, _FEWEST = 5, 100
_MOST = 20_000


@dataclass(frozen=True, eq=False)
class Misspecification:
    """How far observations are from simulations.

    - `distance`: `(m,)` of each observation; `simulated`: `(n,)` of simulations that were kept apart.
    - `confidence`: of the verdict, allowing for the number of observations.
    """

    distance: Float[np.ndarray, " m"]
    simulated: Float[np.ndarray, " n"]
    confidence: float = 0.95

    @property
    def p_value(self) -> Float[np.ndarray, " m"]:
        """Share of simulations at least as far as each observation."""
        further = len(self.simulated) - np.searchsorted(np.sort(self.simulated), self.distance, side="left")
        return (1 + further) / (1 + len(self.simulated))

    @property
    def passed(self) -> bool:
        """Whether no observation was found too far."""
        return bool((self.p_value >= (1 - self.confidence) / len(self.distance)).all())

    def table(self) -> pd.DataFrame:
        """One row an observation: distance, the median of simulations, p-value and verdict."""
        least = (1 - self.confidence) / len(self.distance)
        told = ["unlike any simulation" if p < least else "as simulations are" for p in self.p_value]
        columns = {"distance": self.distance, "simulated": np.median(self.simulated), "p": self.p_value}
        return pd.DataFrame(columns | {"verdict": told})

    def plot(self, ax: Any = None) -> Any:
        """Distances of simulations, and those of the observations: `suffice.plots.misspecification`."""
        return draw(self, ax)

    def __str__(self) -> str:
        return self.table().to_string(index=False, float_format=lambda v: f"{v:.3g}")


def misspecification(
    fit: Fit | Callable,
    sims: Simulations,
    x_obs: PyTree,
    *,
    confidence: float = 0.95,
    key: KeyLike = 0,
) -> Misspecification:
    """Compare observations with simulations in the space of the summaries.

    **Arguments:**

    - `fit`: whose summary is looked at; or a summary `x -> s` itself, written with JAX or with NumPy.
    - `sims`: simulations, at best such as the fit has not seen: half are the crowd, and half measure what distances are
      usual.
    - `x_obs`: one observation, shaped as one simulation, or several with a leading axis.
    - `confidence`: of the verdict.
    - `key`: of which half is which.

    **Returns** a `Misspecification`, with `.p_value`, `.table()` and `.plot()`.

    **Raises** `ValueError` for shapes that do not fit, an observation that is not finite, fewer than 100 simulations,
    or summaries that never vary.
    """
    check_confidence(confidence)
    summary = fit.objective.summary if isinstance(fit, Fit) else fit
    if not callable(summary):
        raise TypeError(f"fit must be a fit, or a summary x -> s, but {kind_of(summary)} came")
    good = usual(sims)[:_MOST]
    x = sims.rows(good).x
    example = jax.tree.map(lambda leaf: jax.ShapeDtypeStruct(leaf.shape[1:], leaf.dtype), x)
    if isinstance(fit, Fit):
        _refuse_other_data(fit, example)
    rows = rows_like(example, x_obs)[0]
    asked = of_observations(summary, rows)
    known = summary_rows(summary, x)
    known = known[enough(finite([known]), "sims")]
    order = np.random.default_rng(np.asarray(jax.random.key_data(as_key(key))).ravel()).permutation(len(known))
    crowd, others = known[order[::2]], known[order[1::2]]
    whiten = _whitening(crowd)
    tree = KDTree(crowd @ whiten)
    distances = [np.mean(tree.query(part @ whiten, _NEIGHBOURS)[0], axis=1) for part in (asked, others)]
    return Misspecification(distances[0], distances[1], confidence)


def usual(sims: Simulations) -> np.ndarray:
    """Rows that did not fail; `ValueError` where they are too few to know what distances are usual."""
    check_simulations(sims)
    good = np.flatnonzero(np.asarray(sims.status) == 0)
    if len(good) < _FEWEST:
        raise ValueError(
            f"at least {_FEWEST} simulations are needed to know what distances are usual, and whether x_obs is; got "
            f"{len(good)}"
        )
    return good


def _refuse_other_data(fit: Fit, example: PyTree) -> None:
    own, wanted = (jax.tree.map(lambda leaf: tuple(leaf.shape), one) for one in (example, fit.example))
    if own != wanted:
        raise ValueError(f"sims must hold data as the fit was trained on, {wanted} for one simulation, but it is {own}")


def of_observations(summary: Callable, rows: PyTree, what: str = "the summary of the observation is") -> np.ndarray:
    """Summaries `(m, k)` of observations; `ValueError` where they are not finite."""
    found = summary_rows(summary, rows)
    if not np.isfinite(found).all():
        raise ValueError(f"{what} not finite: {found[~np.isfinite(found).all(axis=1)][0]}")
    return found


def _whitening(s: np.ndarray) -> np.ndarray:
    """The matrix that makes columns uncorrelated with variance one; columns that never vary are left out."""
    if s.shape[1] == 0 or (np.ptp(s, axis=0) <= 1e-12 * np.abs(s).max(axis=0)).all():
        raise ValueError("the summary is the same for all simulations, so that no distance can be told; take another")
    values, vectors = np.linalg.eigh(np.cov(s, rowvar=False).reshape(s.shape[1], s.shape[1]))
    kept = values > 1e-10 * max(values.max(), 1e-300)
    return vectors[:, kept] / np.sqrt(values[kept])
