"""Summaries as every objective meets them."""

from typing import Any

import equinox as eqx
import jax
import numpy as np
from jaxtyping import Float, PyTree

from ..core import in_short, kind_of
from ..networks import start_from_data
from ..train import flat_summary


def check_summary(summary: Any) -> None:
    """`TypeError` for what cannot be called."""
    if not callable(summary):
        raise TypeError(f"summary must be a network or a function x -> s, but {kind_of(summary)} came")
    if isinstance(summary, type):
        raise TypeError(
            f"summary must be a network or a function x -> s, but the class {summary.__name__} came; make one"
        )


def started_summary(summary: Any, x: PyTree, target: np.ndarray) -> Any:
    """A summary whose parts start from training rows `x` and what they are to tell, `target`.

    **Raises** `ValueError` for what is no summary of such rows.
    """
    _refuse_no_summary(summary, x)
    return start_from_data(summary, lambda f, one: f(one), x, target)


def summaries_of(summary: Any, x: PyTree) -> Float[np.ndarray, "n k"]:
    """Summaries of rows, on the host; `ValueError` where they are not finite."""
    found = np.asarray(eqx.filter_jit(eqx.filter_vmap(flat_summary(summary)))(x), np.float64)
    lost = int((~np.isfinite(found)).any(axis=1).sum())
    if lost:
        raise ValueError(f"the summary is not finite for {lost} of {len(found)} simulations, so nothing can be learned")
    return found


def _refuse_no_summary(summary: Any, x: PyTree) -> None:
    one = jax.tree.map(lambda leaf: jax.ShapeDtypeStruct(leaf.shape[1:], leaf.dtype), x)
    try:
        found = eqx.filter_eval_shape(summary, one)
    except Exception as error:  # of the summary itself, or what JAX says of NumPy and of shapes
        shape = jax.tree.map(lambda leaf: tuple(leaf.shape), one)
        how = " (write it with jax.numpy)" if isinstance(error, jax.errors.JAXTypeError) else ""
        raise ValueError(
            f"summary cannot be computed of a simulation, shaped {shape}, by JAX{how}: {in_short(error)}"
        ) from error
    if not isinstance(found, jax.ShapeDtypeStruct):
        raise ValueError(f"summary must give an array of numbers for a simulation, but {kind_of(found)} came")
    if np.dtype(found.dtype).kind not in "biuf" or 0 in found.shape:
        raise ValueError(f"summary must give at least one real number, but {found.dtype} of shape {found.shape} came")
