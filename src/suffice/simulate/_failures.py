"""The rows of simulations that failed, and how."""

import dataclasses

import numpy as np
import pandas as pd
from jaxtyping import Float, Int

from ._status import IN_WORDS, Status


@dataclasses.dataclass(frozen=True, eq=False)
class Failures:
    """Which of `total` simulations cannot be used; `len()` counts them, `print()` tells of the first.

    - `rows`: row numbers `(k,)`, ascending; `status`: what happened, `(k,)` (see `Status`).
    - `theta`: their parameters `(k, p)`, named by `names`.
    - `messages`: by row number, what the simulator said; kept for the first hundred.
    """

    total: int
    rows: Int[np.ndarray, " k"]
    status: Int[np.ndarray, " k"]
    theta: Float[np.ndarray, "k p"]
    names: tuple[str, ...]
    messages: dict[int, str]

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def counts(self) -> dict[str, int]:
        """How many rows failed in each way that occurred.

        >>> two = np.array([1, 3])
        >>> Failures(9, np.array([4, 7]), two, np.zeros((2, 1)), ("a",), {}).counts
        {'NONFINITE': 1, 'TIMEOUT': 1}
        """
        return {kind.name: int((self.status == kind).sum()) for kind in IN_WORDS if (self.status == kind).any()}

    def first(self) -> str:
        """The first failing row: its number, parameters and message."""
        if not len(self):
            return "none failed"
        row = int(self.rows[0])
        at = ", ".join(f"{name}={value:.6g}" for name, value in zip(self.names[:12], self.theta[0]))
        more = ", ..." if len(self.names) > 12 else ""
        message = self.messages.get(row, IN_WORDS[Status(int(self.status[0]))])
        return f"row {row} at {at}{more}: {message}"

    def table(self) -> pd.DataFrame:
        """One line a failed row: number, status, parameters, message."""
        named = dict(zip(self.names, self.theta.T))
        kinds = [Status(int(s)).name for s in self.status]
        messages = [self.messages.get(int(row), "") for row in self.rows]
        return pd.DataFrame({"row": self.rows, "status": kinds, **named, "message": messages})

    def __str__(self) -> str:
        if not len(self):
            return f"all {self.total} simulations succeeded"
        ways = ", ".join(f"{self.counts[kind.name]} {IN_WORDS[kind]}" for kind in IN_WORDS if kind.name in self.counts)
        share = 100 * len(self) / max(1, self.total)
        return f"{len(self)} of {self.total} simulations failed ({share:.3g} %): {ways}; first, {self.first()}"
