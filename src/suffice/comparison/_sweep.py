"""How many summaries are enough: the information kept against their number, and where it stops growing."""

import inspect
import operator
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np
import pandas as pd
from jaxtyping import Array

from ..checks import draw
from ..core import as_key, check_options, KeyLike, kind_of, numbers_of
from ..information import canonical_summaries
from ..objectives import InfoMax
from ..priors import AbstractPrior
from ..simulate import Simulations
from ..train import AbstractObjective, Fit, fit
from ._compare import divided, measure, refuse, usable
from ._missing import FEWEST_TO_LOOK
from ._result import CLOSED_FORM, SummaryComparison
from ._taken import called, summarised, Taken, taken


@dataclass(frozen=True, eq=False)
class Sweep:
    """What so and so many summaries keep.

    - `sizes`: their numbers, in ascending order.
    - `comparison`: of the learned ones, `"1"`, `"2"`, ..., and of as many canonical directions, `"CCA 1"`, ...
    - `fits`: of the learned ones, by their number.
    - `tolerance`: the share of the information that may be lost.
    """

    sizes: tuple[int, ...]
    comparison: SummaryComparison
    fits: dict[int, Fit]
    tolerance: float

    @property
    def group(self) -> str:
        """What the information is about: all parameters together, or the only one."""
        return self.comparison.groups[-1]

    @property
    def knee(self) -> int:
        """The smallest number that is not seen to lose more than the tolerance against the best; 0 where not even the
        best is seen to say anything.

        Seen: the interval of the difference, row by row, lies above it.
        """
        names = [str(size) for size in self.sizes]
        best = max(names, key=lambda name: self.comparison.information(name, self.group).value)
        whole = self.comparison.information(best, self.group)
        if whole.low <= 0:
            return 0
        allowed = self.tolerance * whole.value
        enough = [n for n in self.sizes if self.comparison.difference(best, str(n), self.group).low <= allowed]
        return enough[0]

    def table(self) -> pd.DataFrame:
        """One row a number of summaries: nats kept, their interval, and those of as many canonical directions."""
        rows = []
        for size in self.sizes:
            found = self.comparison.information(str(size), self.group)
            row: dict[str, Any] = {"numbers": size, "information": found.value, "low": found.low, "high": found.high}
            line = f"CCA {size}"
            known = line in self.comparison.names
            row["linear"] = self.comparison.information(line, self.group).value if known else float("nan")
            rows.append(row | {"knee": size == self.knee})
        return pd.DataFrame(rows)

    def plot(self, ax: Any = None) -> Any:
        """Information against the number of summaries, the knee marked: `suffice.plots.sweep`."""
        return draw(self, ax)

    def __str__(self) -> str:
        table = self.table().to_string(index=False, float_format=lambda v: f"{v:.3f}")
        many = "1 summary is" if self.knee == 1 else f"{self.knee} summaries are"
        if not self.knee:
            head = "nothing was learned by any of these"
        elif self.knee == max(self.sizes):
            head = f"{many} the most of those tried, and no fewer are enough: try more"
        else:
            head = f"{many} enough"
        return f"{head}\n{table}"


