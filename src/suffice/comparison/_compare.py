"""Which summary should I use, and what does it lose?"""

from collections.abc import Callable, Mapping
from numbers import Real
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ..core import as_key, check_options, KeyLike, kind_of, numbers_of, warn
from ..information import fisher_matrix, FisherMatrix
from ..priors import AbstractPrior
from ..simulate import Simulations
from ..train import AbstractTangents, fit_members, Split
from ._densities import contexts_of, learn, PROBABILITIES, quantiles
from ._linear import linear_summaries
from ._result import Measured, SummaryComparison
from ._taken import summarised, Taken, taken

FEWEST = 400
_SHOWN = 2000
_COPIES = 0.01  # the share of rows that do no harm


def compare(
    summaries: Mapping[str, Any],
    sims: Simulations,
    prior: AbstractPrior,
    *,
    key: KeyLike = 0,
    linear: bool = True,
    tangents: AbstractTangents | None = None,
    fiducial: Float[Array | np.ndarray, " p"] | None = None,
    exact: Callable | None = None,
    joint: bool = True,
    test: float = 0.3,
    level: float = 0.95,
    **options: Any,
) -> SummaryComparison:
    """What each of several summaries keeps of what the data say about every parameter, and what that costs.

    For all summaries the same small flows are trained on the same rows, q(θ_i | s) for each parameter and q(θ | s) for
    all, and judged on the same other rows: what differs between two lines of the table is the summary, and nothing of
    a summary's own posterior (`sf.checks.all` judges that of a fit).

    **Arguments:**

    - `summaries`: by name, fits of any objective, networks, or functions `x -> s` for one example, of JAX or NumPy.
    - `sims`: simulations from the prior that no summary was learned from.
    - `prior`: of the simulations.
    - `linear`: beside the closed-form linear ones: regression of the parameters, score compression (MOPED), and
      canonical correlation with as many directions as are found again.
    - `tangents`: of `sf.Tangents`, simulations with derivatives; then the table has the Fisher information of each
      summary at their fiducial, and MOPED is made of them.
    - `fiducial`: where MOPED is made otherwise; the medians of the simulations unless told.
    - `exact`: `(theta, x) -> (n, p)`, the log-ratios log p(θ_i | x) / p(θ_i) where they are known, or `(n, p + 1)` with
      that of all parameters behind them; shares are then of what the data hold, and otherwise of what the best of
      these summaries holds.
    - `joint`: whether to look at all parameters together as well.
    - `test`: share of the simulations to judge on.
    - `level`: of the intervals.
    - `options`: of the fits, as in `sf.fit`: `max_epochs`, `patience`, `learning_rate`.

    **Returns** a `SummaryComparison`, with `.table()`, `.parameters()` and `.plot()`.

    **Raises** `TypeError` or `ValueError` for what is no summary, for an option that does not exist, for simulations of
    other parameters than the prior's, for fewer than 400 of them, for a fiducial outside of them, and for discrete
    parameters.

    >>> import numpyro.distributions as dist
    >>> from suffice import Prior
    >>> rng = np.random.default_rng(0)
    >>> theta = rng.normal(size=(1000, 1)).astype(np.float32)
    >>> sims = Simulations(theta, theta + rng.normal(size=(1000, 4)).astype(np.float32), names=("a",))
    >>> found = compare({"first": lambda x: x[:1]}, sims, Prior(a=dist.Normal(0, 1)), max_epochs=5)
    >>> found.names
    ('first', 'linear regression', 'MOPED', 'CCA')
    """
    asked = taken(summaries)
    check_options(options, fit_members)
    refuse(sims, prior, test, level)
    if tangents is not None:
        _refuse_tangents(tangents, sims)
    if exact is not None and not callable(exact):
        raise TypeError(f"exact must be a function (theta, x) -> log-ratios, but {kind_of(exact)} came")
    for_split, for_fits = jax.random.split(as_key(key))
    good = usable(sims)
    split = divided(len(good), test, for_split)
    if linear:
        clash = {one.name for one in asked} & {"linear regression", "MOPED", "CCA"}
        if clash:
            raise ValueError(f"summaries: {sorted(clash)[0]!r} is what a linear one is called; use another name")
        learned_from = good[np.concatenate([split.train, split.valid])]
        asked = [*asked, *linear_summaries(sims, learned_from, tangents, fiducial)]
    return measure(
        asked,
        [summarised(one, sims, good) for one in asked],
        sims[good],
        prior,
        split,
        key=for_fits,
        tangents=tangents,
        exact=exact,
        joint=joint,
        level=level,
        **options,
    )


