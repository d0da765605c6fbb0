"""Approximate Bayesian computation by rejection, on estimates.

Parameters from the prior are kept when their simulation's estimate is within ε of the observation's, in the metric
of the Fisher matrix: d = √(Δtᵀ F Δt) < ε (Rubin 1984; Pritchard et al. 1999). Local-linear regression then moves the
accepted ones to where the observation is (Beaumont, Zhang & Balding 2002).
"""

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import numpy as np
from jaxtyping import Float, PyTree

from ..core import as_key, bar, KeyLike, warn
from ..priors import AbstractPrior
from ..simulate import simulate, Simulations
from ._comparison import checked_fisher, compare, Compared, Comparison, observed_estimate
from ._particles import Particles

_CHUNK, _KEPT = 8192, 20_000


class ABCRun(eqx.Module):
    """Simulations compared with an observation; `accept` turns them into a posterior, as often as wanted.

    - `compared`: parameters, estimates and distances of the simulations that were kept.
    - `observed`: the observation's estimate `(p,)`.
    - `total`: how many simulations were made. Where that is more than were kept, those within `complete` are all
      there, and of the others a random share.
    - `simulations`: the simulations themselves, when asked to be kept.
    """

    prior: AbstractPrior
    compared: Compared
    observed: Float[np.ndarray, " p"]
    total: int
    complete: float
    simulations: Simulations | None

    def accept(
        self, epsilon: float | int | None = None, quantile: float | int | None = None, *, adjust: bool = False
    ) -> Particles:
        """The parameters whose simulations are near enough, as a posterior.

        **Arguments:**

        - `epsilon`: the largest distance; or `quantile`: the share of the simulations, the nearest ones.
        - `adjust`: move them by local-linear regression on the estimates, with Epanechnikov weights, in the
          prior's unconstrained space, so that none leaves the prior.

        **Raises** `ValueError` when none is near enough, with the smallest distance seen.
        """
        limit = self._limit(epsilon, quantile)
        rows = np.flatnonzero(self.compared.distance <= limit)
        if len(rows) < (len(self.observed) + 2 if adjust else 1):
            raise ValueError(
                f"{len(rows)} of {self.total} simulations lie within ε = {limit:.4g} of the observation; the nearest "
                f"is {np.min(self.compared.distance, initial=np.inf):.4g} away. Raise epsilon or run more draws"
            )
        near = self.compared.take(rows)
        weights = np.full(len(rows), 1 / len(rows))
        theta = near.theta
        if adjust:
            theta, weights = _adjusted(self.prior, near, self.observed, limit)
        settings = {"epsilon": limit, "simulations": self.total, "names": tuple(self.prior.names)}
        return Particles(theta, weights, near.distance, **settings)

    def rejected(self, epsilon: float | int, n: int = 1000) -> Compared:
        """At most `n` of the simulations that are farther than `epsilon`, for figures."""
        rows = np.flatnonzero(self.compared.distance > epsilon)
        return self.compared.take(np.random.default_rng(0).permutation(rows)[:n])

    def _limit(self, epsilon: float | int | None, quantile: float | int | None) -> float:
        if (epsilon is None) == (quantile is None):
            raise ValueError("give epsilon or quantile, one of them")
        if epsilon is not None:
            if not epsilon > 0:
                raise ValueError(f"epsilon must be positive, but {epsilon} came")
            if epsilon > self.complete:
                raise ValueError(
                    f"this run kept all simulations within {self.complete:.4g} only; run again with epsilon={epsilon:g}"
                )
            return float(epsilon)
        if quantile is None or not 0 < quantile <= 1:
            raise ValueError(f"quantile must be above 0 and at most 1, but {quantile} came")
        count = max(1, round(quantile * self.total))
        inside = np.sort(self.compared.distance[self.compared.distance <= self.complete])
        if count > len(inside):
            raise ValueError(
                f"quantile={quantile:g} reaches beyond the {len(inside)} nearest simulations that were kept"
            )
        return float(inside[count - 1])


