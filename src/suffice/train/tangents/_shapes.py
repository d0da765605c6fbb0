"""Do derivatives fit the simulations they are of?"""

from typing import Any

import jax
import numpy as np
from jaxtyping import PyTree

from ...core import warn


def _named(tree: PyTree) -> dict[str, Any]:
    return {jax.tree_util.keystr(path) or "x": leaf for path, leaf in jax.tree_util.tree_leaves_with_path(tree)}


def refuse_shapes(x: PyTree, dx: PyTree, p: int, *, pairs: bool) -> None:
    """`ValueError` unless every array of `dx` is `(n_d, ..., p)`, or `(n_d, 2, p, ...)` for pairs, with n_d <= n_s."""
    given, derivatives = _named(x), _named(dx)
    if set(given) != set(derivatives):
        raise ValueError(f"dx must hold the same arrays as x: x has {sorted(given)}, dx has {sorted(derivatives)}")
    lengths = {len(leaf) for leaf in given.values()}, {len(leaf) for leaf in derivatives.values()}
    if any(len(sizes) != 1 for sizes in lengths):
        raise ValueError(f"all arrays must have the same number of rows, but they have {sorted(set.union(*lengths))}")
    n_s, n_d = lengths[0].pop(), lengths[1].pop()
    for name, leaf in given.items():
        one, came = np.shape(leaf)[1:], np.shape(derivatives[name])
        right = (n_d, 2, p, *one) if pairs else (n_d, *one, p)
        if came != right:
            what = "(n_d, 2, p, ...), lower then upper" if pairs else "(n_d, ..., p)"
            raise ValueError(
                f"dx must have shape {what}: for x of shape {np.shape(leaf)} and {p} parameters "
                f"{('n_d', *right[1:])} is right, but {came} came".replace("'", "")
            )
    if n_d > n_s:
        raise ValueError(
            f"{n_d} derivatives came for {n_s} simulations; each derivative belongs to the simulation of the same "
            "row, so n_d must be at most n_s"
        )
    if n_d < 2:
        raise ValueError(f"at least 2 simulations with derivatives are needed, but {n_d} came")


def finite_rows(x: PyTree, dx: PyTree) -> tuple[np.ndarray, np.ndarray]:
    """The rows of `x` that are finite, those with finite derivatives first, and how many of `dx` to take.

    **Raises** `ValueError` when more than half are not finite. **Warns** when some are left out.
    """
    good_x, good_dx = _finite(x), _finite(dx)
    n_d = len(good_dx)
    both = np.flatnonzero(good_x[:n_d] & good_dx)
    others = n_d + np.flatnonzero(good_x[n_d:])
    bad = len(good_x) - len(both) - len(others)
    if bad > 0.5 * len(good_x):
        raise ValueError(f"{bad} of {len(good_x)} simulations or their derivatives hold non-finite numbers; mend them")
    if bad:
        warn(f"{bad} of {len(good_x)} simulations hold non-finite numbers, or their derivatives do; they are left out")
    return both, others


def _finite(tree: PyTree) -> np.ndarray:
    leaves = [np.asarray(leaf) for leaf in jax.tree.leaves(tree)]
    return np.all([np.isfinite(leaf).reshape(len(leaf), -1).all(axis=1) for leaf in leaves], axis=0)


def refuse_non_finite(x: PyTree, dx: PyTree, rows: np.ndarray) -> None:
    """`ValueError` when a row that was read is not finite: batches of rows that are read ahead have one size."""
    good = _finite(x)
    derivatives = _finite(dx)
    good[: len(derivatives)] &= derivatives
    if not good.all():
        first = rows[int(np.flatnonzero(~good)[0])]
        raise ValueError(
            f"{int((~good).sum())} of {len(good)} simulations that were read, or their derivatives, hold non-finite "
            f"numbers, first that of row (seed) {first}; mend them or leave them out"
        )
