"""Expected coverage of credible regions.

The highest-density region of mass a is meant to hold the truth in a share a of all simulations. With
the level of a simulation, the mass at which the truth is just included, the empirical coverage at a
is the share of levels at or below a. Source: Hermans et al. (2022), "A crisis in simulation-based
inference? Beware, your posterior approximations can be unfaithful", equation 4; intervals of the
proportion after Jeffreys.

Coverage is a necessary, weak test: a posterior equal to the prior passes it.
"""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from jaxtyping import Array, Float

from ..core import KeyLike
from ..priors import AbstractPrior
from ..simulate import Simulations
from ..train import Fit
from ._draw import draw
from ._held_out import over_held_out, region_names
from ._jeffreys import jeffreys_interval
from ._rows import as_table, check_confidence, enough, finite, in_unit_interval

LEVELS = (0.5, 0.68, 0.9, 0.95)


@dataclass(frozen=True, eq=False)
class Coverage:
    """How often credible regions held the truth, for each group of parameters and nominal level.

    - `levels`: `(m, g)`, the credible mass at which the truth of simulation m is just included.
    - `names`: one for each of the g groups.
    - `nominal`: the levels of the table.
    - `confidence`: of the intervals, each on its own; the verdict allows for how many there are.
    """

    levels: Float[np.ndarray, "m g"]
    names: tuple[str, ...]
    nominal: tuple[float, ...] = LEVELS
    confidence: float = 0.95

    @property
    def n(self) -> int:
        """How many held-out simulations were used."""
        return len(self.levels)

    @property
    def empirical(self) -> Float[np.ndarray, "g l"]:
        """Share of simulations whose truth lies inside, one row a group, one column a nominal level."""
        return self._inside() / self.n

    def interval(self, confidence: float | None = None) -> tuple[Float[np.ndarray, "g l"], Float[np.ndarray, "g l"]]:
        """Jeffreys interval (low, high) of each empirical coverage."""
        return jeffreys_interval(self._inside(), self.n, self.confidence if confidence is None else confidence)

    @property
    def off(self) -> Float[np.ndarray, "g l"]:
        """-1 where intervals are too narrow, 1 where too wide, 0 where the check finds no fault.

        A fault is a nominal level outside an interval widened for the number of rows (Bonferroni), so
        that a calibrated posterior is found at fault, in any row, at most with 1 - confidence.
        """
        rows = len(self.names) * len(self.nominal)
        low, high = self.interval(1 - (1 - self.confidence) / rows)
        nominal = np.asarray(self.nominal)
        return np.where(high < nominal, -1.0, np.where(low > nominal, 1.0, 0.0))

    @property
    def passed(self) -> bool:
        """Whether no interval was found too narrow or too wide."""
        return not self.off.any()

    def table(self) -> pd.DataFrame:
        """One row for each group and nominal level.

        `inside`: whether the nominal level lies in its own interval (fails by chance in 1 - confidence
        of the rows); `verdict`: in words, allowing for the number of rows.
        """
        low, high = self.interval(self.confidence)
        columns = {
            "group": np.repeat(self.names, len(self.nominal)),
            "nominal": np.tile(self.nominal, len(self.names)),
            "empirical": self.empirical.ravel(),
            "low": low.ravel(),
            "high": high.ravel(),
            "n": self.n,
        }
        table = pd.DataFrame(columns)
        table["inside"] = (table.low <= table.nominal) & (table.nominal <= table.high)
        rows = zip(table.nominal, table.empirical, table.inside, self.off.ravel(), strict=True)
        table["verdict"] = [_verdict(*row) for row in rows]
        return table

    def plot(self, ax: Any = None) -> Any:
        """Nominal against empirical coverage with band: `suffice.plots.coverage`."""
        return draw(self, ax)

    def __str__(self) -> str:
        fault = "no fault found" if self.passed else "not calibrated"
        head = f"Expected coverage on {self.n} held-out simulations: {fault}"
        table = self.table().drop(columns="n")
        return f"{head}\n{table.to_string(index=False, float_format=lambda v: f'{v:.3f}')}"

    def _inside(self) -> np.ndarray:
        return (self.levels[:, :, None] <= np.asarray(self.nominal)).sum(axis=0)


def _verdict(nominal: float, empirical: float, inside: bool, off: Literal[-1, 0, 1] | float) -> str:
    numbers = f"{empirical:.1%} at nominal {nominal:.0%}".replace("%", " %")
    if off:
        return f"intervals too {'narrow' if off < 0 else 'wide'}: {numbers}"
    return "as it should be" if inside else f"borderline, may be chance: {numbers}"


def coverage_from_levels(
    levels: Float[Array | np.ndarray, "m g"],
    names: tuple[str, ...],
    *,
    nominal: tuple[float, ...] = LEVELS,
    confidence: float = 0.95,
) -> Coverage:
    """Expected coverage from the credible mass at which each truth is just included.

    **Arguments:**

    - `levels`: `(m, g)` in [0, 1], for m held-out simulations and g groups of parameters. Rows that
      are not finite are left out with a warning.
    - `names`: of the g groups.
    - `nominal`: the levels to tabulate.
    - `confidence`: of the Jeffreys intervals.

    **Returns** a `Coverage`.

    **Raises** `ValueError` for a wrong shape, values outside [0, 1], or more than half not finite.

    A posterior half as wide as it should be:

    >>> truth = np.random.default_rng(0).normal(size=(2000, 1))
    >>> from scipy import stats
    >>> level = 2 * stats.norm.cdf(abs(truth) / 0.5) - 1
    >>> result = coverage_from_levels(level, ("tau",))
    >>> result.table().verdict[1]
    'intervals too narrow: 37.5 % at nominal 68 %'
    """
    names = tuple(names)
    check_confidence(confidence)
    _check_nominal(nominal)
    table = as_table(levels, "levels", names)
    table = table[enough(finite([table]), "levels")]
    return Coverage(in_unit_interval(table, "levels"), names, tuple(float(a) for a in nominal), confidence)


def coverage(
    fit: Fit,
    prior: AbstractPrior,
    sims: Simulations,
    *,
    levels: tuple[float, ...] = LEVELS,
    confidence: float = 0.95,
    key: KeyLike = 0,
) -> Coverage:
    """Expected coverage of the posterior of each group of parameters, on held-out simulations.

    **Arguments:**

    - `fit`: a fit that `sf.posterior` has a posterior for.
    - `prior`: the prior that the simulations were drawn from.
    - `sims`: simulations from this prior that the fit has not seen, such as `sims[fit.split.test]`.
      Those that failed or are not finite are left out with a warning.
    - `levels`: credible masses to tabulate.
    - `confidence`: of the Jeffreys intervals.
    - `key`: of the draws where a posterior needs them.

    **Returns** a `Coverage`, with `.table()` and `.plot()`.

    **Raises** `ValueError` when there are no simulations, more than half failed, or their parameters
    are not those of the fit.
    """
    check_confidence(confidence)
    _check_nominal(levels)
    found, one = over_held_out(lambda part: part.posterior.levels(part.theta, key=part.key), fit, prior, sims, key=key)
    return coverage_from_levels(found, region_names(one), nominal=levels, confidence=confidence)


def _check_nominal(nominal: tuple[float, ...]) -> None:
    if len(nominal) == 0 or not all(0 < a < 1 for a in nominal):
        raise ValueError(f"levels must be credible masses between 0 and 1, such as (0.68, 0.95); got {tuple(nominal)}")