class ABC(eqx.Module):
    """Rejection sampling on the distance between estimates.

    **Arguments:**

    - `prior`: over the parameters.
    - `simulator`: `simulator(key, theta) -> x`; one that JAX cannot trace runs in processes.
    - `estimate`: `x -> (p,)`, such as `fit.objective.estimate`; any function that orders the data by the parameters.
    - `fisher`: `(p, p)`: distances are in units of its error bars.
    - `workers`: processes or a Dask client, as for `sf.simulate`.
    """

    prior: AbstractPrior
    simulator: Callable | None
    estimate: Callable
    fisher: Float[np.ndarray, "p p"]
    workers: Any = eqx.field(static=True)

    def __init__(
        self,
        prior: AbstractPrior,
        simulator: Callable | None,
        estimate: Callable,
        fisher: Any,
        *,
        workers: Any = None,
    ):
        self.prior, self.simulator, self.estimate = prior, simulator, estimate
        self.fisher, self.workers = checked_fisher(fisher, prior.dim), workers

    def run(
        self,
        x_obs: PyTree,
        *,
        draws: int | None = None,
        accepted: int | None = None,
        epsilon: float | int | None = None,
        max_simulations: int = 100_000_000,
        simulations: Simulations | None = None,
        keep: bool = False,
        store: Any = None,
        key: KeyLike = 0,
        progress: bool = True,
    ) -> ABCRun:
        """Simulate and compare.

        **Arguments:**

        - `x_obs`: one observation.
        - `draws`: so many simulations; or `accepted` and `epsilon`: until so many lie within ε, of at most
          `max_simulations`, or until it is clear that these would not give them; then all within ε are kept, and at
          most 20,000 others.
        - `simulations`: use these, made from the same prior, instead of new ones.
        - `keep`, `store`: keep the simulations themselves, in memory or in a Zarr store at a path (with `draws`).
        - `progress`: a bar with simulations and accepted ones.
        """
        if (keep or store is not None) and draws is None:
            raise ValueError("keep and store need draws=, the number of simulations that are kept")
        observed = observed_estimate(self.estimate, x_obs, self.prior.dim)
        comparison = compare(self.prior, self.simulator, self.estimate, self.fisher, observed, self.workers)
        if simulations is None and (keep or store is not None) and draws is not None and self.simulator is not None:
            settings = {"workers": self.workers, "store": store, "progress": progress}
            simulations = simulate(self.prior, self.simulator, draws, key=key, **settings)
        if simulations is not None:
            compared = comparison.simulated(simulations)
            return ABCRun(self.prior, compared, observed, len(compared), np.inf, simulations)
        if self.simulator is None:
            raise ValueError("without a simulator, pass simulations= that were made from the same prior")
        if draws is not None and (accepted, epsilon) == (None, None):
            parts, total = _until(comparison, None, draws, np.inf, draws, key=key, progress=progress)
            return ABCRun(self.prior, parts.take(np.s_[:draws]), observed, min(total, draws), np.inf, None)
        if accepted is None or epsilon is None or draws is not None:
            raise ValueError("give draws, or accepted and epsilon, or simulations")
        parts, total = _until(comparison, accepted, _KEPT, epsilon, max_simulations, key=key, progress=progress)
        return ABCRun(self.prior, parts, observed, total, float(epsilon), None)

    def run_many(self, x_obs: PyTree, *, draws: int, key: KeyLike = 0, progress: bool = True) -> list[ABCRun]:
        """Several observations (arrays with one leading axis more) against the same `draws` simulations."""
        rows = len(jax.tree.leaves(x_obs)[0])
        each = [jax.tree.map(lambda leaf, i=i: np.asarray(leaf)[i], x_obs) for i in range(rows)]
        first = self.run(each[0], draws=draws, key=key, progress=progress)
        return [first, *(self._again(first, x) for x in each[1:])]

    def _again(self, run: ABCRun, x_obs: PyTree) -> ABCRun:
        observed = observed_estimate(self.estimate, x_obs, self.prior.dim)
        away = run.compared.estimates - observed
        squares = np.einsum("np,pq,nq->n", away, self.fisher, away)
        distance = np.where(np.isfinite(squares), np.sqrt(np.maximum(squares, 0)), np.inf)
        compared = Compared(run.compared.theta, run.compared.estimates, distance)
        return ABCRun(self.prior, compared, observed, run.total, np.inf, run.simulations)


def _until(
    comparison: Comparison,
    wanted: int | None,
    others: int,
    epsilon: float | int,
    most: int,
    *,
    key: KeyLike,
    progress: bool,
) -> tuple[Compared, int]:
    """Draw until `wanted` lie within ε or `most` were made; keep those, and `others` of the rest."""
    key, parts, near, far, total = as_key(key), [], 0, 0, 0
    with bar(
        most if wanted is None else wanted, "abc", progress, unit="sim" if wanted is None else "accepted"
    ) as shown:
        while total < most and (wanted is None or near < wanted):
            chunk = _CHUNK if comparison.traced else min(_CHUNK, most - total)
            drawn = comparison.drawn(jax.random.fold_in(key, len(parts)), chunk)
            inside = drawn.distance <= epsilon
            beyond = np.flatnonzero(~inside)[: max(0, others - far)]
            parts.append(drawn.take(np.sort(np.concatenate([np.flatnonzero(inside), beyond]))))
            total, near, far = total + chunk, near + int(inside.sum()), far + len(beyond)
            shown.update(min(chunk if wanted is None else int(inside.sum()), (shown.total or 0) - shown.n))
            if wanted is not None:
                shown.set_postfix(simulations=total, acceptance=f"{near / total:.2g}")
                if _hopeless(near, total, wanted, most):
                    break
    if wanted is not None and near < wanted:
        warn(
            f"{total} simulations gave {near} accepted of the {wanted} wanted, and {most}, the most allowed, would not "
            "give them; raise epsilon or use sf.PMC"
        )
    return Compared.together(parts), total


def _hopeless(near: int, total: int, wanted: int, most: int) -> bool:
    """Whether even twice the standard error above what was seen would not give what is wanted.

    >>> _hopeless(0, 1000, 100, 10**6), _hopeless(0, 10**5, 100, 10**6)
    (False, True)
    """
    return (near + 3 + 3 * near**0.5) * (most / total) < wanted


def _adjusted(
    prior: AbstractPrior, near: Compared, observed: np.ndarray, epsilon: float
) -> tuple[np.ndarray, np.ndarray]:
    weights = np.clip(1 - (near.distance / epsilon) ** 2, 1e-12, None)
    u = np.asarray(prior.to_unconstrained(near.theta), np.float64)
    away = near.estimates - observed
    design = np.concatenate([np.ones((len(u), 1)), away], axis=1) * np.sqrt(weights)[:, None]
    slopes = np.linalg.lstsq(design, u * np.sqrt(weights)[:, None], rcond=None)[0][1:]
    theta = np.asarray(prior.from_unconstrained(u - away @ slopes), np.float64)
    return theta, weights / weights.sum()
