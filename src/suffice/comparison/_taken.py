"""Summaries as a comparison takes them: plain functions, networks, fits."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float

from ..core import kind_of, summary_rows
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
        came = "an empty one" if isinstance(summaries, Mapping) else kind_of(summaries)
        raise ValueError(
            "summaries must be a mapping of at least one name to a fit or a function x -> s, such as "
            f"{{'mean': lambda x: x.mean()}}, but {came} came"
        )
    names = [str(name) for name in summaries]
    for name in names:
        if not name.strip() or names.count(name) > 1:
            raise ValueError(f"each summary needs a name of its own that can be seen, but these came: {names}")
    return [_one(name, item) for name, item in zip(names, summaries.values())]


def called(item: Any) -> str:
    """A class by its name, anything else by its kind.

    >>> called(int), called(3)
    ('the class int', 'an int')
    """
    return f"the class {item.__name__}" if isinstance(item, type) else kind_of(item)


def _one(name: str, item: Any) -> Taken:
    if isinstance(item, Fit):
        return Taken(name, type(item.objective).__name__, summary_of(item), item.cpu_seconds)
    if isinstance(item, AbstractObjective) or not callable(item):
        raise TypeError(f"{name!r} must be a fit or a function x -> s, but {called(item)} came")
    if isinstance(item, type):
        raise TypeError(f"{name!r} must be a fit or a function x -> s, but {called(item)} came; make one")
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
    what, starts = f"summary {one.name!r}", range(0, len(rows), _CHUNK)
    s = np.concatenate([summary_rows(one.function, sims.rows(rows[i : i + _CHUNK]).x, what) for i in starts])
    good = np.isfinite(s).all(axis=1)
    if 2 * good.sum() < len(s):
        raise ValueError(f"summary {one.name!r} is not finite for {(~good).sum()} of {len(s)} simulations")
    if not (s[good].std(axis=0) > 0).any():
        raise ValueError(f"summary {one.name!r} never varies over the simulations, so it says nothing")
    return s
