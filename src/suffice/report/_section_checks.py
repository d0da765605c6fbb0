"""The section on the checks, with the verdict in words."""

from typing import Any

import pandas as pd

from ..checks import Coverage, Sbc
from ..plots import coverage as plot_coverage, ranks as plot_ranks
from ._image import image
from ._parts import Figures, Note, Section, Table, Text

_MEANING = (
    "Simulations that the training did not see were treated like the observation, and their true parameters looked up "
    "in the posteriors found. A 68 % region must hold the truth in 68 % of them. This is a necessary test, not a "
    "sufficient one: a posterior as wide as the prior passes it too."
)


def checks_section(coverage: Coverage, ranks: Sbc) -> Section:
    """Expected coverage and calibration ranks on held-out simulations."""
    level = f"{100 * coverage.confidence:g} %"
    figures = (
        image(
            plot_coverage(coverage).figure,
            "empirical against nominal coverage of each parameter, with band",
            f"On the diagonal the intervals hold what they promise; the band allows for {coverage.n} simulations.",
        ),
        image(
            plot_ranks(ranks).figure,
            "distribution of the ranks of the truth, less that of uniform ranks, with band",
            "Rank of the true parameter in its posterior: inside the band it is uniform, as it should be.",
        ),
    )
    tested: Any = ranks.table()[["parameter", "above", "outer", "ks_p", "chi2_p", "verdict"]]
    return Section(
        "checks",
        "Checks",
        (
            verdict(coverage, ranks),
            Text(_MEANING),
            Figures(figures),
            Table.of(_coverage_rows(coverage), f"Expected coverage, with {level} Jeffreys intervals"),
            Table.of(tested, "Ranks: share above the median (0.5 expected), in the outer tenth (0.1), two p-values"),
        ),
    )


def _coverage_rows(coverage: Coverage) -> pd.DataFrame:
    """One row a group: the empirical coverage at each nominal level, and what to think of it."""
    low, high = coverage.interval()
    rows = [
        {"of": name}
        | {
            f"nominal {100 * a:g} %": f"{100 * e:.1f} % ({100 * lo:.1f} to {100 * hi:.1f})"
            for a, e, lo, hi in zip(coverage.nominal, coverage.empirical[g], low[g], high[g])
        }
        for g, name in enumerate(coverage.names)
    ]
    words = coverage.table().groupby("group", sort=False).verdict.agg(_worst)
    return pd.DataFrame(rows).assign(verdict=words.to_numpy())


def _worst(verdicts: pd.Series) -> str:
    notable = [verdict for verdict in verdicts if verdict != "as it should be"]
    return "; ".join(notable) or "as it should be"


def verdict(coverage: Coverage, ranks: Sbc) -> Note:
    """Both checks in a sentence."""
    if coverage.passed and ranks.passed:
        return Note("good", f"The checks on {coverage.n} held-out simulations found no fault in the posteriors.")
    covered, tested = coverage.table(), ranks.table()
    covered, tested = covered[coverage.off.ravel() != 0], tested[~tested.uniform]
    named = (*zip(covered.group, covered.verdict), *zip(tested.parameter, tested.verdict))
    faults = [f"{name}: {words}" for name, words in named]
    return Note("warn", f"The checks on {coverage.n} held-out simulations found faults. " + "; ".join(faults) + ".")
