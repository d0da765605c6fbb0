"""Population Monte Carlo: approximate Bayesian computation whose proposals follow the posterior as ε shrinks.

Each generation draws from the one before it by its weights, moves by a kernel of twice its weighted covariance
(`kernel=2`), and accepts within an ε that is a quantile of the distances before; weights π(θ) / Σ_j w_j K(θ; θ_j), with
the θ_j of the generation before, take the proposal out again (Beaumont, Cornuet, Marin & Robert 2009). The kernel K is
Student's t of four degrees of freedom: beside a normal one of the same covariance it accepts more, and the weights in a
long tail stay small.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import equinox as eqx
import jax
import numpy as np
import pandas as pd
from jaxtyping import Array, Float, PyTree

from ..core import as_key, bar, KeyLike, warn
from ..priors import AbstractPrior
from ._comparison import checked_fisher, compare, Compared, Comparison, observed_estimate
from ._kernel import fitting, log_mixture, proposals, root_of
from ._particles import Particles

_CHUNK = 8192


class PMCRun(eqx.Module):
    """A population near the observation, and how it came there.

    - `posterior`: the last population with its weights; `.accept()` gives it too.
    - `history`: by generation, `epsilon`, `simulations` so far, `acceptance` and effective sample size `ess`.
    - `stopped`: `"rate"` when the acceptance fell under the criterion, `"epsilon"` when it was reached,
      `"max_simulations"` when there were none left.
    """

    posterior: Particles
    history: pd.DataFrame
    stopped: str
    observed: Float[np.ndarray, " p"]
    estimates: Float[np.ndarray, "n p"]

    def accept(self) -> Particles:
        """The posterior."""
        return self.posterior


class _Population(NamedTuple):
    compared: Compared
    weights: np.ndarray
    seen: np.ndarray  # distances of all simulations of the generation, accepted or not

    def covariance(self) -> np.ndarray:
        centred = self.compared.theta - self.weights @ self.compared.theta
        return (self.weights[:, None] * centred).T @ centred


class _Ahead(NamedTuple):
    """How far to shrink ε next: by the quantile `shrink`, or at once to its end.

    The end is the ε asked for, or that which `stop_rate` of the last generation's simulations reached. One more
    generation on the way costs 1 / (acceptance at its ε) simulations a particle; if the population contracts by the
    same factor g again, it saves (1 - 1/g) / (acceptance at the end). Where that is less, ε falls to its end.
    """

    shrink: float
    epsilon: float | None
    stop_rate: float
    before: float = np.inf

    def limit(self, population: _Population) -> float:
        """The next ε."""
        seen = population.seen
        step = float(np.quantile(population.compared.distance, self.shrink))
        end = self.epsilon or 0.0
        if np.mean(seen <= end) < self.stop_rate:
            end = max(end, float(np.quantile(seen, 0.9 * self.stop_rate)))
        contraction = max(1.0, np.exp(self.before - _log_volume(population)))
        saved = (1 - 1 / contraction) / max(float(np.mean(seen <= end)), 0.5 / len(seen))
        cost = 1 / max(float(np.mean(seen <= step)), 0.5 / len(seen))
        return end if end >= step or saved < cost else step

    def after(self, population: _Population) -> "_Ahead":
        """With this population as the one before."""
        return self._replace(before=_log_volume(population))


def _log_volume(population: _Population) -> float:
    return float(np.linalg.slogdet(population.covariance())[1] / 2)


class PMC(eqx.Module):
    """Population Monte Carlo on the distance between estimates.

    The arguments are those of `sf.ABC`; it needs far fewer simulations for the same ε.
    """

    prior: AbstractPrior
    simulator: Callable
    estimate: Callable
    fisher: Float[np.ndarray, "p p"]
    workers: Any = eqx.field(static=True)

    def __init__(
        self, prior: AbstractPrior, simulator: Callable, estimate: Callable, fisher: Any, *, workers: Any = None
    ):
        self.prior, self.simulator, self.estimate = prior, simulator, estimate
        self.fisher, self.workers = checked_fisher(fisher, prior.dim), workers

    def run(
        self,
        x_obs: PyTree,
        *,
        particles: int = 1000,
        initial: int | None = None,
        stop_rate: float = 0.01,
        epsilon: float | int | None = None,
        shrink: float = 0.3,
        kernel: float | int = 2.0,
        max_simulations: int = 10_000_000,
        key: KeyLike = 0,
        progress: bool = True,
    ) -> PMCRun:
        """Shrink ε around one observation.

        **Arguments:**

        - `particles`: how many draws the population holds; `initial`: how many from the prior it is the best of
          (ten times as many unless told).
        - `stop_rate`: end when a smaller share of a generation's simulations is accepted.
        - `epsilon`: end when this is reached.
        - `shrink`: the next ε is this quantile of the distances, until one step to the end costs less.
        - `kernel`: the kernel's covariance over the population's. A narrower one accepts more, but its weights say
          less where the population before was thin; see `ess` in the history.
        - `max_simulations`: never make more.

        **Warns** when the simulations ran out before either criterion was met.
        """
        initial = 10 * particles if initial is None else initial
        _refuse(particles, initial, stop_rate, epsilon, shrink, kernel, max_simulations)
        observed = observed_estimate(self.estimate, x_obs, self.prior.dim)
        comparison = compare(self.prior, self.simulator, self.estimate, self.fisher, observed, self.workers)
        key = as_key(key)
        population, total = _first(comparison, particles, initial, jax.random.fold_in(key, 0)), initial
        rows, stopped = [_row(population, total, particles / initial)], None
        ahead = _Ahead(shrink, epsilon, stop_rate)
        with bar(None, "pmc", progress, unit="sim") as shown:
            while stopped is None:
                limit = ahead.limit(population)
                for_next = jax.random.fold_in(key, len(rows))
                moved, made = _next(comparison, population, limit, kernel, max_simulations - total, for_next)
                total += made
                shown.update(made)
                if moved is None:
                    stopped = "max_simulations"
                    break
                ahead, population = ahead.after(population), moved
                rows.append(_row(population, total, particles / made))
                shown.set_postfix(epsilon=f"{limit:.3g}", acceptance=f"{particles / made:.2g}")
                stopped = _reason(limit, particles / made, epsilon, stop_rate)
        if stopped == "max_simulations":
            warn(
                f"{total} simulations, all that max_simulations allows, were made before the acceptance fell to "
                f"stop_rate={stop_rate:g} or ε to epsilon={epsilon}; the posterior is that of ε = "
                f"{rows[-1]['epsilon']:.4g}"
            )
        compared, weights, _ = population
        names = tuple(self.prior.names)
        settings = {"epsilon": rows[-1]["epsilon"], "simulations": total, "names": names}
        posterior = Particles(compared.theta, weights, compared.distance, **settings)
        return PMCRun(posterior, pd.DataFrame(rows), stopped, observed, compared.estimates)


def _reason(limit: float, rate: float, epsilon: float | int | None, stop_rate: float) -> str | None:
    if epsilon is not None and limit <= epsilon:
        return "epsilon"
    return "rate" if rate < stop_rate else None


def _refuse(
    particles: int,
    initial: int,
    stop_rate: float,
    epsilon: float | int | None,
    shrink: float,
    kernel: float | int,
    max_simulations: int,
) -> None:
    if particles < 10:
        raise ValueError(f"particles must be at least 10, but {particles} came")
    if initial < particles:
        raise ValueError(f"initial must be at least particles = {particles}, but {initial} came")
    if not 0 < stop_rate < 1 or not 0 < shrink < 1:
        raise ValueError(f"stop_rate and shrink must lie between 0 and 1, but {stop_rate} and {shrink} came")
    if not kernel > 0 or (epsilon is not None and not epsilon > 0):
        raise ValueError(f"epsilon and kernel must be positive, but {epsilon} and {kernel} came")
    if max_simulations < initial:
        raise ValueError(f"max_simulations must be at least initial = {initial}, but {max_simulations} came")


def _row(population: _Population, total: int, rate: float) -> dict[str, float]:
    distance, weights = population.compared.distance, population.weights
    return {
        "epsilon": float(distance.max()),
        "simulations": total,
        "acceptance": float(rate),
        "ess": float(1 / (weights**2).sum()),
    }


def _first(comparison: Comparison, particles: int, initial: int, key: Array) -> _Population:
    parts, made = [], 0
    while made < initial:
        chunk = min(_CHUNK, initial)
        parts.append(comparison.drawn(jax.random.fold_in(key, made), chunk))
        made += chunk
    drawn = Compared.together(parts).take(np.s_[:initial])
    best = np.argsort(drawn.distance)[:particles]
    if not np.isfinite(drawn.distance[best]).all():
        raise ValueError(f"fewer than {particles} of {initial} simulations have a finite estimate; mend the simulator")
    return _Population(drawn.take(best), np.full(particles, 1 / particles), drawn.distance)


def _next(
    comparison: Comparison, population: _Population, limit: float, kernel: float | int, most: int, key: Array
) -> tuple[_Population | None, int]:
    """A population within `limit`, or None when `most` simulations did not suffice; and how many were made."""
    wanted = len(population.weights)
    generator = np.random.default_rng(np.asarray(jax.random.key_data(key)).ravel())
    before = (population.compared.theta, population.weights)
    root = fitting(comparison.prior, *before, root_of(kernel * population.covariance()))
    accepted: list[Compared] = []
    seen: list[np.ndarray] = []
    found, made = 0, 0
    chunk = int(np.clip(2 * wanted, 256, _CHUNK))
    while found < wanted:
        if made >= most:
            return None, made
        theta = proposals(comparison.prior, *before, root, chunk, generator)
        compared = comparison.at(theta, jax.random.fold_in(key, made))
        near = np.flatnonzero(compared.distance <= limit)[: wanted - found]
        # Only simulations up to the last one needed count, as if they had been made one by one.
        made += chunk if found + len(near) < wanted else int(near[-1]) + 1
        accepted.append(compared.take(near))
        seen.append(compared.distance)
        found += len(near)
    compared = Compared.together(accepted)
    log_prior = np.asarray(comparison.prior.log_prob(compared.theta), np.float64)
    log_kernel = np.asarray(log_mixture(compared.theta, *before, root))
    log_weights = log_prior - log_kernel
    weights = np.exp(log_weights - log_weights.max())
    return _Population(compared, weights / weights.sum(), np.concatenate(seen)), made
