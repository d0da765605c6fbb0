"""Is this an observation that the posterior can be asked about?"""

from collections.abc import Callable
from typing import Any

import jax
import numpy as np
from jaxtyping import PyTree

from ..core import warn
from ..simulate import try_tracing
from ..train import Fit


def as_rows(fit: Fit, x_obs: PyTree) -> tuple[PyTree, bool]:
    """The observations with a leading axis, and whether it was a single one.

    **Raises:** `ValueError` for a wrong shape, or numbers that are not real and finite. **Warns** when an
    observation lies far outside the simulations.
    """
    rows, single = rows_like(fit.example, x_obs)
    warn_if_far(fit, rows)
    return rows, single


def rows_like(example: PyTree, x_obs: PyTree) -> tuple[PyTree, bool]:
    """`as_rows` where `example`, arrays or their shapes and types, is one simulation."""
    x = _arrays(example, x_obs)
    if jax.tree.structure(x) != jax.tree.structure(example):
        raise ValueError(f"x_obs must be built like the simulations' x: {_shapes(example)}, but it is {_shapes(x)}")
    pairs = list(zip(jax.tree.leaves(x), jax.tree.leaves(example)))
    _refuse_other_types(x, example)
    single = all(leaf.shape == wanted.shape for leaf, wanted in pairs)
    if not single and not all(leaf.shape[1:] == wanted.shape and leaf.ndim for leaf, wanted in pairs):
        raise ValueError(
            f"x_obs must have the shape of one simulation, {_shapes(example)} (or a leading axis more, for "
            f"several observations), but its shape is {_shapes(x)}"
        )
    rows = jax.tree.map(lambda leaf: leaf[None], x) if single else x
    if len({len(leaf) for leaf in jax.tree.leaves(rows)}) != 1 or len(jax.tree.leaves(rows)[0]) == 0:
        raise ValueError(f"x_obs holds no observation, or arrays of different lengths: {_shapes(x)}")
    for (path, leaf), wanted in zip(jax.tree_util.tree_leaves_with_path(rows), jax.tree.leaves(example)):
        lost = ~_finite(leaf, wanted.dtype)
        if lost.any():
            raise ValueError(
                f"x_obs{jax.tree_util.keystr(path)} holds {int(lost.sum())} non-finite numbers; the summaries were "
                "learned on complete data. Fill the gaps as the simulator would, or simulate the gaps too"
            )
    return rows, single


def one_observation(example: PyTree, x_obs: PyTree) -> PyTree:
    """The observation as arrays; `ValueError` for what is not one, shaped as `example`."""
    rows, single = rows_like(example, x_obs)
    if not single:
        raise ValueError("x_obs must be one observation, shaped as one simulation; ask for one at a time")
    return jax.tree.map(lambda leaf: leaf[0], rows)


def observation_of(simulator: Callable, p: int, x_obs: PyTree) -> PyTree:
    """`one_observation` of what a simulator of `p` parameters makes, before it is run.

    Where JAX cannot trace it, only numbers are looked at, and shapes once there are simulations.
    """
    made = try_tracing(simulator, p).example
    return one_observation(jax.tree.map(np.asarray, x_obs) if made is None else made, x_obs)


def warn_if_far(fit: Fit, rows: PyTree) -> None:
    """Warn when an observation is farther from the simulations than any of them is."""
    if fit.reach is None:
        return
    for index, message in fit.reach.beyond(rows).items():
        which = f"observation {index} " if len(jax.tree.leaves(rows)[0]) > 1 else "the observation "
        warn(f"{which}{message}; its posterior is an extrapolation")
        break


def _arrays(example: PyTree, x_obs: PyTree) -> PyTree:
    """Leaves as NumPy arrays; lists of numbers as one, where a simulation is one array."""
    alone = jax.tree.structure(example) == jax.tree.structure(0)
    try:
        return np.asarray(x_obs) if alone and isinstance(x_obs, list | tuple) else jax.tree.map(np.asarray, x_obs)
    except (ValueError, TypeError) as error:
        raise ValueError(f"x_obs must be an array of numbers shaped {_shapes(example)}, but it is none") from error


def _refuse_other_types(x: PyTree, example: PyTree) -> None:
    for (path, leaf), wanted in zip(jax.tree_util.tree_leaves_with_path(x), jax.tree.leaves(example)):
        kinds = "biufc" if np.dtype(wanted.dtype).kind == "c" else "biuf"
        if leaf.dtype.kind not in kinds:
            raise ValueError(
                f"x_obs{jax.tree_util.keystr(path)} must hold real numbers, as the simulations do, but it is of type "
                f"{leaf.dtype}; pass an array of floats shaped {_shapes(example)}"
            )


def _finite(leaf: np.ndarray, wanted: Any) -> np.ndarray:
    """Whether numbers are finite, in the simulations' own type too: what is too large for it is not."""
    if leaf.dtype.kind not in "fc":
        return np.ones(leaf.shape, bool)
    with np.errstate(over="ignore"):
        return np.isfinite(leaf.astype(wanted) if np.dtype(wanted).kind in "fc" else leaf)


def _shapes(tree: Any) -> Any:
    shapes = jax.tree.map(lambda leaf: str(tuple(np.shape(leaf))), tree)
    return shapes if isinstance(shapes, str) else str(shapes).replace("'", "")
