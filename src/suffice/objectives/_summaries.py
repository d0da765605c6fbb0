"""Summaries as every objective meets them."""

from typing import Any

import equinox as eqx
import numpy as np
from jaxtyping import Float, PyTree

from ..train import flat_summary


def check_summary(summary: Any) -> None:
    """`TypeError` for what cannot be called."""
    if not callable(summary):
        raise TypeError(f"summary must be a network or a function x -> s, but a {type(summary).__name__} came")


def summaries_of(summary: Any, x: PyTree) -> Float[np.ndarray, "n k"]:
    """Summaries of rows, on the host."""
    return np.asarray(eqx.filter_jit(eqx.filter_vmap(flat_summary(summary)))(x), np.float64)
