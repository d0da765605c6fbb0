"""A number and how far to trust it."""

import dataclasses
from typing import Any, Literal


@dataclasses.dataclass(frozen=True)
class Estimate:
    """A measured number with its interval, and what the number is a bound on.

    **Arguments:**

    - `value`, `low`, `high`: the number and its interval.
    - `level`: the probability that the interval covers what `value` estimates.
    - `kind`: whether what is estimated is itself a `"lower"` or an `"upper"` bound of the
      quantity named in `label`, or that quantity (`"point"`). The interval is about the
      estimated number, never about the slack of the bound.
    - `unit`: unit of the three numbers.
    - `details`: what else was found on the way, if anything.

    >>> print(Estimate(0.83, 0.82, 0.84, kind="lower", label="I(x; y)"))
    I(x; y) >= 0.830 nats (95 % interval 0.820 to 0.840 of this lower bound)
    """

    value: float
    low: float
    high: float
    level: float = 0.95
    kind: Literal["lower", "upper", "point"] = "point"
    unit: str = "nats"
    label: str = ""
    details: Any = dataclasses.field(default=None, repr=False, compare=False)

    def __str__(self) -> str:
        sign = {"lower": ">=", "upper": "<=", "point": "="}[self.kind]
        head = f"{self.label} {sign} " if self.label else ""
        tail = "" if self.kind == "point" else f" of this {self.kind} bound"
        interval = f"{self.level * 100:.3g} % interval {self.low:.3f} to {self.high:.3f}{tail}"
        return f"{head}{self.value:.3f} {self.unit} ({interval})"

    def covers(self, truth: float) -> bool:
        """Whether the interval holds ``truth``."""
        return bool(self.low <= truth <= self.high)
