"""One series, whole or with steps that are not known."""

from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int


class Series(NamedTuple):
    """Rows `(t, d)`, zero where they are not known, and which are: ones and zeros, or None where all are."""

    rows: Float[Array, "t d"]
    known: Float[Array, " t"] | None


def as_series(x: Any, n_in: int) -> Series:
    """From an array `(t,)` or `(t, n_in)`, or from `{"x": array, "mask": (t,)}`, the mask true where a step is known.

    A series that ended early is one whose last steps are not known.
    """
    given, mask = (x["x"], x["mask"]) if isinstance(x, dict) else (x, None)
    rows = given[:, None] if given.ndim == 1 else given
    if rows.ndim != 2 or rows.shape[1] != n_in:
        raise ValueError(f"a series must be (length, {n_in}), or (length,) where that is 1, but {given.shape} came")
    if mask is None:
        return Series(rows, None)
    if mask.shape != rows.shape[:1]:
        raise ValueError(f"the mask of a series of {len(rows)} steps must have one value a step, but {mask.shape} came")
    known = mask.astype(rows.dtype)
    return Series(jnp.where(known[:, None] > 0, rows, 0.0), known)


def known_length(known: Float[Array, " t"]) -> Int[Array, ""]:
    """How many steps there are up to the last one that is known, at least one."""
    return jnp.max(jnp.where(known > 0, np.arange(len(known)) + 1, 1))
