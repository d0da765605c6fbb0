"""Write the page and the tables of a finished study."""

from pathlib import Path

import pandas as pd

from ._findings import Findings
from ._page import FOOT, page as page_of
from ._parts import Note
from ._section_checks import checks_section, verdict
from ._section_loading import loading_section
from ._section_posterior import density_table, draws_table, posterior_section, posterior_table
from ._section_provenance import provenance_section
from ._section_question import question_section
from ._section_retained import retained_section
from ._section_training import training_section
from ._written_whole import written_whole


def report(found: Findings, folder: str | Path, *, page: str | Path | None = None) -> Path:
    """Write `report.html` and the tables as `.csv` into `folder`; returns the page's path.

    The page holds its figures and needs no network.

    - `found`: of `Study.run()` or `findings(folder)`.
    - `page`: another place for the page.
    """
    folder = Path(folder)
    for name, table in _tables(found).items():
        written_whole(folder / f"{name}.csv", table.to_csv(index=False))
    return written_whole(folder / "report.html" if page is None else Path(page), _html(found, folder))


def _tables(found: Findings) -> dict[str, pd.DataFrame]:
    return {
        "posterior": posterior_table(found),
        "density": density_table(found.posterior),
        "samples": draws_table(found.posterior),
        "checks": found.checks.table(),
        "coverage": found.checks.coverage.table(),
        "ranks": found.checks.sbc.table(),
        "tarp": found.checks.tarp.table(),
        "retained": found.retained.table(),
        "history": found.fit.history,
    }


def _html(found: Findings, folder: Path) -> str:
    question = found.question
    sections = (
        question_section(question),
        training_section(question, found.fit),
        posterior_section(found),
        checks_section(found.checks),
        retained_section(found.retained),
        loading_section(folder),
        provenance_section(question, found.records),
    )
    notes = [verdict(found.checks), *(Note("warn", text) for text in found.warnings)]
    return page_of(question.title, question.about, sections, notes=notes, foot=FOOT)
