"""Posterior predictive check: do data simulated from the posterior look like the observed ones?

For a test quantity T of the data and replicated data x_rep ~ p(x | θ), θ ~ q(θ | x_obs),

    p = 2 min{P(T(x_rep) ≤ T(x_obs)), P(T(x_rep) ≥ T(x_obs))}

(Rubin 1984; Gelman, Meng & Stern 1996). The data are used twice: a right model gives p-values that gather in the
middle, so that a small one weighs more than its number says, and one of a quantity that the posterior was fitted to,
such as its own summaries, is hardly ever small. Ask for quantities that the summary does not hold.
"""

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
from jaxtyping import Float, PyTree

from ..core import as_key, KeyLike, kind_of
from ..posteriors import AbstractPosterior, observation_of, one_observation, posterior as posterior_of
from ..priors import AbstractPrior
from ..simulate import simulate_at
from ..train import Fit
from ._draw import draw
from ._rows import check_confidence, enough, finite

_FEWEST = 50


@dataclass(frozen=True, eq=False)
class PosteriorPredictive:
    """Test quantities of replicated data beside those of the observation.

    - `observed`: `(q,)`; `replicated`: `(n, q)`; `names` of the q quantities.
    - `confidence`: of the verdict, allowing for the number of quantities.
    """

    observed: Float[np.ndarray, " q"]
    replicated: Float[np.ndarray, "n q"]
    names: tuple[str, ...]
    confidence: float = 0.95

    @property
    def p_value(self) -> Float[np.ndarray, " q"]:
        """Two-sided, one for each quantity; never below 2 / (n + 1)."""
        fewer, more = (f(self.replicated, self.observed).sum(axis=0) for f in (np.less_equal, np.greater_equal))
        return np.minimum(1.0, 2 * (1 + np.minimum(fewer, more)) / (1 + len(self.replicated)))

    @property
    def passed(self) -> bool:
        """Whether no quantity was found unlike those of replicated data."""
        return bool((self.p_value >= (1 - self.confidence) / len(self.names)).all())

    def table(self) -> pd.DataFrame:
        """One row a quantity: observed, median and 95 % interval of replicated data, p-value and verdict."""
        low, median, high = np.quantile(self.replicated, (0.025, 0.5, 0.975), axis=0)
        columns = {"quantity": self.names, "observed": self.observed, "low": low, "median": median, "high": high}
        table = pd.DataFrame(columns | {"p": self.p_value})
        table["passed"] = table["p"] >= (1 - self.confidence) / len(self.names)
        below = (self.replicated < self.observed).mean(axis=0)
        table["verdict"] = [_verdict(ok, share) for ok, share in zip(table["passed"], below)]
        return table

    def plot(self, ax: Any = None) -> Any:
        """Every quantity beside its replicated values: `suffice.plots.posterior_predictive`."""
        return draw(self, ax)

    def __str__(self) -> str:
        head = f"Posterior predictive check on {len(self.replicated)} replications"
        return f"{head}\n{self.table().to_string(index=False, float_format=lambda v: f'{v:.3g}')}"


def _verdict(passed: bool, below: float) -> str:
    if passed:
        return "as in replicated data"
    side, share = ("higher", below) if below > 0.5 else ("lower", 1 - below)
    return f"{side} than in {100 * share:.1f} % of replicated data: the model does not make such data"


