"""The page and the files of a comparison of summaries."""

from pathlib import Path
from typing import Any

from ..comparison import Missing, SummaryComparison
from ..plots import comparison
from ._image import image
from ._page import FOOT, page as page_of
from ._parts import Figures, Note, Section, Table, Text
from ._written_whole import written_whole

_TOLD = (
    "For all summaries the same small flows learn the posterior from the same simulations, and are judged on the same "
    "other ones: what differs between two lines is the summary. The information is a lower bound, log of posterior "
    "over prior density at the truths; what is kept is a share of what the best of these summaries says, with the "
    "interval of the difference row by row."
)
_OF_EACH = (
    "width: the root of the mean posterior variance; precision: one over its square; coverage: how often central "
    "intervals held the truth."
)


def comparison_report(
    found: SummaryComparison, folder: str | Path, *, source: str, lacking: tuple[str, Missing] | None = None
) -> Path:
    """Write `report.html`, `summaries.csv`, `parameters.csv` and `comparison.png`. Returns the page's path.

    - `source`: the file, as it is called.
    - `lacking`: a summary by name, and what `sf.missing` found beyond it.
    """
    folder = Path(folder)
    table, each = found.table(), found.parameters()
    written_whole(folder / "summaries.csv", table.to_csv(index=False))
    written_whole(folder / "parameters.csv", each.to_csv(index=False))
    figure = comparison(found).flat[0].figure
    figure.savefig(folder / "comparison.png", dpi=160)
    told = "Dots: information with its interval. Dashed: what the best of them says, or what is known exactly."
    shown = Figures((image(figure, "information that each summary keeps, by parameter", told),))
    sections = [
        Section("summaries", "The summaries", (shown, Table.of(_short(table)), Text(_TOLD))),
        Section("parameters", "Every parameter", (Table.of(_short(each)), Text(_OF_EACH))),
    ]
    if lacking is not None:
        sections.append(_missing_section(*lacking))
    lead = (
        f"{len(found.names)} summaries on {found.measured[0].terms.shape[1]} held-out simulations: take {found.best()}"
    )
    return written_whole(folder / "report.html", page_of(f"Summaries of {source}", lead, sections, foot=FOOT))


def _short(table: Any) -> Any:
    """Without the columns that only a program reads."""
    return table.drop(columns=[c for c in ("information_low", "information_high", "kind") if c in table])


def _missing_section(name: str, found: Missing) -> Section:
    said = "The data say more than this summary." if found.found else "No more was found in the data than it holds."
    text = Text(
        f"A network was trained on the data beside {name} for what that lacks, and the posterior learned with its "
        "numbers and with those of other simulations: the difference is what the summary is missing, in nats."
    )
    parts = (Note("warn" if found.found else "good", said), text, Table.of(found.table()))
    return Section("missing", f"What is missing in {name}", parts)
