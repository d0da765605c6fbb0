"""Finished rows on their way from a simulator to where they are kept."""

from typing import Any, NamedTuple

import jax
import numpy as np

from ._status import IN_WORDS, Status

_LONGEST = 600


class Piece(NamedTuple):
    """Rows that are done: numbers `(k,)`, status `(k,)`, `x` with leading axis k (`None` when all
    failed), and messages of failures by row number. A worker has written a `stored` one itself, and kept its `x`."""

    rows: np.ndarray
    status: np.ndarray
    x: Any
    messages: dict[int, str]
    stored: bool = False


class Outcome(NamedTuple):
    """What became of one row: `x`, or `None` and a message."""

    row: int
    status: Status
    x: Any
    message: str


def finite_rows(x: Any) -> np.ndarray:
    """Which rows of a pytree of arrays hold finite numbers only."""
    leaves = jax.tree.leaves(x)
    good = np.ones(len(leaves[0]), bool)
    for leaf in leaves:
        if leaf.dtype.kind in "fc":
            good &= np.isfinite(leaf).reshape(len(leaf), -1).all(axis=1)
    return good


def outcome_of(row: int, x: Any, message: str) -> Outcome:
    """What became of a row whose simulator returned `x`, or raised with `message`."""
    if x is None:
        return Outcome(row, Status.RAISED, None, message)
    if not finite_rows(jax.tree.map(lambda leaf: leaf[None], x)).all():
        return Outcome(row, Status.NONFINITE, x, IN_WORDS[Status.NONFINITE])
    return Outcome(row, Status.OK, x, "")


def empty_like(example: Any, n: int) -> Any:
    """Arrays of `n` rows that are not a number, or zero where there is no such value."""
    fill = {"f": np.nan, "c": np.nan}
    return jax.tree.map(
        lambda leaf: np.full((n, *leaf.shape), fill.get(np.dtype(leaf.dtype).kind, 0), leaf.dtype), example
    )


def gathered(outcomes: list[Outcome]) -> Piece:
    """Outcomes of single rows, in ascending order of rows, as one piece.

    **Raises** `ValueError` when the simulator returned arrays that do not fit together.
    """
    outcomes = sorted(outcomes)
    rows = np.array([outcome.row for outcome in outcomes])
    status = np.array([outcome.status for outcome in outcomes], np.int8)
    messages = {o.row: o.message[:_LONGEST] for o in outcomes if o.status != Status.OK}
    with_x = [o for o in outcomes if o.x is not None]
    if not with_x:
        return Piece(rows, status, None, messages)
    first = with_x[0]
    x = empty_like(example_of(first.x), len(rows))
    for place, outcome in enumerate(outcomes):
        if outcome.x is not None:
            refuse_other_shape(example_of(first.x), first.row, outcome)
            jax.tree.map(lambda all_rows, one, at=place: all_rows.__setitem__(at, one), x, outcome.x)
    return Piece(rows, status, x, messages)


def example_of(x: Any) -> Any:
    """Shapes and types of one `x`."""
    return jax.tree.map(lambda leaf: jax.ShapeDtypeStruct(leaf.shape, leaf.dtype), x)


def refuse_other_shape(example: Any, row: int, outcome: Outcome) -> None:
    """`ValueError` when a row has other arrays, shapes or types than `row` had."""
    here = example_of(outcome.x)
    if not like(here, example):
        raise ValueError(
            f"the simulator returned {told(example)} for row {row} but {told(here)} for row {outcome.row}; "
            "every call must return arrays of the same names, shapes and types (pad to one length, or return "
            "floats)"
        )


def like(here: Any, example: Any) -> bool:
    """Whether `here` has the arrays and shapes of `example`, in types that fit into those of it."""
    if jax.tree.structure(here) != jax.tree.structure(example):
        return False
    pairs = zip(jax.tree.leaves(here), jax.tree.leaves(example))
    return all(a.shape == b.shape and np.can_cast(a.dtype, b.dtype, "same_kind") for a, b in pairs)


def told(example: Any) -> str:
    """Names, types and shapes in words."""
    parts = example.items() if isinstance(example, dict) else [("an array", example)]
    return ", ".join(f"{name} {leaf.dtype}{list(leaf.shape)}" for name, leaf in parts)
