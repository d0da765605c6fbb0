"""Two views of one thing, and how a summary of one starts: at what it can tell of the other by a linear map."""

from typing import Any, Literal

import jax
import numpy as np
from jaxtyping import Array, PyTree

from ._code import Code

_MOST = 200


def view_of(batch: Any, name: Literal["one", "two"]) -> PyTree:
    """`batch["one"]` or `batch["two"]`; an error that says what to do where there are no views."""
    if not isinstance(batch, dict) or not {"one", "two"} <= set(batch):
        raise TypeError(
            f"this objective learns from pairs, but its data are batches of {type(batch).__name__}; give sf.fit "
            "sf.train.views(one, two) or sf.train.lagged(series, lag)"
        )
    return batch[name]


def started_views(code: Code, rows: Any, name: Literal["one", "two"], *, key: Array) -> tuple[Code, int]:
    """The code of one view, started at its canonical correlations with the other, and of how many numbers it is."""
    mine, others = view_of(rows, name), view_of(rows, "two" if name == "one" else "one")
    leaves = [np.asarray(leaf, np.float64).reshape(len(leaf), -1) for leaf in jax.tree.leaves(others)]
    target = np.concatenate(leaves, axis=1)
    if target.shape[1] > _MOST:  # so many directions of largest variance are enough to start from
        centred = target - target.mean(axis=0)
        target = centred @ np.linalg.svd(centred, full_matrices=False)[2][:_MOST].T
    started = code.started(mine, target, key=key)
    one = jax.tree.map(lambda leaf: leaf[0], mine)
    return started, len(jax.eval_shape(started, one))