def measure(
    asked: list[Taken],
    values: list[np.ndarray],
    sims: Simulations,
    prior: AbstractPrior,
    split: Split,
    *,
    key: Array,
    tangents: AbstractTangents | None = None,
    exact: Callable | None = None,
    joint: bool = True,
    level: float = 0.95,
    **options: Any,
) -> SummaryComparison:
    """Densities given each summary, and what follows from them, from rows of finite summaries."""
    sims, values, split = _finite(sims, values, split)
    theta = np.asarray(sims.theta, np.float64)
    contexts = contexts_of(values, theta, prior, split.train)
    singles = [(i,) for i in range(prior.dim)]
    together = [tuple(range(prior.dim))] if joint and prior.dim > 1 else []
    known = None if exact is None else _exact(exact, sims, split.test, len(singles) + len(together))
    groups = [learn(contexts, index, theta, prior, split, key=key, **options) for index in [*singles, *together]]
    shown = split.test[:_SHOWN]
    measured = []
    for which, one in enumerate(asked):
        drawn = [quantiles(group, which, contexts, shown) for group in groups[: prior.dim]]
        measured.append(
            Measured(
                one.name,
                one.kind,
                values[which].shape[1],
                one.cpu_seconds,
                np.stack([group.terms[which] for group in groups]),
                np.array([np.sqrt(q.var(axis=1).mean()) for q in drawn]),
                np.stack([_ranks(q, theta[shown, i]) for i, q in enumerate(drawn)], axis=1),
                None if tangents is None else _fisher(one, values[which], sims, tangents),
            )
        )
    spread = theta.std(axis=0)
    return SummaryComparison(tuple(measured), tuple(prior.names), len(groups) > prior.dim, spread, known, level)


def refuse(
    sims: Simulations,
    prior: AbstractPrior,
    test: float,
    level: float,
    fewest: int = FEWEST,
    what: str = "compare summaries",
) -> None:
    """`TypeError` or `ValueError` for what cannot be compared on."""
    if not isinstance(sims, Simulations):
        raise TypeError(f"sims must be sf.Simulations(theta, x), but {kind_of(sims)} came")
    if not isinstance(prior, AbstractPrior):
        raise TypeError(
            f"prior must be that of the simulations, but {kind_of(prior)} came; where only draws are known, "
            "sf.Prior.from_samples(sims.theta, sims.names) makes one of them"
        )
    if not isinstance(test, Real) or not 0.05 <= test <= 0.8:
        raise ValueError(f"test must be a share from 0.05 to 0.8, but {test!r} came")
    if not isinstance(level, Real) or not 0 < level < 1:
        raise ValueError(f"level must lie between 0 and 1, but {level!r} came")
    refuse_discrete(prior)
    if len(sims) < fewest:
        raise ValueError(f"sims holds {len(sims)} simulations, but at least {fewest} are needed to {what}")
    sims.check_prior(prior)


def refuse_discrete(prior: AbstractPrior) -> None:
    """`ValueError` for a parameter of classes."""
    for name, classes in zip(prior.names, prior.discrete):
        if classes:
            raise ValueError(
                f"{name!r} is discrete, one of {classes} classes, but summaries are compared by densities of "
                "continuous parameters: leave it out of theta"
            )


def _refuse_tangents(tangents: AbstractTangents, sims: Simulations) -> None:
    if not isinstance(tangents, AbstractTangents):
        raise TypeError(f"tangents must be of sf.Tangents, but {kind_of(tangents)} came")
    if tuple(tangents.names) != tuple(sims.names):
        raise ValueError(
            f"tangents have the parameters {', '.join(tangents.names)}, the simulations {', '.join(sims.names)}"
        )


