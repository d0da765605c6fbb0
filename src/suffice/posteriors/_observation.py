"""Is this an observation that the posterior can be asked about?"""

from typing import Any

import jax
import numpy as np
from jaxtyping import PyTree

from ..core import warn
from ..train import Fit


def as_rows(fit: Fit, x_obs: PyTree) -> tuple[PyTree, bool]:
    """The observations with a leading axis, and whether it was a single one.

    **Raises:** `ValueError` for a wrong shape or non-finite numbers. **Warns** when an
    observation lies far outside the simulations.
    """
    x = jax.tree.map(np.asarray, x_obs)
    if jax.tree.structure(x) != jax.tree.structure(fit.example):
        raise ValueError(f"x_obs must be built like the simulations' x: {_shapes(fit.example)}, but it is {_shapes(x)}")
    pairs = list(zip(jax.tree.leaves(x), jax.tree.leaves(fit.example)))
    single = all(leaf.shape == wanted.shape for leaf, wanted in pairs)
    if not single and not all(leaf.shape[1:] == wanted.shape and leaf.ndim for leaf, wanted in pairs):
        raise ValueError(
            f"x_obs must have the shape of one simulation, {_shapes(fit.example)} (or a leading axis more, for "
            f"several observations), but its shape is {_shapes(x)}"
        )
    rows = jax.tree.map(lambda leaf: leaf[None], x) if single else x
    if len({len(leaf) for leaf in jax.tree.leaves(rows)}) != 1 or len(jax.tree.leaves(rows)[0]) == 0:
        raise ValueError(f"x_obs holds no observation, or arrays of different lengths: {_shapes(x)}")
    for path, leaf in jax.tree_util.tree_leaves_with_path(rows):
        if leaf.dtype.kind == "f" and not np.isfinite(leaf).all():
            where = jax.tree_util.keystr(path)
            raise ValueError(
                f"x_obs{where} holds {int((~np.isfinite(leaf)).sum())} non-finite numbers; the summaries were learned "
                "on complete data. Fill the gaps as the simulator would, or simulate the gaps too"
            )
    warn_if_far(fit, rows)
    return rows, single


def warn_if_far(fit: Fit, rows: PyTree) -> None:
    """Warn when an observation is farther from the simulations than any of them is."""
    if fit.reach is None:
        return
    for index, message in fit.reach.beyond(rows).items():
        which = f"observation {index} " if len(jax.tree.leaves(rows)[0]) > 1 else "the observation "
        warn(f"{which}{message}; its posterior is an extrapolation")
        break


def _shapes(tree: Any) -> Any:
    shapes = jax.tree.map(lambda leaf: str(tuple(leaf.shape)), tree)
    return shapes if isinstance(shapes, str) else str(shapes).replace("'", "")
