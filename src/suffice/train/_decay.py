"""Weight decay: a given one, or as much as overfitting asks for.

A density that knows its training rows by heart says too much of others: its regions are too narrow. Weight decay keeps
it from that, but how much is right differs a hundredfold between problems, and too much blurs a sharp posterior. So it
follows what is seen: after each epoch the decay λ is multiplied by

    exp(clip((g − 0.05) / 2, −0.05, 0.5)),    g = held-out loss − training loss, in nats,

and grows quickly where a density overfits, and falls slowly where it does not. The training loss is that of the steps,
before their average and while the weights still change: as long as the learning rate is high it lies above the held-out
one unless much is overfitted. (The gap of the averaged weights on both was tried, and keeps densities that are not yet
learned from being learned.) The decay begins at 0.01 / (ηM) and never exceeds 0.035 / (ηM), of a learning rate η and M
steps an epoch: AdamW's weights are an average over about 1 / (ληM) epochs, and in these units what is right depends
little on the number of simulations (Wang & Aitchison 2024, arXiv:2405.13698).
"""

import math
from typing import NamedTuple

FIRST, MOST = 0.01, 0.035  # shares of the weights that decay in an epoch
_ALLOWED, _GAIN, _SLOWEST, _FASTEST = 0.05, 0.5, -0.05, 0.5


class Decay(NamedTuple):
    """How AdamW's weight decay goes on from epoch to epoch.

    - `given`: the one that stays, or `None` where it follows the overfitting.
    - `an_epoch`: learning rate, at its start, times steps of an epoch.
    """

    given: float | None
    an_epoch: float

    @property
    def first(self) -> float:
        """That of the first epoch."""
        return FIRST / self.an_epoch if self.given is None else self.given

    def after(self, decay: float, gap: float) -> float:
        """That of the next epoch, when the held-out loss lies `gap` nats above the training one."""
        if self.given is not None or not math.isfinite(gap):
            return decay
        faster = min(max(_GAIN * (gap - _ALLOWED), _SLOWEST), _FASTEST)
        return min(decay * math.exp(faster), MOST / self.an_epoch)
