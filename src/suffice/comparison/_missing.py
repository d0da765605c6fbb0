"""What is still missing: do the data say anything about the parameters that a summary does not?

    I(θ; x | s) = I(θ; s, x) − I(θ; s) ≥ I(θ; s, h(x)) − I(θ; s)

A network h is trained, beside the frozen summary, for what that lacks, on half of the simulations. On the others the
posterior is learned by the same density given (s, h(x)), given (s, h(x′)) with x′ of another simulation, and given s
alone. (s, h(x′)) has as many numbers as the first and says no more than s, so that a density that is not perfect does
not look like something missing. What is reported is the difference of the log-densities of held-out truths, row by row,
between the first and the best of the others.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd

from ..core import as_key, check_options, Estimate, KeyLike, numbers_of
from ..information import around
from ..networks import Hybrid, MLP
from ..objectives import InfoMax
from ..priors import AbstractPrior
from ..simulate import Simulations
from ..train import Fit, fit, Split
from ._compare import divided, measure, refuse, usable
from ._taken import called, summarised, Taken, taken

FEWEST_TO_LOOK = 1000
_CONTROLS = 2


@dataclass(frozen=True, eq=False)
class Missing:
    """What the data say beyond a summary, for each parameter and for all together.

    - `estimates`: by parameter, I(θ_i; x | s) in nats, as far as the network found it. It is the difference of two
      learned densities, and errs on both sides with them.
    - `fit`: of the network that looked for it; `fit.objective.summary` is the summary with the network beside it.
    """

    estimates: dict[str, Estimate]
    fit: Fit

    @property
    def found(self) -> bool:
        """Whether something is missing: the interval of some parameter, or of all together, lies above zero.

        The intervals allow for how many there are (Bonferroni).
        """
        return any(one.low > 0 for one in self.estimates.values())

    def table(self) -> pd.DataFrame:
        """One row a parameter: nats that are missing, their interval, and a verdict."""
        rows = []
        for name, one in self.estimates.items():
            verdict = "the data say more" if one.low > 0 else "nothing more was found"
            rows.append({"parameter": name, "missing": one.value, "low": one.low, "high": one.high, "verdict": verdict})
        return pd.DataFrame(rows)

    def __str__(self) -> str:
        head = "the data say more than the summary" if self.found else "nothing is missing that this network can find"
        return f"{head}\n{self.table().to_string(index=False, float_format=lambda v: f'{v:.4f}')}"


def missing(
    summary: Any,
    sims: Simulations,
    prior: AbstractPrior,
    *,
    network: Callable | None = None,
    key: KeyLike = 0,
    joint: bool = True,
    test: float = 0.4,
    level: float = 0.95,
    **options: Any,
) -> Missing:
    """What the raw data say about the parameters that a summary does not: I(θ; x | s), with a verdict.

    **Arguments:**

    - `summary`: a fit, a network or a function `x -> s` of JAX.
    - `sims`: simulations from the prior that it was not learned from.
    - `prior`: of the simulations.
    - `network`: what looks for more; a perceptron unless told. Where nothing is found, it is this network, trained on
      so many simulations, that found nothing.
    - `joint`: whether to look at all parameters together as well.
    - `test`: share of the second half of the simulations to judge on.
    - `level`: of all intervals together.
    - `options`: of `sf.fit`, for the network.

    **Returns** a `Missing`, with `.found` and `.table()`.

    **Raises** as `sf.compare` does, `TypeError` for what is no network, and `ValueError` for fewer than 1000
    simulations or a summary that JAX cannot trace.
    """
    one = taken({"summary": summary})[0]
    check_options(options, fit, without=("ensemble",))
    refuse(sims, prior, test, level, FEWEST_TO_LOOK, "look for what is missing")
    if network is not None and (isinstance(network, type) or not callable(network)):
        raise TypeError(f"network must be a network or a function x -> s, but {called(network)} came")
    if numbers_of(one.function, sims.example) is None:
        raise ValueError(
            "summary must be one that JAX can trace, for a network to be trained beside it; write it with jax.numpy"
        )
    for_halves, for_network, for_fit, for_split, for_densities = jax.random.split(as_key(key), 5)
    good = usable(sims)
    halves = divided(len(good), 0.5, for_halves)
    first, second = good[np.sort(np.concatenate([halves.train, halves.valid]))], good[halves.test]
    numbers = sum(int(np.prod(leaf.shape, dtype=int)) for leaf in jax.tree.leaves(sims.example))
    network = network or MLP(numbers, 2 * prior.dim, key=for_network)
    known = summarised(one, sims, second)  # before the network is trained: it may be no summary at all
    found = fit(InfoMax(Hybrid(one.function, network)), sims[first], **{"key": for_fit, "progress": False} | options)
    more = summarised(Taken("network", "", found.objective.summary.learned, 0.0), sims, second)
    split = divided(len(second), test, for_split)
    terms = _terms(known, more, sims[second], prior, split, for_densities, joint)
    names = [*prior.names, "all together"][: len(terms)]
    return Missing(_estimates(names, terms, level), found)


def _terms(
    known: np.ndarray,
    more: np.ndarray,
    sims: Simulations,
    prior: AbstractPrior,
    split: Split,
    key: Any,
    joint: bool,
) -> np.ndarray:
    """What the held-out truths gain by the network over the best control, `(groups, rows)`."""
    rng = np.random.default_rng(np.asarray(jax.random.key_data(key)).ravel())
    others = [more[rng.permutation(len(more))] for _ in range(_CONTROLS)]
    values = [*(np.column_stack([known, part]) for part in (more, *others)), known]
    asked = [Taken(str(i), "", jnp.ravel, 0.0) for i in range(len(values))]
    found = measure(asked, values, sims, prior, split, key=key, joint=joint)
    with_network, *controls = (one.terms for one in found.measured)
    best = [max((c[g] for c in controls), key=lambda t: float(t.mean())) for g in range(len(with_network))]
    return with_network - np.stack(best)


def _estimates(names: list[str], terms: np.ndarray, level: float) -> dict[str, Estimate]:
    each = 1 - (1 - level) / len(names)
    return {
        name: around(own, "point", level=each, label=f"I({name}; data | summary)") for name, own in zip(names, terms)
    }
