"""The page and the files of a comparison of summaries."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from ..comparison import Missing, NOTHING_TO_KEEP, SummaryComparison
from ..core import listed
from ..plots import comparison
from ..train import Fit
from ._image import image
from ._numbers import number, seconds
from ._page import FOOT, page as page_of
from ._parts import Facts, Figures, Note, Section, Table, Text
from ._section_training import fits_section, histories
from ._versions import versions
from ._written_whole import written_whole

_TOLD = (
    "For all summaries the same small flows learn the posterior from the same simulations, and are judged on the same "
    "other ones: what differs between two lines is the summary. The information is a lower bound, log of posterior "
    "over prior density at the truths; what is kept is a share of what the best of these summaries says, or of what is "
    "known exactly, with the interval of the difference row by row. Width: that of the posteriors as a share of the "
    "prior's, the geometric mean over parameters."
)
_OF_EACH = (
    "Width: the root of the mean posterior variance, and the share of the prior's standard deviation that it is. In "
    "68 %, in 95 %: how often central intervals of that probability held the truth. Posteriors: whether those learned "
    "for this comparison have the width and the place that they should."
)


def comparison_report(
    found: SummaryComparison,
    folder: str | Path,
    *,
    source: str,
    lacking: tuple[str, Missing] | None = None,
    fits: Mapping[str, Fit] | None = None,
    made: Mapping[str, str] | None = None,
) -> Path:
    """Write `report.html`, `summaries.csv`, `parameters.csv` and `comparison.png`. Returns the page's path.

    - `source`: the file, as it is called.
    - `lacking`: a summary by name, and what `sf.missing` found beyond it; written to `missing.csv` as well.
    - `fits`: those of the summaries that were learned, by name; their histories are written to `history.csv` as well.
    - `made`: what it was made from, in words: the command, the file, the seed.
    """
    folder = Path(folder)
    written_whole(folder / "summaries.csv", found.table().to_csv(index=False))
    written_whole(folder / "parameters.csv", found.parameters().to_csv(index=False))
    sections = [_summaries(found, folder / "comparison.png"), _parameters(found)]
    if lacking is not None:
        written_whole(folder / "missing.csv", lacking[1].table().to_csv(index=False))
        sections.append(_missing_section(*lacking))
    if fits:
        written_whole(folder / "history.csv", histories(fits).to_csv(index=False))
        sections.append(fits_section(fits))
    sections.append(_provenance(made or {}))
    rows = found.measured[0].terms.shape[1]
    lead = f"{len(found.names)} summaries on {number(rows)} simulations that none of them was learned from"
    text = page_of(f"Summaries of {source}", lead, sections, notes=[_verdict(found)], foot=FOOT)
    return written_whole(folder / "report.html", text)


def _verdict(found: SummaryComparison) -> Note:
    if not found.anything_to_keep():
        return Note("warn", "Not even the best of these summaries is seen to say anything about the parameters.")
    best = found[found.best()]
    many = "1 number" if best.numbers == 1 else f"{best.numbers} numbers"
    least = "the fewest numbers" if len({one.numbers for one in found.measured}) > 1 else "the simplest"
    return Note(
        "good",
        f"Take {best.name} ({many}, {_kind(best)}): {least} among those that say as much about the parameters as the "
        "best, as far as these simulations can tell.",
    )


def _summaries(found: SummaryComparison, file: Path) -> Section:
    figure = comparison(found).flat[0].figure
    figure.savefig(file, dpi=160)
    caption = "Dots: information with its interval. Dashed: what the best of them says, or what is known exactly."
    shown = Figures((image(figure, "information that each summary keeps, by parameter", caption),))
    table = found.table()
    columns: dict[str, Any] = {"summary": table["summary"]}
    columns |= {"made": [_kind(found[name]) for name in table["summary"]], "numbers": table["numbers"]}
    columns["information, nats"] = _with_interval(table, "information")
    columns["kept, %"] = _kept(table)
    columns |= {"kept least": table["least_kept"], "width": _shares(table["width"])}
    if "log_det_F" in table:
        columns["ln det F"] = table["log_det_F"]
    columns["CPU time"] = [seconds(value) if value == value else "–" for value in table["cpu_s"]]
    nothing = [name for name in found.parameters_named if not found.anything_to_keep(name)]
    parts: list[Any] = [
        shown,
        Table.of(pd.DataFrame(columns)),
        Text(f"{_TOLD} Behind ±: intervals of {100 * found.level:g} %."),
    ]
    if nothing:
        text = "not even what the best of these summaries says is seen to be above zero: there is nothing to keep."
        parts.append(Text(f"About {listed(nothing)}, {text}"))
    return Section("summaries", "The summaries", tuple(parts))


def _parameters(found: SummaryComparison) -> Section:
    every = found.parameters()
    tables = [_of_parameter(rows, str(name)) for name, rows in every.groupby("parameter", sort=False)]
    return Section("parameters", "Every parameter", (*tables, Text(_OF_EACH)))


def _of_parameter(rows: pd.DataFrame, name: str) -> Table:
    rows = rows.sort_values("information", ascending=False)
    columns: dict[str, Any] = {"summary": rows["summary"], "information, nats": _with_interval(rows, "information")}
    columns["kept, %"] = _kept(rows)
    columns |= {"width": rows["width"], "of prior": _shares(rows["width_over_prior"])}
    columns |= {f"in {share} %": _shares(rows[f"coverage_{share}"]) for share in (68, 95)}
    if "fisher" in rows:
        columns["Fisher"] = rows["fisher"]
    return Table.of(pd.DataFrame(columns | {"posteriors": rows["verdict"]}), name)


def _kind(one: Any) -> str:
    return "learned" if one.learned else one.kind


def _shares(column: Any) -> list[str]:
    return [f"{100 * value:.0f} %" for value in column]


def _with_interval(table: Any, name: str, unit: float = 1.0) -> list[str]:
    """Intervals of means are as long to both sides."""
    digits = 1 if unit > 1 else 2 if table[name].max() >= 1 else 3
    halves = unit * (table[f"{name}_high"] - table[f"{name}_low"]) / 2
    return [f"{unit * value:.{digits}f} ± {half:.{digits}f}" for value, half in zip(table[name], halves)]


def _kept(table: Any) -> list[str]:
    shares = _with_interval(table, "kept", 100.0)
    return [NOTHING_TO_KEEP if value != value else share for value, share in zip(table["kept"], shares)]


def _missing_section(name: str, found: Missing) -> Section:
    said = "The data say more than this summary." if found.found else "No more was found in the data than it holds."
    text = Text(
        f"A network was trained on the data beside {name} for what that lacks, and the posterior learned with its "
        "numbers and with those of other simulations: the difference is what the summary is missing, in nats."
    )
    table = found.table().rename(columns={"low": "missing_low", "high": "missing_high"})
    shown = pd.DataFrame({"parameter": table["parameter"], "missing, nats": _with_interval(table, "missing")})
    parts = (Note("warn" if found.found else "good", said), text, Table.of(shown.assign(verdict=table["verdict"])))
    return Section("missing", f"What is missing in {name}", parts)


def _provenance(made: Mapping[str, str]) -> Section:
    rows = [[name, version] for name, version in versions().items()]
    parts = [Facts(tuple(made.items()))] if made else []
    return Section("versions", "How this was made", (*parts, Table(["what", "version"], rows)))
