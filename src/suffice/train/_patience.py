"""When the learning rate falls, and when a fit ends."""

import math
from typing import NamedTuple


class Patience(NamedTuple):
    """What the host remembers of the monitored value, epoch by epoch.

    The learning rate is multiplied by `factor` after `plateau` epochs without a new best;
    the fit ends after `patience` of them.
    """

    rate: float
    best: float = math.inf
    since_best: int = 0
    since_fall: int = 0

    def after(self, value: float, *, plateau: int, factor: float) -> "Patience":
        """The memory after an epoch whose monitored value was `value`."""
        if value < self.best:
            return Patience(self.rate, value, 0, 0)
        waited = self.since_fall + 1
        if waited >= plateau:
            return Patience(self.rate * factor, self.best, self.since_best + 1, 0)
        return Patience(self.rate, self.best, self.since_best + 1, waited)