def sweep(
    make_summary: Callable[..., Callable],
    sizes: Iterable[int],
    sims: Simulations,
    prior: AbstractPrior,
    *,
    objective: Callable[..., Any] = InfoMax,
    key: KeyLike = 0,
    tolerance: float = 0.01,
    test: float = 0.4,
    level: float = 0.95,
    **options: Any,
) -> Sweep:
    """Train summaries of several numbers, and measure what each keeps.

    **Arguments:**

    - `make_summary`: `(n_out, key=) -> network`, such as `lambda n, key: sf.networks.MLP(100, n, key=key)`.
    - `sizes`: the numbers of summaries to try.
    - `sims`: simulations from the prior: one half to learn summaries from, the other to compare them on.
    - `prior`: of the simulations.
    - `objective`: what they are trained for: `sf.InfoMax`, or `lambda network: sf.Flow(network, prior)`.
    - `tolerance`: the share of the information that may be lost at the knee.
    - `test`: share of the second half to judge on.
    - `level`: of the intervals.
    - `options`: of `sf.fit`, for the summaries.

    **Returns** a `Sweep`, with `.knee`, `.table()` and `.plot()`.

    **Raises** `ValueError` for sizes that are no whole numbers from 1 and for networks of other sizes, `TypeError` for
    functions that make no network or no objective, and as `sf.compare` does.
    """
    numbers = _numbers(sizes)
    if not 0 <= tolerance < 1:
        raise ValueError(f"tolerance must be a share from 0 to below 1, but {tolerance} came")
    check_options(options, fit, without=("ensemble", "checkpoint", "checkpoints"))
    refuse(sims, prior, test, level, FEWEST_TO_LOOK, "sweep over numbers of summaries")
    for_halves, for_split, for_fits, for_densities = jax.random.split(as_key(key), 4)
    good = usable(sims)
    halves = divided(len(good), 0.5, for_halves)
    first, second = good[np.sort(np.concatenate([halves.train, halves.valid]))], good[halves.test]
    keys = [jax.random.split(own) for own in jax.random.split(for_fits, len(numbers))]
    networks = [_made(make_summary, size, sims, key=own) for size, (own, _) in zip(numbers, keys)]
    objectives = [_objective(objective, network) for network in networks]
    fits = {}
    for size, one, (_, own) in zip(numbers, objectives, keys):
        fits[size] = fit(one, sims[first], **{"key": own, "progress": False} | options)
    asked = taken({str(size): one for size, one in fits.items()})
    for size in numbers:
        if size <= prior.dim:
            asked.append(Taken(f"CCA {size}", CLOSED_FORM, canonical_summaries(sims[first], size), 0.0))
    values = [summarised(one, sims, second) for one in asked]
    split = divided(len(second), test, for_split)
    found = measure(asked, values, sims[second], prior, split, key=for_densities, level=level)
    return Sweep(tuple(numbers), found, fits, tolerance)


def _numbers(sizes: Any) -> list[int]:
    try:
        numbers = sorted({operator.index(size) for size in sizes})
    except TypeError:
        numbers = []
    if not numbers or numbers[0] < 1:
        raise ValueError(f"sizes must be whole numbers of summaries from 1, such as [1, 2, 4], but {sizes!r} came")
    return numbers


def _made(make_summary: Callable[..., Callable], size: int, sims: Simulations, *, key: Array) -> Callable:
    """A network, made and looked at before any is trained."""
    try:
        inspect.signature(make_summary).bind(size, key=key)
    except TypeError:
        raise TypeError(
            "make_summary must be a function (n_out, key=) -> network, such as lambda n, key: sf.networks.MLP(100, n, "
            f"key=key), but {called(make_summary)} came"
        ) from None
    network = make_summary(size, key=key)
    if not callable(network):
        raise TypeError(f"make_summary({size}, key=) must give a network, but {kind_of(network)} came")
    gives = numbers_of(network, sims.example)
    if gives not in (None, size):
        raise ValueError(f"make_summary({size}, key=) must give a network of {size} numbers, but it has {gives}")
    return network


def _objective(objective: Callable[..., Any], network: Callable) -> AbstractObjective:
    wanted = (
        "objective must be a function network -> objective, such as sf.InfoMax or lambda network: sf.Flow(network, "
        "prior)"
    )
    if isinstance(objective, AbstractObjective) or not callable(objective):
        raise TypeError(f"{wanted}, but {called(objective)} came")
    try:
        inspect.signature(objective).bind(network)
    except (TypeError, ValueError) as error:
        raise TypeError(
            f"{wanted}, but {called(objective)} came, which cannot be called with a network alone: {error}"
        ) from None
    made = objective(network)
    if not isinstance(made, AbstractObjective):
        raise TypeError(f"{wanted}, but {called(objective)} came, which gives {kind_of(made)}")
    return made
