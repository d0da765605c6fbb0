"""What all checks found, as one table with verdicts."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Float

from ._coverage import Coverage
from ._l_c2st import LocalC2st
from ._misspecification import Misspecification
from ._posterior_predictive import PosteriorPredictive
from ._sbc import Sbc
from ._tarp import Tarp
from ._width import Width

_ENOUGH = 100


@dataclass(frozen=True, eq=False)
class Checks:
    """What `sf.checks.all` found.

    - `coverage`, `sbc`, `tarp`, and for each parameter the `widths`, of posteriors of held-out simulations.
    - `pairs`: `(m, ...)`, what `l_c2st` learns from: truths and draws in units of their posteriors, and summaries.
    - `misspecification`, `local`: where an observation was given, whether it could have been simulated, and whether its
      posterior is right (where there were enough simulations to tell).
    - `predictive`: where a simulator was given as well, whether its posterior makes such data.
    """

    coverage: Coverage
    sbc: Sbc
    tarp: Tarp
    widths: dict[str, Width]
    pairs: Float[np.ndarray, "m c"]
    misspecification: Misspecification | None = None
    local: LocalC2st | None = None
    predictive: PosteriorPredictive | None = None

    @property
    def passed(self) -> bool:
        """Whether no check found a fault; of fewer than 100 simulations that says little (`enough`)."""
        return bool(self.table()["passed"].all())

    @property
    def enough(self) -> bool:
        """Whether there were 100 held-out simulations, from which on more than gross faults can be found."""
        return self.coverage.n >= _ENOUGH

    def table(self) -> pd.DataFrame:
        """One row for each parameter, each group of them and the observation: check, whether passed, and a verdict."""
        return pd.DataFrame([*self._of_ranks(), *self._of_coverage(), *self._of_tarp(), *self._of_observation()])

    def __str__(self) -> str:
        none = "no fault found" if self.enough else "too few to find any but a gross fault; hold out at least 100"
        head = none if self.passed else "faults found"
        return f"{self.coverage.n} held-out simulations: {head}\n{self.table().to_string(index=False)}"

    def _of_ranks(self) -> list[dict[str, Any]]:
        rows = []
        tests = self.sbc.table()
        for name, uniform, words in zip(tests["parameter"], tests["uniform"], tests["verdict"]):
            width = str(self.widths[name])
            # A size where there is one; ranks may also be off without any.
            told = words if width == "as it should be" and not uniform else width
            told = f"borderline, may be chance: {told}" if uniform and told != "as it should be" else told
            rows.append({"of": name, "check": "ranks", "passed": bool(uniform), "verdict": told})
        return rows

    def _of_coverage(self) -> list[dict[str, Any]]:
        off, table, rows = self.coverage.off, self.coverage.table(), []
        for i, name in enumerate(self.coverage.names):
            own = table[table["group"] == name]
            worst = own.iloc[int(np.abs(off[i]).argmax())] if off[i].any() else own.iloc[int(own["inside"].argmin())]
            rows.append({"of": name, "check": "coverage", "passed": not off[i].any(), "verdict": worst["verdict"]})
        return rows

    def _of_tarp(self) -> list[dict[str, Any]]:
        return [
            {"of": row["group"], "check": "tarp", "passed": bool(row["uniform"]), "verdict": row["verdict"]}
            for _, row in self.tarp.table().iterrows()
        ]

    def _of_observation(self) -> list[dict[str, Any]]:
        rows = []
        if self.misspecification is not None:
            (told,), (p,) = self.misspecification.table()["verdict"], self.misspecification.p_value
            passed = self.misspecification.passed
            rows.append(
                {"of": "observation", "check": "distance", "passed": passed, "verdict": f"{told} (p = {p:.2g})"}
            )
        if self.local is not None:
            for _, row in self.local.table().iterrows():
                told = {"passed": bool(row["passed"]), "verdict": f"{row['verdict']} (p = {row['p']:.2g})"}
                rows.append({"of": row["group"], "check": "l-c2st"} | told)
        if self.predictive is not None:
            for _, row in self.predictive.table().iterrows():
                told = {"passed": bool(row["passed"]), "verdict": f"{row['verdict']} (p = {row['p']:.2g})"}
                rows.append({"of": row["quantity"], "check": "predictive"} | told)
        return rows
