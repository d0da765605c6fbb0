"""Every check of held-out simulations by one call, in one pass over them, with a verdict in words."""

import itertools
from dataclasses import dataclass
from typing import NamedTuple

import jax
import numpy as np
import pandas as pd
from scipy import stats

from ..core import as_key, KeyLike
from ..priors import AbstractPrior
from ..simulate import Simulations
from ..train import Fit
from ._coverage import Coverage, coverage_from_levels
from ._held_out import over_held_out, Part, region_names
from ._sbc import Sbc, sbc_from_ranks
from ._tarp import Tarp, tarp_of_regions


class Width(NamedTuple):
    """What is wrong with the width and the place of a parameter's posteriors: shares of the width, with intervals.

    `narrow` is by how much they are too narrow (negative: too wide), `shift` how many standard deviations they sit too
    high; `narrow_error` and `shift_error` are half-widths of 95 % intervals.
    """

    narrow: float
    narrow_error: float
    shift: float
    shift_error: float

    def __str__(self) -> str:
        told = []
        if abs(self.narrow) > self.narrow_error:
            told.append(f"intervals too {'narrow' if self.narrow > 0 else 'wide'} by {100 * abs(self.narrow):.0f} %")
        if abs(self.shift) > self.shift_error:
            told.append(f"too {'high' if self.shift > 0 else 'low'} by {abs(self.shift):.2f} standard deviations")
        return ", ".join(told) or "as it should be"


def width_of(ranks: np.ndarray) -> Width:
    """From ranks of truths in [0, 1]: were posteriors normal, Φ⁻¹(rank) would have mean zero and variance one.

    The spread is taken between quantiles, so that a few truths far outside do not decide.

    >>> z = stats.norm.ppf((np.arange(4000) + 0.5) / 4000)  # as truths are in posteriors of the right width
    >>> str(width_of(stats.norm.cdf(z / 0.8)))
    'intervals too narrow by 20 %'
    """
    n = len(ranks)
    z = stats.norm.ppf(np.clip(ranks, 0.5 / n, 1 - 0.5 / n))
    low, high = np.quantile(z, [0.16, 0.84])
    spread = (high - low) / (stats.norm.ppf(0.84) - stats.norm.ppf(0.16))
    # Standard errors of quantiles of a normal: √(q (1 − q) / n) / φ.
    error = np.sqrt(0.16 * 0.84 * 2 / n) / stats.norm.pdf(stats.norm.ppf(0.16)) / (2 * stats.norm.ppf(0.84))
    middle = np.sqrt(np.pi / 2 / n)
    return Width(1 - 1 / spread, 1.96 * error, -float(np.median(z)) / spread, 1.96 * middle)


@dataclass(frozen=True, eq=False)
class Checks:
    """What `sf.checks.all` found: `coverage`, `sbc`, `tarp`, and for each parameter the `widths`."""

    coverage: Coverage
    sbc: Sbc
    tarp: Tarp
    widths: dict[str, Width]

    @property
    def passed(self) -> bool:
        """Whether no check found a fault."""
        return self.coverage.passed and self.sbc.passed and self.tarp.passed

    def table(self) -> pd.DataFrame:
        """One row for each parameter and each group of them: which check, whether it passed, and a verdict."""
        rows = []
        uniform = dict(zip(self.sbc.names, self.sbc.table()["uniform"]))
        for name, width in self.widths.items():
            rows.append({"of": name, "check": "ranks", "passed": bool(uniform[name]), "verdict": str(width)})
        off = self.coverage.off
        for i, name in enumerate(self.coverage.names):
            table = self.coverage.table()
            worst = table[table["group"] == name].iloc[int(np.abs(off[i]).argmax())]
            rows.append({"of": name, "check": "coverage", "passed": not off[i].any(), "verdict": worst["verdict"]})
        for _, row in self.tarp.table().iterrows():
            rows.append({"of": row["group"], "check": "tarp", "passed": row["uniform"], "verdict": row["verdict"]})
        return pd.DataFrame(rows)

    def __str__(self) -> str:
        head = "no fault found" if self.passed else "not calibrated"
        return f"{self.coverage.n} held-out simulations: {head}\n{self.table().to_string(index=False)}"


def all(  # the name that reads well after `sf.checks.`
    fit: Fit, prior: AbstractPrior, sims: Simulations, *, draws: int = 100, confidence: float = 0.95, key: KeyLike = 0
) -> Checks:
    """Expected coverage, ranks and TARP of one fit, from the same posteriors.

    **Arguments:**

    - `fit`: a fit that `sf.posterior` has a posterior for.
    - `prior`: the prior that the simulations were drawn from.
    - `sims`: simulations from this prior that the fit has not seen, such as `sims[fit.split.test]`.
    - `draws`: of each posterior, for TARP.
    - `confidence`: of each check.
    - `key`: of draws and reference points.

    **Returns** `Checks`, with `.table()`.

    **Raises** `ValueError` as the checks do one by one.
    """
    for_rows, for_points = jax.random.split(as_key(key))
    sizes: list[tuple[int, int]] = []

    def told(part: Part) -> np.ndarray:
        levels = part.posterior.levels(part.theta, key=part.key)
        ranks = part.posterior.ranks(part.theta, key=part.key)
        drawn = part.posterior.region_draws(draws, key=part.key)
        sizes.append((levels.shape[1], ranks.shape[1]))
        flat = [region.reshape(len(part.theta), -1) for region in drawn]
        return np.concatenate([levels, ranks, part.theta, *flat], axis=1)

    found, one = over_held_out(told, fit, prior, sims, key=for_rows)
    g, p = sizes[0]
    names, regions = region_names(one), one.regions
    theta = found[:, g + p : g + p + len(fit.names)]
    ends = np.cumsum([g + p + len(fit.names), *(draws * len(region) for region in regions)])
    samples = [found[:, a:b].reshape(len(found), draws, -1) for a, b in itertools.pairwise(ends)]
    ranks = found[:, g : g + p]
    return Checks(
        coverage_from_levels(found[:, :g], names, confidence=confidence),
        sbc_from_ranks(ranks, one.names, confidence=confidence),
        tarp_of_regions(samples, theta, regions, names, key=for_points, confidence=confidence),
        {name: width_of(column) for name, column in zip(one.names, ranks.T)},
    )
