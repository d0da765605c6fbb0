"""Verdicts of several checks together: an exact posterior fails any of them with 5 % at most.

Each check errs with a share of its own, and these add up (Bonferroni): 0.5 % for ranks, coverage, TARP and distance,
3 % for the local test, which needs more classifiers the less it may err.
"""

import dataclasses

from ..checks import Checks

LOCAL, OTHERS = 0.97, 0.995  # confidence of each check: 0.03 + 4 * 0.005 = 0.05


def together(checks: Checks) -> Checks:
    """The same findings with verdicts at `OTHERS`; the local test has to be made at `LOCAL`."""
    distance = checks.misspecification
    return dataclasses.replace(
        checks,
        coverage=dataclasses.replace(checks.coverage, confidence=OTHERS),
        sbc=dataclasses.replace(checks.sbc, confidence=OTHERS),
        tarp=dataclasses.replace(checks.tarp, confidence=OTHERS),
        misspecification=None if distance is None else dataclasses.replace(distance, confidence=OTHERS),
    )
