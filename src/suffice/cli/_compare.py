"""`suffice compare`: learned summaries beside linear ones, from a file of simulations."""

import json
import sys
from typing import Any

import jax
import numpy as np

from ..comparison import compare, missing
from ..core import as_key, save
from ..objectives import InfoMax, Ratio, Regression
from ..priors import EmpiricalPrior
from ..report import comparison_report, summary_network
from ..simulate import Simulations
from ..train import Fit, fit
from ._infer import read_simulations
from ._options import Compare

_OBJECTIVES: dict[str, Any] = {"infomax": InfoMax, "regression": Regression, "ratio": Ratio}


def run(options: Compare) -> None:
    """Read, learn on one half, compare on the other, print; write the folder."""
    if options.numbers < 0:
        raise ValueError(f"numbers must be 0 or the number of summaries, but {options.numbers} came")
    sims = read_simulations(options.sims, options.x, options.names)
    for_halves, for_fits, for_rest = jax.random.split(as_key(options.seed), 3)
    order = np.asarray(jax.random.permutation(for_halves, len(sims)))
    first, second = (np.sort(half) for half in np.array_split(order, 2))
    prior = EmpiricalPrior(sims.theta, sims.names)
    shown = sys.stderr.isatty()
    fits = _learned(options, sims[first], for_fits, shown)
    found = compare(fits, sims[second], prior, key=for_rest)
    lacking = None
    if options.missing:
        best = max(
            (name for name in found.names if name in fits), key=lambda n: found.information(n, found.groups[-1]).value
        )
        lacking = (best, missing(fits[best], sims[second], prior, key=for_rest))
    page = comparison_report(found, options.out, source=options.sims.name, lacking=lacking)
    for name, one in fits.items():
        save(one, options.out / f"{name}.suffice")
    if options.json:
        record = {"take": found.best(), "summaries": found.table().to_dict("records")}
        record["parameters"] = found.parameters().to_dict("records")
        print(json.dumps(record if lacking is None else record | {"missing": lacking[1].table().to_dict("records")}))
        return
    print(found)
    if lacking is not None:
        print(f"beyond {lacking[0]!r}: {lacking[1]}")
    print(f"page: {page}")


def _learned(options: Compare, sims: Simulations, key: Any, shown: bool) -> dict[str, Fit]:
    """A fit of each network."""
    names = tuple(dict.fromkeys(options.summary or ("mlp",)))
    numbers = options.numbers or len(sims.names)
    fits = {}
    for name, own in zip(names, jax.random.split(key, len(names))):
        for_network, for_fit = jax.random.split(own)
        objective = _OBJECTIVES[options.objective](summary_network(name, sims.example, numbers, key=for_network))
        fits[f"{name} ({options.objective})"] = fit(
            objective, sims, key=for_fit, max_epochs=options.max_epochs, progress=shown
        )
    return fits