def posterior_predictive(
    fit: Fit | AbstractPosterior,
    simulator: Callable,
    x_obs: PyTree,
    *,
    prior: AbstractPrior | None = None,
    quantities: Mapping[str, Callable] | None = None,
    n: int = 1000,
    confidence: float = 0.95,
    workers: Any = None,
    key: KeyLike = 0,
) -> PosteriorPredictive:
    """Simulate from the posterior and compare with the observation.

    **Arguments:**

    - `fit`: the posterior of the observation, or a fit to make it of, with its `prior`.
    - `simulator`, `workers`: as in `sf.simulate`.
    - `x_obs`: the observation, shaped as one simulation.
    - `quantities`: names and functions `x -> number`; by default mean, standard deviation, smallest and largest number
      of each array, and, of a fit, its summaries.
    - `n`: how many replications.
    - `confidence`: of the verdict.
    - `key`: of draws and simulations.

    **Returns** a `PosteriorPredictive`, with `.p_value`, `.table()` and `.plot()`.

    **Raises** `ValueError` for fewer than 50 replications, an observation that is not shaped as one simulation or not
    finite, quantities that are no numbers, or more than half of the simulations failing.
    """
    check_confidence(confidence)
    if n < _FEWEST:
        raise ValueError(f"n must be at least {_FEWEST} replications, but {n} came")
    for_posterior, for_draws, for_simulations = jax.random.split(as_key(key), 3)
    if not callable(simulator):
        raise TypeError(f"simulator must be a function of (key, theta), but {kind_of(simulator)} came")
    if isinstance(fit, Fit):
        if prior is None:
            raise ValueError("a fit needs the prior as well, to make its posterior: pass prior=, or a posterior")
        x_obs = one_observation(fit.example, x_obs)
        asked = _asked(quantities, fit.example, fit.objective.summary)
        found = posterior_of(fit, prior, x_obs, key=for_posterior)
    elif isinstance(fit, AbstractPosterior):
        x_obs = observation_of(simulator, len(fit.names), x_obs)
        asked, found = _asked(quantities, x_obs, None), fit
    else:
        raise TypeError(f"fit must be a fit or a posterior, but {kind_of(fit)} came")
    theta = np.asarray(found.sample(n, key=for_draws), np.float64)
    names = tuple(name for block, _ in asked for name in block)
    if theta.ndim != 2:
        raise ValueError("the posterior must be that of one observation; ask for one at a time")
    observed = _values(asked, jax.tree.map(lambda leaf: np.asarray(leaf)[None], x_obs))[0]
    if not np.isfinite(observed).all():
        bad = [name for name, value in zip(names, observed) if not np.isfinite(value)]
        raise ValueError(f"quantities: {bad[0]!r} of the observation is not finite")
    settings = {"names": tuple(found.names), "workers": workers, "key": for_simulations, "progress": False}
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*simulations failed")  # said below, of the check
        sims = simulate_at(theta, simulator, **settings)
    one_observation(sims.example, x_obs)
    good = np.flatnonzero(np.asarray(sims.status) == 0)
    replicated = np.full((len(sims), len(observed)), np.nan)
    if len(good):
        replicated[good] = _values(asked, sims.rows(good).x)
    kept = enough(finite([replicated]), "replicated data")
    return PosteriorPredictive(observed, replicated[kept], names, confidence)


Asked = list[tuple[tuple[str, ...], Callable]]


def _asked(quantities: Mapping[str, Callable] | None, example: PyTree, summary: Callable | None) -> Asked:
    """Names of quantities, and functions that give so many numbers."""
    if quantities is not None:
        named = isinstance(quantities, Mapping) and len(quantities) > 0
        if not named or not all(callable(f) for f in quantities.values()):
            raise ValueError(
                "quantities must map at least one name to a function x -> number, such as {'largest': lambda x: "
                "x.max()}"
            )
        return [((name,), f) for name, f in quantities.items()]
    paths = [path for path, _ in jax.tree.leaves_with_path(example)]
    called = [jax.tree_util.keystr(path, simple=True, separator="/") or "x" for path in paths]
    names = tuple(f"{what} of {name}" for name in called for what in ("mean", "std", "smallest", "largest"))
    asked: Asked = [(names, _plain)]
    if summary is not None:
        size = jax.eval_shape(summary, example).size
        asked.append((tuple(f"summary {k}" for k in range(size)), lambda x: jnp.ravel(jnp.asarray(summary(x)))))
    return asked


def _plain(x: PyTree) -> jax.Array:
    """Mean, standard deviation, smallest and largest number of each array."""
    leaves = [jnp.asarray(leaf, float) for leaf in jax.tree.leaves(x)]
    return jnp.stack([f(leaf) for leaf in leaves for f in (jnp.mean, jnp.std, jnp.min, jnp.max)])


def _values(asked: Asked, x: PyTree) -> np.ndarray:
    """All quantities of rows of data, `(n, q)`."""
    return np.concatenate([_each(names, f, x) for names, f in asked], axis=1)


def _each(names: tuple[str, ...], f: Callable, x: PyTree) -> np.ndarray:
    rows = len(jax.tree.leaves(x)[0])
    one = jax.tree.map(lambda leaf: jnp.asarray(leaf)[0], x)
    try:
        eqx.filter_eval_shape(f, one)
        found = np.asarray(_mapped(f, jax.tree.map(jnp.asarray, x)), np.float64)
    except Exception:  # what JAX cannot trace is called a row at a time
        found = np.stack([np.asarray(f(jax.tree.map(lambda leaf, i=i: np.asarray(leaf)[i], x))) for i in range(rows)])
    if found[0].size != len(names):
        raise ValueError(f"quantities: {names[0]!r} must give one number, but an array of shape {found[0].shape} came")
    return found.reshape(rows, len(names)).astype(np.float64)


@eqx.filter_jit
def _mapped(f: Callable, x: PyTree) -> jax.Array:
    return jax.lax.map(f, x, batch_size=256)
