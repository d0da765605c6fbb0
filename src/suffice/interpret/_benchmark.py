"""How far a bottleneck is from the best that can be, where the likelihood is known.

    known   -log p(scored steps | first steps, θ) a step, θ the truth
    floor   -log mean_θ p(scored steps | first steps, θ) a step: no evidence bound with a prior over latents is lower
    ELBO gap = nll + kl - floor,    I(x; θ) = E[log p(x | θ) - log mean_θ p(x | θ)]

all in nats a scored step but I, and paired series by series: what differs from one series to another falls out.
"""

import dataclasses
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
from jaxtyping import Array, Float
from scipy.special import logsumexp

from ..checks import draw
from ..core import as_key, KeyLike, kind_of, log_where, spans_decades
from ..information import around
from ..objectives import Bottleneck
from ..simulate import Simulations
from ..simulate.processes import AbstractGaussianTrajectory
from ..train import Fit
from ._groups import column_of, groups_of
from ._latents import bottleneck_of, latents, refuse_other_parameters

_DRAWS = 4
_CHUNK = 16


@dataclasses.dataclass(frozen=True, eq=False)
class Benchmark:
    """One value a series: losses in nats a scored step, `information` in nats, posterior means on the grid.

    - `nll`, `kl`: of the bottleneck; `known`, `floor`: see the head of this file.
    - `information`: log p(x | θ) - log mean_θ p(x | θ) of the whole series.
    - `exact`: posterior mean of each parameter given the whole series, of the logarithm of one that spans decades.
    - `targets`: what `exact` estimates; `logarithms`: which parameters are taken so.
    """

    nll: Float[np.ndarray, " n"]
    kl: Float[np.ndarray, " n"]
    known: Float[np.ndarray, " n"]
    floor: Float[np.ndarray, " n"]
    information: Float[np.ndarray, " n"]
    exact: Float[np.ndarray, "n p"]
    targets: Float[np.ndarray, "n p"]
    theta: Float[np.ndarray, "n p"]
    names: tuple[str, ...]
    logarithms: tuple[bool, ...]

    @property
    def elbo_gap(self) -> Float[np.ndarray, " n"]:
        """What the evidence bound lacks of the floor."""
        return self.nll + self.kl - self.floor

    def table(self) -> pd.DataFrame:
        """Means with intervals at 95 %."""
        rows = {
            "known": self.known,
            "floor": self.floor,
            "nll": self.nll,
            "kl": self.kl,
            "reconstruction gap": self.nll - self.known,
            "ELBO gap": self.elbo_gap,
            "I(x; theta)": self.information,
        }
        for i, name in enumerate(self.names):
            label = f"log {name}" if self.logarithms[i] else name
            rows[f"Bayes error of {label}"] = np.abs(self.exact - self.targets)[:, i]
        found = [around(values, "point") for values in rows.values()]
        columns = {"low": [e.low for e in found], "high": [e.high for e in found]}
        return pd.DataFrame({"quantity": list(rows), "mean": [e.value for e in found]} | columns)

    def by(self, name: str) -> pd.DataFrame:
        """Means for each value of one parameter, or for ten groups of it where it takes more."""
        column = column_of(self.theta, self.names, name)
        numbers = {"elbo_gap": self.elbo_gap, "nll": self.nll, "kl": self.kl, "known": self.known, "floor": self.floor}
        return pd.DataFrame(pd.DataFrame({name: groups_of(column)} | numbers).groupby(name).mean()).reset_index()

    def plot(self, ax: Any = None) -> Any:
        """Losses by parameter: `suffice.plots.loss_by_parameter`."""
        return draw(self, ax)


