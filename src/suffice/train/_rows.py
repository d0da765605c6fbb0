"""Which rows of simulations can be trained on, and the warning about those that cannot."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..core import warn
from ..simulate import Batch, Simulations


def usable_rows(sims: Simulations) -> np.ndarray:
    """Row numbers whose status is ok and whose numbers are all finite.

    **Raises:** `ValueError` when more than half must be left out, or when a parameter never
    varies. **Warns** when rows are left out, for what remains is then no longer a sample of
    the prior and the simulator.
    """
    good = sims.usable()
    bad = int((~good).sum())
    if bad > 0.5 * len(good):
        raise ValueError(
            f"{bad} of {len(good)} simulations failed or hold non-finite numbers; more than half is too many to "
            "leave out. Look at sims.failures, mend the simulator or narrow the prior"
        )
    if bad:
        warn(
            f"{bad} of {len(good)} simulations failed or hold non-finite numbers and are left out of training. If "
            "failing depends on the parameters, ratios and likelihoods are learned for the surviving simulations "
            "only, and the posterior is biased towards parameters that fail often. See sims.failures",
        )
    return np.flatnonzero(good)


def refuse_constant_parameters(rows: Any, names: tuple[str, ...], learned: Sequence[str]) -> None:
    """`ValueError` for a parameter that is learned about and has one value in all rows: there is nothing to learn."""
    if not isinstance(rows, Batch):
        return
    for name, column in zip(names, np.asarray(rows.theta).T):
        if name in learned and np.ptp(column) == 0:
            raise ValueError(
                f"parameter {name!r} is {column[0]:g} in every simulation, so nothing can be learned about it; "
                "drop it with sims.select(target=[...]) or vary it"
            )
