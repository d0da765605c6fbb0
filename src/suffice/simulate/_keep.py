"""Where finished rows go: arrays in memory."""

import abc
import contextlib
from typing import Any

import jax
import numpy as np

from ._piece import empty_like, example_of, Outcome, Piece, refuse_other_shape
from ._same_simulator import Known
from ._simulations import Simulations
from ._status import Status, UNDONE

MOST_MESSAGES = 100


class AbstractKeep(abc.ABC):
    """Takes finished rows, in any order, and in the end gives `Simulations`.

    To write one, keep `status` `(n,)` up to date, `UNDONE` for rows not there yet, and give `_write`.
    """

    status: np.ndarray
    messages: dict[int, str]
    chunk: int = 0  # rows in a chunk where the rows go; 0: any
    example: Any = None
    first: int = 0

    @property
    def todo(self) -> np.ndarray:
        """Rows that are not there yet."""
        return np.flatnonzero(self.status == UNDONE)

    def add(self, piece: Piece) -> None:
        """Keep the rows of a piece."""
        for row in piece.rows[piece.status == Status.OK].tolist():
            self.messages.pop(row, None)
        room = max(0, MOST_MESSAGES - len(self.messages))
        self.messages.update(sorted(piece.messages.items())[:room])
        self.expect(piece)
        self._write(piece)
        self.status[piece.rows] = piece.status

    def close(self) -> None:  # noqa: B027
        """No more rows come."""

    def known(self) -> Known | None:
        """A row that was there before and has finished well; `None` where there is none."""
        return None

    def writer(self) -> Any:
        """For workers that write what they computed themselves; `None` where they cannot."""
        return None

    def told(self) -> Any:
        """A context that says what errors of writing mean."""
        return contextlib.nullcontext()

    def expect(self, piece: Piece) -> None:
        """`ValueError` when its `x` has other arrays or shapes than the rows before."""
        if piece.x is None:
            return
        outcome = Outcome(int(piece.rows[0]), Status.OK, jax.tree.map(lambda leaf: leaf[0], piece.x), "")
        if self.example is None:
            self.example, self.first = example_of(outcome.x), outcome.row
        refuse_other_shape(self.example, self.first, outcome)

    @abc.abstractmethod
    def _write(self, piece: Piece) -> None:
        """Put the rows where they stay; when it returns they are safe."""

    @abc.abstractmethod
    def finish(self) -> Simulations:
        """All rows."""


class Memory(AbstractKeep):
    """Keeps rows in arrays in memory."""

    def __init__(self, theta: np.ndarray, names: tuple[str, ...]):
        self._theta, self._names = theta, names
        self.status = np.full(len(theta), UNDONE, np.int8)
        self.messages = {}
        self._x: Any = None

    def _write(self, piece: Piece) -> None:
        if piece.x is None:
            return
        if self._x is None:
            self._x = empty_like(self.example, len(self._theta))
        jax.tree.map(lambda all_rows, some: all_rows.__setitem__(piece.rows, some), self._x, piece.x)

    def finish(self) -> Simulations:
        return Simulations(self._theta, self._x, self._names, self.status, self.messages)
