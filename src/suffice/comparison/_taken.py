"""Summaries as a comparison takes them: plain functions, networks, fits."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PyTree

from ..objectives import Fisher
from ..simulate import Simulations
from ..train import AbstractObjective, Fit

_CHUNK = 4096


class Taken(NamedTuple):
    """A summary: its name, where it comes from, what it does, and the CPU seconds that it took to make."""

    name: str
    kind: str
    function: Callable
    cpu_seconds: float


def taken(summaries: Mapping[str, Any]) -> list[Taken]:
    """Each of the named summaries.

    **Raises** `ValueError` where there are none, and for names that are the same or empty; `TypeError` for what is no
    summary.
    """
    if not isinstance(summaries, Mapping) or not summaries:
        came = "an empty one" if isinstance(summaries, Mapping) else f"a {type(summaries).__name__}"
        raise ValueError(
            "summaries must be a mapping of at least one name to a fit or a function x -> s, such as "
            f"{{'mean': lambda x: x.mean()}}, but {came} came"
        )
    names = [str(name) for name in summaries]
    for name in names:
        if not name.strip() or names.count(name) > 1:
            raise ValueError(f"each summary needs a name of its own that can be seen, but these came: {names}")
    return [_one(name, item) for name, item in zip(names, summaries.values())]


def _one(name: str, item: Any) -> Taken:
    if isinstance(item, Fit):
        return Taken(name, type(item.objective).__name__, summary_of(item), item.cpu_seconds)
    if isinstance(item, AbstractObjective) or not callable(item):
        raise TypeError(f"{name!r} must be a fit or a function x -> s, but a {type(item).__name__} came")
    return Taken(name, "given", item, 0.0)


def summary_of(fit: Fit) -> Callable:
    """The summary that a fit has learned; of `sf.Fisher`, beside the existing ones."""
    objective = fit.objective
    return objective.summarise if isinstance(objective, Fisher) else objective.summary


def summarised(one: Taken, sims: Simulations, rows: np.ndarray) -> Float[np.ndarray, "n k"]:
    """Summaries of rows of simulations, compiled where JAX can trace them.

    **Raises** `TypeError` for a summary that is no numbers, `ValueError` for one that has none, not the same many for
    every row, never varies, or is not finite in more than half of the rows.
    """
    traced = traceable(one.function, sims.example)
    if numbers_of(one.function, sims.example) == 0:
        raise ValueError(f"summary {one.name!r} has no numbers, so it says nothing")
    parts = []
    for start in range(0, len(rows), _CHUNK):
        x = sims.rows(rows[start : start + _CHUNK]).x
        parts.append(np.asarray(_compiled(one.function, x)) if traced else _by_hand(one, x))
    s = np.concatenate(parts)
    if s.dtype.kind not in "buif":
        raise TypeError(f"summary {one.name!r} must give real numbers, but it gives {s.dtype}")
    s = s.astype(np.float64)
    good = np.isfinite(s).all(axis=1)
    if 2 * good.sum() < len(s):
        raise ValueError(f"summary {one.name!r} is not finite for {(~good).sum()} of {len(s)} simulations")
    if not (s[good].std(axis=0) > 0).any():
        raise ValueError(f"summary {one.name!r} never varies over the simulations, so it says nothing")
    return s


def traceable(function: Callable, example: PyTree) -> bool:
    """Whether JAX can trace a summary."""
    return numbers_of(function, example) is not None


def numbers_of(function: Callable, example: PyTree) -> int | None:
    """How many numbers a summary has; `None` where JAX cannot trace it."""
    one = jax.tree.map(
        lambda leaf: jax.ShapeDtypeStruct(leaf.shape, jax.dtypes.canonicalize_dtype(leaf.dtype)), example
    )
    try:
        found = jax.tree.leaves(eqx.filter_eval_shape(function, one))
    except ValueError:  # a complaint about the data, to be read by the user
        raise
    except Exception:
        return None
    return None if any(isinstance(leaf, str) for leaf in found) else sum(int(np.prod(np.shape(leaf))) for leaf in found)


@eqx.filter_jit
def _rows(function: Callable, x: PyTree) -> Array:
    return jax.lax.map(lambda one: jnp.ravel(jnp.asarray(function(one))), x, batch_size=512)


def _compiled(function: Callable, x: PyTree) -> Array:
    return _rows(function, jax.tree.map(jnp.asarray, x))


def _by_hand(one: Taken, x: PyTree) -> np.ndarray:
    n = len(jax.tree.leaves(x)[0])
    rows = [np.ravel(one.function(jax.tree.map(lambda leaf, i=i: np.asarray(leaf[i]), x))) for i in range(n)]
    sizes = sorted({len(row) for row in rows})
    if len(sizes) > 1 or sizes == [0]:
        raise ValueError(
            f"summary {one.name!r} must give as many numbers for every simulation, at least one, but it gives "
            f"{sizes[0]} for some{'' if len(sizes) == 1 else f' and {sizes[-1]} for others'}"
        )
    return np.asarray(rows)
