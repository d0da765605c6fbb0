"""`suffice report`: the page of a finished run, written again."""

from ..report import findings, report
from ._options import Report
from ._outcome import print_outcome


def run(options: Report) -> None:
    """Write the page from what lies in the folder."""
    found = findings(options.run)
    print_outcome(found, report(found, options.run, page=options.out))
