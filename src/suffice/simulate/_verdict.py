"""When too many rows fail, and what is said of those that do."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from ..core import warn
from ._failures import Failures
from ._keep import AbstractKeep
from ._piece import Piece
from ._simulations import Simulations
from ._status import Status, UNDONE

# When the first so many rows all fail there is no point in going on.
_HOPELESS = 100


class Verdict:
    """Watches the rows that come in.

    - `keep`: where they go; `theta`, `names`: the parameters of all rows.
    - `reason`: why the simulator runs in processes, where that was not asked for.
    """

    def __init__(self, keep: AbstractKeep, theta: np.ndarray, names: tuple[str, ...], reason: str):
        self._keep, self._theta, self._names, self._reason = keep, theta, names, reason

    def take(self, pieces: Iterator[Piece], shown: Any) -> None:
        """Keep piece after piece. **Raises** `ValueError` when so many fail that the rest cannot help."""
        for piece in pieces:
            self._keep.add(piece)
            if self._failed:
                shown.set_postfix(failed=self._failed)
            done = int((self._keep.status != UNDONE).sum())
            self._refuse_most(self._failed == done and done >= _HOPELESS)

    def finish(self) -> Simulations:
        """All rows. **Warns** about those that failed, **raises** `ValueError` when they are more than
        half.
        """
        self._refuse_most()
        if self._failed:
            warn(
                f"{self._failures()}. They are kept with their status and left out of training. If failing "
                "depends on the parameters, what is left is no sample of the prior any more, and ratio and "
                "likelihood methods learn a posterior that is biased against the parameters that fail often",
            )
        return self._keep.finish()

    @property
    def _failed(self) -> int:
        return int((self._keep.status > Status.OK).sum())

    def _refuse_most(self, hopeless: bool = False) -> None:
        if not hopeless and self._failed <= 0.5 * len(self._theta):
            return
        why = f" It ran in processes, for JAX could not trace it ({self._reason})." if self._reason else ""
        raise ValueError(
            f"{self._failures()}. More than half is too many: mend the simulator or narrow the prior.{why}"
        )

    def _failures(self) -> Failures:
        status = self._keep.status
        bad = np.flatnonzero(status > Status.OK)
        theta, messages = self._theta[bad].astype(float), dict(self._keep.messages)
        done = int((status != UNDONE).sum())
        return Failures(done, bad, status[bad].astype(int), theta, self._names, messages)
