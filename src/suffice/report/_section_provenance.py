"""The section on what the study ran with and how long each stage took."""

from typing import Any

from ._numbers import seconds
from ._parts import Section, Table
from ._question import Question


def provenance_section(question: Question, records: dict[str, dict[str, Any]]) -> Section:
    """Versions and times."""
    times = [[name, seconds(record["seconds"])] for name, record in records.items()]
    total = seconds(sum(record["seconds"] for record in records.values()))
    return Section(
        "versions",
        "Versions and times",
        (
            Table(["stage", "time"], [*times, ["all", total]], "Time of each stage, compilation included"),
            Table(["what", "version"], [[name, version] for name, version in question.versions.items()]),
        ),
    )
