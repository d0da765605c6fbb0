"""The section on the checks, with the verdict in words."""

from typing import Any

import pandas as pd

from ..checks import Checks, Coverage
from ..plots import (
    coverage as plot_coverage,
    l_c2st as plot_local,
    misspecification as plot_distance,
    ranks as plot_ranks,
    tarp as plot_tarp,
)
from ._image import Image, image
from ._parts import Figures, Note, Section, Table, Text

_MEANING = (
    "Simulations that the training did not see were treated like the observation, and their true parameters looked up "
    "in the posteriors found. A 68 % region must hold the truth in 68 % of them. This is a necessary test, not a "
    "sufficient one: a posterior as wide as the prior passes it too. Verdicts allow for the number of checks: of exact "
    "posteriors, at most 5 % are found at fault by any of them."
)
_OBSERVED = (
    "A posterior can be right for simulations and wrong for this observation, if the simulator could not have made it. "
    "Its summary is compared with those of simulations; of simulated observations, 5 % have a p-value below 0.05."
)
_LOCAL = (
    "The local test (L-C2ST) asks a classifier to tell true parameters from draws of their posteriors, and looks at "
    "what it says at the observation: nothing, where the posterior is right. It sees large errors only, unless many "
    "simulations were held out."
)


def checks_section(checks: Checks) -> Section:
    """Every verdict; coverage, ranks and TARP on held-out simulations; and where the observation lies."""
    level = f"{100 * checks.coverage.confidence:g} %"
    tested: Any = checks.sbc.table()[["parameter", "above", "outer", "ks_p", "chi2_p", "verdict"]]
    parts = [
        verdict(checks),
        Table.of(checks.table(), "Every check, with its verdict"),
        Text(_MEANING),
        Figures(_figures(checks)),
        Table.of(
            _coverage_rows(checks.coverage),
            f"Expected coverage in %, at nominal levels, with {level} Jeffreys intervals",
        ),
        Table.of(tested, "Ranks: share above the median (0.5 expected), in the outer tenth (0.1), two p-values"),
    ]
    return Section("checks", "Checks", (*parts, *_of_observation(checks)))


def _figures(checks: Checks) -> tuple[Image, ...]:
    n = checks.coverage.n
    return (
        image(
            plot_coverage(checks.coverage).figure,
            "empirical against nominal coverage of each parameter, with band",
            f"On the diagonal the intervals hold what they promise; the band allows for {n} simulations.",
        ),
        image(
            plot_ranks(checks.sbc).figure,
            "distribution of the ranks of the truth, less that of uniform ranks, with band",
            "Rank of the true parameter in its posterior: inside the band it is uniform, as it should be.",
        ),
        image(
            plot_tarp(checks.tarp).figure,
            "expected against nominal coverage about random points, with band",
            "TARP: coverage of regions about random points, from draws of the posteriors.",
        ),
    )


def _of_observation(checks: Checks) -> list[Any]:
    if checks.misspecification is None:
        return []
    drawn = [
        image(
            plot_distance(checks.misspecification).figure,
            "distances of simulated summaries from one another, and that of the observation",
            "Distance of the observed summary from simulated ones, among the distances that are usual.",
        )
    ]
    if checks.local is None:
        told = f"{checks.coverage.n} held-out simulations are too few for a test of this posterior itself (L-C2ST)."
    else:
        told = _LOCAL
        caption = "L-C2ST: what a classifier sees at the observation, among what others see where there is nothing."
        drawn.append(
            image(plot_local(checks.local).figure, "statistic of the local test, with those of the null", caption)
        )
    return [Text(_OBSERVED), Text(told), Figures(tuple(drawn))]


def _coverage_rows(coverage: Coverage) -> pd.DataFrame:
    """One row a group: the empirical coverage at each nominal level, and what to think of it."""
    low, high = coverage.interval()
    rows = [
        {"of": name}
        | {
            f"at {100 * a:g} %": f"{100 * e:.1f} ({100 * lo:.1f} to {100 * hi:.1f})"
            for a, e, lo, hi in zip(coverage.nominal, coverage.empirical[g], low[g], high[g])
        }
        for g, name in enumerate(coverage.names)
    ]
    words = coverage.table().groupby("group", sort=False).verdict.agg(_worst)
    return pd.DataFrame(rows).assign(verdict=words.to_numpy())


def _worst(verdicts: pd.Series) -> str:
    notable = [verdict for verdict in verdicts if verdict != "as it should be"]
    return "; ".join(notable) or "as it should be"


def verdict(checks: Checks) -> Note:
    """All checks in a sentence."""
    n = checks.coverage.n
    if checks.passed and not checks.enough:
        return Note(
            "warn", f"{n} held-out simulations are too few to find any but a gross fault; at least 100 show more."
        )
    if checks.passed:
        return Note("good", f"The checks on {n} held-out simulations found no fault in the posteriors.")
    table = checks.table()
    rows = table[~table["passed"]]
    faults = [f"{of}: {told} ({check})" for of, check, told in zip(rows["of"], rows["check"], rows["verdict"])]
    return Note("warn", f"The checks on {n} held-out simulations found faults. " + "; ".join(faults) + ".")