def benchmark(
    fit: Fit | Bottleneck,
    process: Any,
    sims: Simulations,
    grid: Any,
    *,
    key: KeyLike = 0,
) -> Benchmark:
    """Compare with exact likelihoods on held-out simulations.

    **Arguments:**

    - `process`: that made the simulations, of the same number of steps; its likelihood must be known.
    - `grid`: parameter vectors `(m, p)` that stand for the prior, all of the same weight.

    **Raises:** `TypeError` for a process without exact likelihood, `ValueError` for simulations or a grid that are not
    of its parameters.
    """
    model = bottleneck_of(fit)
    _refuse(model, process, sims, grid)
    grid, theta = np.asarray(grid, np.float64), np.asarray(sims.theta, np.float64)
    x = np.asarray(sims.x)
    found = latents(model, sims)
    series, parameters, mean, log_variance = (
        jnp.asarray(part, float) for part in (x, theta, found.mean, found.log_variance)
    )
    nll = _losses(model, series, parameters, mean, log_variance, as_key(key))
    before, after = process.grid_log_probs(grid, x, model.skip)
    own = np.stack([process.step_log_probs(one, row[None])[0] for one, row in zip(theta, x)])
    scored = process.steps - model.skip
    whole = before + after
    weights = np.exp(whole - np.asarray(logsumexp(whole, axis=1))[:, None])
    logs = spans_decades(grid.min(axis=0), grid.max(axis=0))
    points, targets = log_where(grid, logs), log_where(theta, logs)
    return Benchmark(
        nll=np.asarray(nll, np.float64),
        kl=found.kl.sum(axis=1) / scored,
        known=-own[:, model.skip :].sum(axis=1) / scored,
        floor=-_mixture(after) / scored,
        information=own.sum(axis=1) - _mixture(whole),
        exact=weights @ points,
        targets=targets,
        theta=theta,
        names=tuple(sims.names),
        logarithms=tuple(bool(log) for log in logs),
    )


def _refuse(model: Bottleneck, process: Any, sims: Simulations, grid: Any) -> None:
    if not isinstance(process, AbstractGaussianTrajectory):
        raise TypeError(
            f"benchmark compares with exact likelihoods, which {kind_of(process)} does not have; the processes "
            "that have one are Brownian, FractionalBrownian, ScaledBrownian and OrnsteinUhlenbeck"
        )
    names = process.prior.names
    if tuple(sims.names) != names:
        raise ValueError(
            f"the simulations have the parameters {', '.join(sims.names)}, but those of {type(process).__name__} are "
            f"{', '.join(names)}; give the process that made them, and name them as it does"
        )
    if isinstance(sims.x, dict):
        raise ValueError("series with masks cannot be compared with exact likelihoods; give whole ones")
    if np.shape(sims.x)[1] != process.steps:
        raise ValueError(
            f"series of {np.shape(sims.x)[1]} steps came, but the process has {process.steps}; give its own"
        )
    if process.steps <= model.skip:
        raise ValueError(f"series of {process.steps} steps, of which {model.skip} are not scored: give longer ones")
    process.refuse_parameters(grid, rows=True)
    process.refuse_parameters(sims.theta, rows=True)
    refuse_other_parameters(model, sims.names)


def _mixture(log: np.ndarray) -> np.ndarray:
    return np.asarray(logsumexp(log, axis=1)) - np.log(log.shape[1])


@eqx.filter_jit
def _losses(model: Bottleneck, x: Array, theta: Array, mean: Array, log_variance: Array, key: Array) -> Array:
    """Loss a scored step of each series, over a few draws of its latents."""

    def one(row: tuple[Array, ...]) -> Array:
        series, parameters, centre, spread, own = row
        draws = centre + jnp.exp(0.5 * spread) * jax.random.normal(own, (_DRAWS, len(centre)))
        codes = jax.vmap(lambda z: model.code(z, parameters))(draws)
        return -jax.vmap(lambda code: model.decoder.log_probs(series, code)[model.skip :].mean())(codes).mean()

    return jax.lax.map(one, (x, theta, mean, log_variance, jax.random.split(key, len(x))), batch_size=_CHUNK)
