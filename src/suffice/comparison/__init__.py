"""Which summary should I use, and what does it lose? Summaries beside each other on held-out simulations."""

from ._compare import compare as compare
from ._missing import Missing as Missing, missing as missing
from ._result import Measured as Measured, SummaryComparison as SummaryComparison
from ._sweep import Sweep as Sweep, sweep as sweep
