"""What a comparison of summaries found, as tables and a figure."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Float

from ..checks import coverage_from_levels, draw, Width, width_of
from ..core import Estimate
from ..information import around, FisherMatrix

TOGETHER = "all together"
CLOSED_FORM = "closed form"
NOTHING_TO_KEEP = "nothing to keep"


@dataclass(frozen=True, eq=False)
class Measured:
    """What was measured of one summary.

    - `name`, `kind`: the objective of a fit, or `"given"`, or `"closed form"`.
    - `numbers`: how many it has.
    - `cpu_seconds`: to make it.
    - `terms`: log q(θ_g | s) − log p(θ_g), `(groups, rows)`: each parameter, and then all together.
    - `width`: of each parameter, the root of the mean posterior variance.
    - `ranks`: of the truths in the posteriors of single parameters, `(rows, p)`.
    - `fisher`: at the fiducial of the tangents, if there were any.
    """

    name: str
    kind: str
    numbers: int
    cpu_seconds: float
    terms: Float[np.ndarray, "g m"]
    width: Float[np.ndarray, " p"]
    ranks: Float[np.ndarray, "r p"]
    fisher: FisherMatrix | None

    @property
    def learned(self) -> bool:
        """Whether it had to be trained."""
        return self.kind not in ("given", CLOSED_FORM)

    @property
    def widths(self) -> list[Width]:
        """Whether each parameter's posteriors have the width and the place that they should."""
        return [width_of(column) for column in self.ranks.T]


