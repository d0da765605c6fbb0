"""`suffice compare`: learned summaries beside linear ones, from a file of simulations."""

import json
import math
import shlex
import sys
from collections.abc import Callable
from typing import Any

import jax
import numpy as np
import pandas as pd

from ..comparison import compare, FEWEST, FEWEST_TO_LOOK, Missing, missing, refuse_discrete, SummaryComparison
from ..core import as_key, save
from ..objectives import InfoMax, Ratio, Regression
from ..priors import EmpiricalPrior
from ..report import comparison_report, data_in_words, summary_network
from ..simulate import Simulations, Status
from ..train import Fit, fit
from ._folder import refuse_folder
from ._infer import read_simulations
from ._launch import words
from ._options import Compare

_OBJECTIVES: dict[str, Any] = {"infomax": InfoMax, "regression": Regression, "ratio": Ratio}


def run(options: Compare) -> None:
    """Read, learn on one half, compare on the other, print; write the folder."""
    _refuse(options)
    sims = read_simulations(options.sims, options.x, options.names)
    _refuse_few(sims, options)
    prior = EmpiricalPrior(sims.theta, sims.names)
    refuse_discrete(prior)
    for_halves, for_fits, for_rest = jax.random.split(as_key(options.seed), 3)
    order = np.flatnonzero(sims.status == Status.OK)[np.asarray(jax.random.permutation(for_halves, _usable(sims)))]
    first, second = (sims[np.sort(half)] for half in np.array_split(order, 2))
    fits = _learned(options, first, for_fits)
    found = compare(fits, second, prior, key=for_rest)
    lacking = None
    if options.missing:
        best = max(fits, key=lambda name: found.information(name).value)
        lacking = (best, missing(fits[best], second, prior, key=for_rest))
    made = _made(options, sims, len(first), len(second))
    page = comparison_report(found, options.out, source=options.sims.name, lacking=lacking, fits=fits, made=made)
    print(json.dumps(_record(found, lacking)) if options.json else _told(found, lacking, f"page: {page}"))


def _refuse(options: Compare) -> None:
    if options.numbers < 0:
        raise ValueError(f"--numbers must be 0 or the number of summaries, but {options.numbers} came")
    if options.max_epochs < 1:
        raise ValueError(f"--max-epochs must be at least 1, but {options.max_epochs} came")
    refuse_folder(options.out)


def _usable(sims: Simulations) -> int:
    return int((sims.status == Status.OK).sum())


def _refuse_few(sims: Simulations, options: Compare) -> None:
    each, what = (FEWEST_TO_LOOK, " with --missing") if options.missing else (FEWEST, "")
    if _usable(sims) < max(2 * each, len(sims) / 2):
        raise ValueError(
            f"{options.sims.name} holds {_usable(sims)} usable simulations of {len(sims)}, but at least {2 * each} are "
            f"needed{what}: one half to learn from, the other to compare on"
        )


def _learned(options: Compare, sims: Simulations, key: Any) -> dict[str, Fit]:
    """A fit of each network, written to the folder as soon as it is there."""
    names = tuple(dict.fromkeys(options.summary or ("mlp",)))
    numbers = options.numbers or len(sims.names)
    keys = [jax.random.split(own) for own in jax.random.split(key, len(names))]
    networks: list[Callable] = [summary_network(n, sims.example, numbers, key=own) for n, (own, _) in zip(names, keys)]
    fits = {}
    settings = {"max_epochs": options.max_epochs, "progress": sys.stderr.isatty()}
    for name, network, (_, own) in zip(names, networks, keys):
        called = f"{name} ({options.objective})"
        fits[called] = fit(_OBJECTIVES[options.objective](network), sims, key=own, **settings)
        options.out.mkdir(parents=True, exist_ok=True)
        save(fits[called], options.out / f"{called}.suffice")
    return fits


def _made(options: Compare, sims: Simulations, first: int, second: int) -> dict[str, str]:
    failed = len(sims) - _usable(sims)
    left_out = f"; {failed:,} that failed are left out" if failed else ""
    return {
        "Command": shlex.join(["suffice", "compare", *words(options)]),
        "File": str(options.sims),
        "Simulations": f"{first:,} to learn from, {second:,} to compare on{left_out}",
        "Parameters": ", ".join(sims.names),
        "Prior": f"as in the {len(sims):,} draws of the file",
        "Data": "\n".join(data_in_words(sims.example)),
        "Seed": str(options.seed),
    }


def _told(found: SummaryComparison, lacking: tuple[str, Missing] | None, *lines: str) -> str:
    beyond = [] if lacking is None else [f"beyond {lacking[0]!r}: {lacking[1]}"]
    return "\n".join([str(found), *beyond, *lines])


def _record(found: SummaryComparison, lacking: tuple[str, Missing] | None) -> dict[str, Any]:
    """What `--json` prints; a share of nothing is null."""
    record = {"take": found.best(), "summaries": _rows(found.table()), "parameters": _rows(found.parameters())}
    return record if lacking is None else record | {"missing": _rows(lacking[1].table())}


def _rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    none = lambda value: None if isinstance(value, float) and not math.isfinite(value) else value  # noqa: E731
    return [{str(name): none(value) for name, value in row.items()} for row in table.to_dict("records")]
