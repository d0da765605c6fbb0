"""What one task of a cluster does: simulate the rows of a block, and write them where the run has a store."""

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import cloudpickle
import jax
import jax.numpy as jnp
import numpy as np

from ._layout import Writer
from ._piece import gathered, Outcome, outcome_of, Piece
from ._status import Status
from ._traced import traced_piece, WithGiven
from ._turns import Turns
from ._worker import generator, message, plain


class Job(NamedTuple):
    """What is the same in all blocks: the simulator, quantities given to it, and the numbers all seeds derive from.

    Of one that JAX traces, `traced` says the kind of its key, and whether numbers have 64 bits.
    """

    simulator: Callable
    given: dict[str, Any]
    entropy: list[int]
    traced: tuple[str, bool] | None

    def run(self, rows: np.ndarray, theta: np.ndarray, attempts: range, chunk: int, turns: Turns) -> Piece:
        """Simulate these rows, whose parameters are `theta`."""
        if self.traced is None:
            return gathered([_row(self, int(row), own, attempts, turns) for row, own in zip(rows, theta)])
        kind, wide = self.traced
        simulator = WithGiven(self.simulator, self.given) if self.given else self.simulator
        with jax.enable_x64(wide):
            key = jax.random.wrap_key_data(jnp.asarray(self.entropy, jnp.uint32), impl=kind)
            return traced_piece(simulator, key, theta, rows, chunk=chunk, attempts=attempts)


def simulate_block(
    payload: bytes, rows: np.ndarray, theta: np.ndarray, attempts: range, chunk: int, writer: Writer | None
) -> Piece:
    """Simulate a block; with a `writer` its numbers go from here to the disk, and only its status goes back."""
    job, turns = _loaded(payload)
    piece = job.run(rows, theta, attempts, chunk, turns)
    return piece if writer is None else writer.write(piece, theta)


@functools.lru_cache(maxsize=4)
def _loaded(payload: bytes) -> tuple[Job, Turns]:
    # Once a worker: what JAX compiled for a function is found again only by the same function.
    return cloudpickle.loads(payload), Turns()


def _row(job: Job, row: int, theta: np.ndarray, attempts: range, turns: Turns) -> Outcome:
    extra = {"given": job.given} if job.given else {}
    found = Outcome(row, Status.RAISED, None, "")
    for attempt in attempts:
        try:
            seed = functools.partial(generator, job.entropy, row, attempt)
            x = turns.take(seed, lambda rng: plain(job.simulator(rng, np.asarray(theta, float), **extra)))
            told = ""
        except (Exception, SystemExit) as error:
            x, told = None, message(error)
        found = outcome_of(row, x, told)
        if found.status == Status.OK:
            break
    return found