def usable(sims: Simulations) -> np.ndarray:
    """Rows that did not fail; `ValueError` where they are few, or where a parameter is the same in all of them."""
    good = np.flatnonzero(sims.status == 0)
    if len(good) < max(FEWEST, len(sims) / 2):
        raise ValueError(f"only {len(good)} of {len(sims)} simulations are usable; find out why the others failed")
    theta = np.asarray(sims.theta)[good]
    for name, column in zip(sims.names, theta.T):
        if np.ptp(column) == 0:
            raise ValueError(
                f"parameter {name!r} is {column[0] + 0.0:g} in every simulation, so no summary can say anything about "
                "it: leave it out of theta"
            )
    _refuse_copies(sims, theta, good)
    return good


def _refuse_copies(sims: Simulations, theta: np.ndarray, good: np.ndarray) -> None:
    """A row to judge on that is also one to learn from looks as if its summary said all."""
    _, first, own = np.unique(theta, axis=0, return_index=True, return_inverse=True)
    first = first[own.ravel()]
    again = np.flatnonzero(first != np.arange(len(theta)))
    if len(again) <= _COPIES * len(theta):
        return
    looked = again[:: max(1, len(again) // 500)]
    pairs = zip(*(jax.tree.leaves(sims.rows(good[rows]).x) for rows in (looked, first[looked])))
    same = np.all([(a == b).reshape(len(looked), -1).all(axis=1) for a, b in pairs], axis=0)
    copies = round(float(same.mean()) * len(again))
    if copies > _COPIES * len(theta):
        raise ValueError(
            f"{copies} of {len(theta)} simulations are copies of others, so that what is judged on was learned from: "
            "give each of them once"
        )


def divided(n: int, test: float, key: Array) -> Split:
    """Row numbers to train on, to stop by and to judge on."""
    order = np.random.default_rng(np.asarray(jax.random.key_data(key)).ravel()).permutation(n)
    n_test, n_valid = round(test * n), max(50, round(0.12 * (1 - test) * n))
    ends = [n - n_test - n_valid, n - n_test]
    return Split(*(np.sort(part) for part in np.split(order, ends)))


def _finite(sims: Simulations, values: list[np.ndarray], split: Split) -> tuple[Simulations, list[np.ndarray], Split]:
    """Without the rows in which some summary is not finite."""
    good = np.all([np.isfinite(s).all(axis=1) for s in values], axis=0)
    if good.all():
        return sims, values, split
    if 2 * good.sum() < len(good):
        raise ValueError(f"{(~good).sum()} of {len(good)} simulations have a summary that is not finite")
    warn(f"{(~good).sum()} of {len(good)} simulations have a summary that is not finite, and are left out")
    place = np.cumsum(good) - 1
    parts = (place[part[good[part]]] for part in split)
    return sims[np.flatnonzero(good)], [s[good] for s in values], Split(*parts)


def _ranks(drawn: Float[np.ndarray, "m q"], truth: Float[np.ndarray, " m"]) -> np.ndarray:
    return np.array([np.interp(t, row, PROBABILITIES, left=0.0, right=1.0) for row, t in zip(drawn, truth)])


def _exact(exact: Callable, sims: Simulations, rows: np.ndarray, groups: int) -> np.ndarray:
    batch, p = sims.rows(rows), len(sims.names)
    found = np.asarray(exact(batch.theta, batch.x), np.float64)
    if found.ndim != 2 or len(found) != len(rows) or found.shape[1] not in (p, p + 1):
        raise ValueError(f"exact must give {p} or {p + 1} columns for {len(rows)} rows, but {found.shape} came")
    padded = np.full((groups, len(rows)), np.nan)
    kept = min(found.shape[1], groups)
    padded[:kept] = found.T[:kept]
    return padded


def _fisher(one: Taken, s: np.ndarray, sims: Simulations, tangents: AbstractTangents) -> FisherMatrix | None:
    """Of independent combinations of the summaries; none where they are too few, or not differentiable."""
    if numbers_of(one.function, sims.example) is None:
        return None
    spread = np.where(s.std(axis=0) > 0, s.std(axis=0), np.inf)
    _, size, right = np.linalg.svd((s - s.mean(axis=0)) / spread / np.sqrt(len(s)), full_matrices=False)
    basis = jnp.asarray(right[size > 1e-3 * size[0]] / spread, float)
    if len(basis) < len(sims.names):
        return None
    mean = jnp.asarray(s.mean(axis=0), float)
    return fisher_matrix(lambda x: basis @ (jnp.ravel(one.function(x)) - mean), tangents)
