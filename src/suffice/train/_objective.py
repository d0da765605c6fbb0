"""What an objective is: all that is learned, and the loss that teaches it."""

import abc
from collections.abc import Callable
from typing import Any, ClassVar

import equinox as eqx
from jaxtyping import Array, PyTree

from ._source import AbstractSource


class AbstractObjective(eqx.Module):
    """Holds everything that is learned; brings a loss, never a training loop.

    To write one: keep the summary in the field `summary`; write `loss` for a whole batch,
    with the maths for one example inside and `vmap` outside; in `start`, set statistics and
    data-dependent first weights from a sample of training rows, and return the started copy
    (or `self`); an objective that has been trained goes on from where it is. In `finish`, measure
    on the held-out part what the trained objective needs besides its weights, or return `self`.
    `monitor` names the held-out number that decides on the best weights: `"loss"`, or one of
    those that `loss` returns beside it. One that does not learn about all parameters says
    in `parameters_learned` about which. Where `start` gives weights that may be as good as any
    that training finds, `judge_start` says that they are to be judged on the held-out part too. Where the loss is in
    nats, `decay_by_overfitting` lets the weights decay the faster the more the objective overfits.
    """

    summary: eqx.AbstractVar[Callable]
    monitor: eqx.AbstractClassVar[str]
    judge_start: ClassVar[bool] = False
    decay_by_overfitting: ClassVar[bool] = False

    @abc.abstractmethod
    def start(self, rows: Any, *, names: tuple[str, ...], key: Array) -> "AbstractObjective":
        """This objective, started from training rows (NumPy arrays with a leading axis) of named parameters."""

    def like(self, begun: "AbstractObjective") -> "AbstractObjective":
        """This objective, which when it is started takes the form of one that is begun.

        For objectives of which the training rows decide more than numbers: those trained side by side must be of one
        structure. Unless told there is one form.
        """
        return self

    def parameters_learned(self, names: tuple[str, ...]) -> tuple[str, ...]:
        """Which of the named parameters it learns about, and so must vary in the training data: all, unless told."""
        return names

    @abc.abstractmethod
    def loss(self, batch: PyTree, *, key: Array, step: Array) -> tuple[Array, dict[str, Array]]:
        """The loss of one batch, a scalar, and named scalars to be written in the history."""

    @abc.abstractmethod
    def finish(self, held_out: AbstractSource, *, key: Array) -> "AbstractObjective":
        """This objective with its best weights, completed by what is measured on the held-out part."""
