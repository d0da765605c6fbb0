"""What a study is about, in numbers and words that the page can show without the simulations."""

import dataclasses
import math
from typing import Any

import jax
import numpy as np
from jaxtyping import Float, PyTree

from ..simulate import Simulations
from ._exact import Exact

_BAND_ROWS = 2000


@dataclasses.dataclass(frozen=True)
class Question:
    """Data, parameters and prior of a study.

    - `title`, `about`: heading of the page and what the study is about, one sentence (may be empty).
    - `names`: of the parameters.
    - `prior`: in words.
    - `simulations`: how many there are; `failed`: how many of them cannot be used.
    - `data`: what one simulation holds, in words, one line an array.
    - `summary`: of the network, in words; `method`: how the posterior was learned.
    - `observation`: the observed data.
    - `band`: of each number of the data, the 5, 50 and 95 % quantiles over simulations, same structure.
    - `truth`: the parameters behind the observation `(p,)`, and `exact`, the exact posterior, where they are known.
    - `versions`: of what the study ran with.
    """

    title: str
    about: str
    names: tuple[str, ...]
    prior: str
    simulations: int
    failed: int
    data: tuple[str, ...]
    summary: str
    method: str
    observation: PyTree
    band: PyTree
    truth: Float[np.ndarray, "p"] | None
    exact: Exact | None
    versions: dict[str, str]


def data_in_words(example: PyTree) -> tuple[str, ...]:
    """One line for each array of one simulation.

    >>> data_in_words(jax.ShapeDtypeStruct((100,), "float32"))
    ('100 numbers (float32)',)
    >>> data_in_words({"image": jax.ShapeDtypeStruct((8, 8), "uint8"), "noise": jax.ShapeDtypeStruct((), "float32")})
    ('image: 8 × 8 numbers (uint8)', 'noise: 1 number (float32)')
    """
    return tuple(_line(path, leaf) for path, leaf in jax.tree.leaves_with_path(example))


def _line(path: Any, leaf: Any) -> str:
    name = jax.tree_util.keystr(path, simple=True, separator="/")
    shape = " × ".join(str(size) for size in leaf.shape) or "1"
    plural = "number" if math.prod(leaf.shape) == 1 else "numbers"
    return f"{name + ': ' if name else ''}{shape} {plural} ({leaf.dtype})"


def band(sims: Simulations) -> PyTree:
    """The 5, 50 and 95 % quantiles of each number of the data, `(3, ...)` for each array.

    Over at most 2,000 rows, evenly spread, so that simulations on disk stay there.
    """
    rows = np.unique(np.linspace(0, len(sims) - 1, _BAND_ROWS).astype(int))
    x = sims.rows(rows).x
    return jax.tree.map(_quantiles, x)


def _quantiles(values: np.ndarray) -> np.ndarray:
    values = np.asarray(values, dtype=float)
    finite = np.isfinite(values.reshape(len(values), -1)).all(axis=1)
    return np.quantile(values[finite], (0.05, 0.5, 0.95), axis=0)
