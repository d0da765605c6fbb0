"""Simulation-based calibration: the rank of the truth in its posterior is uniform.

The rank is the posterior's distribution function at the truth, u = P(theta <= theta_true | x). Over
simulations from the prior it is uniform on [0, 1] when the posterior is right. Source: Talts et al.
(2018), "Validating Bayesian inference algorithms with simulation-based calibration", theorem 1.

Ranks piled up at both ends mean posteriors too narrow, in the middle too wide, on one side shifted.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Array, Float

from ..core import KeyLike
from ..priors import AbstractPrior
from ..simulate import Simulations
from ..train import Fit
from ._draw import draw
from ._held_out import over_held_out
from ._rows import as_table, check_confidence, enough, finite, in_unit_interval
from ._uniformity import default_bins, Uniformity, uniformity


@dataclass(frozen=True, eq=False)
class Sbc:
    """Ranks of the truth among its posterior, one column a parameter, and whether they are uniform.

    - `ranks`: `(m, p)`, the posterior's distribution function at the truth of simulation m.
    - `names`: of the p parameters.
    - `bins`: of the chi-square test and the histograms.
    - `confidence`: of the band and of the verdict, allowing for the number of parameters and tests.
    """

    ranks: Float[np.ndarray, "m p"]
    names: tuple[str, ...]
    bins: int
    confidence: float = 0.95

    @property
    def n(self) -> int:
        """How many held-out simulations were used."""
        return len(self.ranks)

    @property
    def tests(self) -> list[Uniformity]:
        """Both tests of uniformity, for each parameter."""
        return [uniformity(column, self.bins) for column in self.ranks.T]

    @property
    def passed(self) -> bool:
        """Whether no parameter was found at fault."""
        return bool(self.table().uniform.all())

    def table(self) -> pd.DataFrame:
        """One row a parameter.

        `above`: share of truths above the posterior's median (0.5); `outer`: share in the outer tenth of
        the posterior, 5 % on each side (0.1); `ks`, `chi2` with their p-values; `uniform`: whether both
        are above (1 - confidence) / (2 p), so that a calibrated posterior fails, in any row, at most
        with 1 - confidence; `verdict` in words.
        """
        tests = self.tests
        threshold = (1 - self.confidence) / (2 * len(self.names))
        table = pd.DataFrame(
            {
                "parameter": list(self.names),
                "n": self.n,
                "above": (self.ranks > 0.5).mean(axis=0),
                "outer": (np.abs(self.ranks - 0.5) > 0.45).mean(axis=0),
                "ks": [t.ks for t in tests],
                "ks_p": [t.ks_p for t in tests],
                "chi2": [t.chi2 for t in tests],
                "chi2_p": [t.chi2_p for t in tests],
                "uniform": [min(t.ks_p, t.chi2_p) >= threshold for t in tests],
            }
        )
        rows = zip(tests, table.uniform, table.above, table.outer, strict=True)
        table["verdict"] = [_verdict(*row) for row in rows]
        return table

    def plot(self, ax: Any = None) -> Any:
        """Distribution function of the ranks, less that of uniform ones, with band: `suffice.plots.ranks`."""
        return draw(self, ax)

    def __str__(self) -> str:
        fault = "no fault found" if self.passed else "not calibrated"
        head = f"Simulation-based calibration on {self.n} held-out simulations: {fault}"
        table = self.table().drop(columns="n")
        return f"{head}\n{table.to_string(index=False, float_format=lambda v: f'{v:.3g}')}"


def _verdict(test: Uniformity, uniform: bool, above: float, outer: float) -> str:
    if uniform:
        return "ranks uniform, as they should be"
    if max(abs(test.shift), abs(test.spread)) < 2:
        return "ranks not uniform, neither shifted nor too narrow or wide: look at the histogram"
    if abs(test.shift) > abs(test.spread):
        side = "low" if test.shift > 0 else "high"
        return f"posterior too {side}: {100 * above:.1f} % of truths above its median, 50 % expected"
    side = "narrow" if test.spread > 0 else "wide"
    return f"posterior too {side}: {100 * outer:.1f} % of truths in its outer tenth, 10 % expected"


def sbc_from_ranks(
    ranks: Float[Array | np.ndarray, "m p"],
    names: tuple[str, ...],
    *,
    bins: int | None = None,
    confidence: float = 0.95,
) -> Sbc:
    """Simulation-based calibration from ranks of the truth.

    **Arguments:**

    - `ranks`: `(m, p)` in [0, 1], the posterior's distribution function at the truth, for m held-out
      simulations and p parameters. Rows that are not finite are left out with a warning.
    - `names`: of the p parameters.
    - `bins`: of the chi-square test; by default 20, fewer when there are fewer than 100 simulations.
    - `confidence`: of the band and the verdict.

    **Returns** an `Sbc`.

    **Raises** `ValueError` for a wrong shape, values outside [0, 1], or more than half not finite.

    A posterior that sits half a standard deviation too low:

    >>> from scipy import stats
    >>> truth = np.random.default_rng(0).normal(size=(2000, 1))
    >>> sbc_from_ranks(stats.norm.cdf(truth, loc=-0.5), ("tau",)).table().verdict[0]
    'posterior too low: 67.8 % of truths above its median, 50 % expected'
    """
    names = tuple(names)
    check_confidence(confidence)
    if bins is not None and bins < 2:
        raise ValueError(f"bins must be at least 2 for a test of uniformity; got {bins}")
    table = as_table(ranks, "ranks", names)
    table = table[enough(finite([table]), "ranks")]
    return Sbc(in_unit_interval(table, "ranks"), names, bins or default_bins(len(table)), confidence)


def sbc(
    fit: Fit,
    prior: AbstractPrior,
    sims: Simulations,
    *,
    bins: int | None = None,
    confidence: float = 0.95,
    key: KeyLike = 0,
) -> Sbc:
    """Simulation-based calibration of each parameter's posterior, on held-out simulations.

    **Arguments:**

    - `fit`: a fit that `sf.posterior` has a posterior for.
    - `prior`: the prior that the simulations were drawn from.
    - `sims`: simulations from this prior that the fit has not seen, such as `sims[fit.split.test]`.
      Those that failed or are not finite are left out with a warning.
    - `bins`: of the chi-square test; by default 20, fewer when there are fewer than 100 simulations.
    - `confidence`: of the band and the verdict.
    - `key`: of the draws where a posterior needs them.

    **Returns** an `Sbc`, with `.table()` and `.plot()`.

    **Raises** `ValueError` when there are no simulations, more than half failed, or their parameters
    are not those of the fit.
    """
    check_confidence(confidence)
    found, one = over_held_out(lambda part: part.posterior.ranks(part.theta, key=part.key), fit, prior, sims, key=key)
    return sbc_from_ranks(found, one.names, bins=bins, confidence=confidence)
