"""What a command says when it is done, on standard output."""

from pathlib import Path

from ..report import Findings, posterior_table, verdict


def print_outcome(found: Findings, page: Path) -> None:
    """The posterior, the verdict of the checks, and where the page lies."""
    print(posterior_table(found).to_string(index=False, float_format=lambda value: f"{value:.4g}"))
    print(verdict(found.checks).text)
    print(f"page: {page}")
