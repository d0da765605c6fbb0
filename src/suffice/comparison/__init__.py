"""Which summary should I use, and what does it lose? Summaries beside each other on held-out simulations."""

from ._compare import compare as compare, FEWEST as FEWEST, refuse_discrete as refuse_discrete
from ._missing import FEWEST_TO_LOOK as FEWEST_TO_LOOK, Missing as Missing, missing as missing
from ._result import (
    CLOSED_FORM as CLOSED_FORM,
    Measured as Measured,
    NOTHING_TO_KEEP as NOTHING_TO_KEEP,
    SummaryComparison as SummaryComparison,
)
from ._sweep import Sweep as Sweep, sweep as sweep