@dataclass(frozen=True, eq=False)
class SummaryComparison:
    """Several summaries on the same held-out simulations.

    - `measured`: one of `Measured` for each.
    - `parameters_named`: names of the parameters; `together`: whether they were looked at together as well.
    - `prior_width`: standard deviations of the parameters.
    - `exact`: exact log-ratios of the rows, `(groups, rows)`, where they were known.
    - `level`: of the intervals.
    """

    measured: tuple[Measured, ...]
    parameters_named: tuple[str, ...]
    together: bool
    prior_width: Float[np.ndarray, " p"]
    exact: Float[np.ndarray, "g m"] | None
    level: float = 0.95

    @property
    def names(self) -> tuple[str, ...]:
        """Of the summaries."""
        return tuple(one.name for one in self.measured)

    @property
    def groups(self) -> tuple[str, ...]:
        """The parameters, and `"all together"`."""
        return (*self.parameters_named, TOGETHER) if self.together else self.parameters_named

    def __getitem__(self, name: str) -> Measured:
        if name not in self.names:
            raise ValueError(f"no summary is called {name!r}; known: {', '.join(self.names)}")
        return self.measured[self.names.index(name)]

    def information(self, name: str, group: str = "") -> Estimate:
        """What a summary says about a parameter: a lower bound in nats, with its interval.

        Without `group`, about all of them: together, or their sum where they were not looked at together.
        """
        return around(self._said(name, group), "lower", level=self.level, label=f"I({group or TOGETHER}; {name})")

    def difference(self, first: str, second: str, group: str = "") -> Estimate:
        """How much more the first of two summaries says, in nats, from the same rows of both."""
        terms = self._said(first, group) - self._said(second, group)
        return around(terms, "point", level=self.level, label=f"I(; {first}) - I(; {second})")

    def kept(self, name: str, group: str = "") -> Estimate:
        """The share that a summary keeps of what is known exactly, or else of what the best of them keeps.

        The interval is that of the difference, row by row; without an exact answer the best has a share of one. Where
        there is nothing to keep all three are NaN: see `anything_to_keep`.
        """
        whole = self._whole(group)
        total = float(whole.mean()) if self.anything_to_keep(group) else math.nan
        lost = around(whole - self._said(name, group), "point", level=self.level)
        value, low, high = (1 - side / total for side in (lost.value, lost.high, lost.low))
        label = f"share of the information about {group or TOGETHER}"
        return Estimate(value, low, high, self.level, "point", unit="", label=label)

    def anything_to_keep(self, group: str = "") -> bool:
        """Whether the whole information about a parameter is seen to be above zero: its interval does not reach it.

        The whole is what is known exactly, or else what the best of the summaries says.
        """
        return around(self._whole(group), "point", level=self.level).low > 0

    def best(self, group: str = "") -> str:
        """The summary that says most, and the simplest of those that say as much as the interval can tell.

        Simplest: the fewest numbers, then those that nothing had to be trained for, then the most information.
        """
        said = {name: float(self._said(name, group).mean()) for name in self.names}
        top = max(said, key=lambda name: said[name])
        equal = [one for one in self.measured if self.difference(top, one.name, group).low <= 0]
        return min(equal or [self[top]], key=lambda one: (one.numbers, one.learned, -said[one.name])).name

    def table(self) -> pd.DataFrame:
        """One row a summary, the one that says most first.

        `information` (nats) and `kept` are of all parameters together, or of the only one, or their sum where they
        were not looked at together; `least_kept` names the parameter that loses most, of those of which there is
        anything to keep (shares of nothing are NaN); `width` is the geometric mean of posterior over prior widths;
        `log_det_F` the Fisher information at the fiducial, where there are tangents.
        """
        rows = [self._row(one) for one in self.measured]
        return pd.DataFrame(rows).sort_values("information", ascending=False, ignore_index=True)

    def parameters(self) -> pd.DataFrame:
        """One row for each summary and parameter.

        `width` is the root of the mean posterior variance, `precision` one over its square: no more than the Fisher
        information averaged over the prior plus that of the prior (van Trees' inequality). `fisher` is 1 / (F⁻¹)_ii.
        """
        rows: list[dict[str, Any]] = []
        for one in self.measured:
            levels = np.abs(2 * one.ranks - 1)
            covered = coverage_from_levels(levels, self.parameters_named, nominal=(0.68, 0.95)).empirical
            errors = None if one.fisher is None else one.fisher.errors
            for i, (parameter, width) in enumerate(zip(self.parameters_named, one.width)):
                row: dict[str, Any] = {"summary": one.name, "parameter": parameter}
                row |= _with_ends("information", self.information(one.name, parameter))
                row |= _with_ends("kept", self.kept(one.name, parameter))
                row |= {"width": float(width), "width_over_prior": float(width / self.prior_width[i])}
                row |= {"precision": float(width**-2)} | ({} if errors is None else {"fisher": float(errors[i] ** -2)})
                row |= {"coverage_68": covered[i, 0], "coverage_95": covered[i, 1], "verdict": str(one.widths[i])}
                rows.append(row)
        return pd.DataFrame(rows)

    def plot(self, ax: Any = None) -> Any:
        """What each keeps about each parameter: `suffice.plots.comparison`."""
        return draw(self, ax)

    def __str__(self) -> str:
        columns = ["summary", "numbers", "information", "kept", "least_kept", "width", "verdict", "cpu_s"]
        head = f"{len(self.measured)} summaries on {self.measured[0].terms.shape[1]} held-out simulations; "
        table = self.table()
        table["kept"] = [NOTHING_TO_KEEP if math.isnan(share) else f"{share:.3f}" for share in table["kept"]]
        shown = table.to_string(columns=columns, index=False, float_format=lambda v: f"{v:.3f}")
        return f"{head}take {self.best()!r}\n{shown}"

    def _row(self, one: Measured) -> dict[str, Any]:
        shares = {name: self.kept(one.name, name).value for name in self.parameters_named}
        least = min(shares, key=lambda name: math.inf if math.isnan(shares[name]) else shares[name])
        told = NOTHING_TO_KEEP if math.isnan(shares[least]) else f"{least}: {100 * shares[least]:.1f} %"
        bad = [f"{name}: {told}" for name, told in zip(self.parameters_named, one.widths) if str(told) != _FINE]
        relative = float(np.exp(np.log(one.width / self.prior_width).mean()))
        row: dict[str, Any] = {"summary": one.name, "kind": one.kind, "numbers": one.numbers}
        row |= _with_ends("information", self.information(one.name)) | _with_ends("kept", self.kept(one.name))
        row |= {"least_kept": told, "width": relative, "verdict": "; ".join(bad) or _FINE}
        row |= {} if one.fisher is None else {"log_det_F": one.fisher.log_det.value}
        return row | {"cpu_s": one.cpu_seconds}

    def _said(self, name: str, group: str) -> np.ndarray:
        """log q(θ_g | s) − log p(θ_g) of the held-out rows."""
        return self._of(self[name].terms, group)

    def _whole(self, group: str) -> np.ndarray:
        exact = None if self.exact is None else self._of(self.exact, group)
        if exact is not None and np.isfinite(exact).all():
            return exact
        return max((self._said(name, group) for name in self.names), key=lambda terms: float(terms.mean()))

    def _of(self, terms: np.ndarray, group: str) -> np.ndarray:
        if not group:
            return terms[-1] if self.together else terms.sum(axis=0)
        if group not in self.groups:
            raise ValueError(f"no parameter is called {group!r}; known: {', '.join(self.groups)}")
        return terms[self.groups.index(group)]


_FINE = str(Width(0.0, 1.0, 0.0, 1.0))


def _with_ends(name: str, found: Estimate) -> dict[str, float]:
    return {name: found.value, f"{name}_low": found.low, f"{name}_high": found.high}
