"""When the learning rate falls, and when a fit ends."""

import math
from typing import NamedTuple


class Patience(NamedTuple):
    """What the host remembers of the monitored value, epoch by epoch.

    The learning rate is multiplied by `factor` after `plateau` epochs without a new best;
    the fit ends after `patience` of them. `decay` is that of the weights.
    """

    rate: float
    best: float = math.inf
    since_best: int = 0
    since_fall: int = 0
    decay: float = 0.0

    def after(self, value: float, *, plateau: int, factor: float) -> "Patience":
        """The memory after an epoch whose monitored value was `value`."""
        if value < self.best:
            return self._replace(best=value, since_best=0, since_fall=0)
        waited = self.since_fall + 1
        if waited >= plateau:
            return self._replace(rate=self.rate * factor, since_best=self.since_best + 1, since_fall=0)
        return self._replace(since_best=self.since_best + 1, since_fall=waited)
