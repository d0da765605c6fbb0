"""Which simulator made the data: posterior probabilities and Bayes factors of models.

    p(m | x) ∝ p(m) p(x | m),   B_ab = p(x | a) / p(x | b)

by a classifier of simulations, the parameters of each model drawn from its own prior. What a classifier makes of a
summary is the evidence of the summary, which can favour another model than that of the data where the summary is not
sufficient for the choice (Robert et al. 2011, doi:10.1073/pnas.1102900108): here it is learned for the choice.
"""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
from jaxtyping import Float, PyTree
from scipy.special import logsumexp

from ..core import check_options, check_whole, compiled_rows, KeyLike, kind_of, listed, warn
from ..objectives import Classifier
from ..simulate import Batch, Simulations
from ..train import Ensemble, Fit, fit
from ._observation import as_rows

_FEWEST = 20


@dataclasses.dataclass(frozen=True, eq=False)
class ModelComparison:
    """What `sf.compare_models` returns.

    - `fit`: of the classifier, `names`: of the models, `prior`: their probabilities before any data.
    - `held_out`: simulations of all models that the fit has not seen, the model's number as `theta`.
    """

    fit: Fit
    names: tuple[str, ...]
    prior: Float[np.ndarray, " k"]
    held_out: Batch

    def log_evidences(self, x_obs: PyTree) -> Float[np.ndarray, "e m k"]:
        """log p(x | model) up to what all models share, for each member of an ensemble, observation and model."""
        rows, _ = as_rows(self.fit, x_obs)
        rows, objective = jax.tree.map(jnp.asarray, rows), self.fit.objective
        members = objective.members if isinstance(objective, Ensemble) else (objective,)
        return np.stack([np.asarray(_ratios(member, rows), np.float64) for member in members])

    def probabilities(self, x_obs: PyTree) -> pd.DataFrame:
        """Posterior probability of each model, one row an observation; the mean over the members of an ensemble."""
        return pd.DataFrame(self._probabilities(self.log_evidences(x_obs)), columns=list(self.names))

    def bayes_factors(self, x_obs: PyTree) -> pd.DataFrame:
        """log₁₀ of the Bayes factor of every pair of models, one row each for an observation.

        `low` and `high` are the smallest and largest of the members of an ensemble.
        """
        log, found = self.log_evidences(x_obs) / np.log(10), []
        for m in range(log.shape[1]):
            for i, a in enumerate(self.names):
                for j, b in enumerate(self.names[i + 1 :], start=i + 1):
                    each = log[:, m, i] - log[:, m, j]
                    ends = {"log10": each.mean(), "low": each.min(), "high": each.max()}
                    found.append({"observation": m, "for": a, "against": b} | ends)
        return pd.DataFrame(found)

    def calibration(self, bins: int = 5) -> pd.DataFrame:
        """Are the probabilities right? One row for each model and bin of its probability, on held-out simulations.

        `mean`: of the probability in the bin; `share`: how often the model was the true one, with a 95 % interval.

        **Raises** `ValueError` where no simulations were held out. **Warns** where a bin holds fewer than 20.
        """
        check_whole(bins=bins)
        if not len(self.held_out.theta):
            raise ValueError("no simulations were held out to see whether the probabilities are right; pass test=0.1")
        label = np.asarray(self.held_out.theta)[:, 0].astype(int)
        share = np.bincount(label, minlength=len(self.names)) / len(label)
        found = self._probabilities(self.log_evidences(self.held_out.x), np.log(np.maximum(share, 1e-12)))
        rows = []
        for k, name in enumerate(self.names):
            edges = np.quantile(found[:, k], np.linspace(0, 1, bins + 1))
            which = np.clip(np.searchsorted(edges, found[:, k], side="right") - 1, 0, bins - 1)
            for b in np.unique(which):
                inside = which == b
                truth, n = label[inside] == k, int(inside.sum())
                error = 1.96 * np.sqrt(max(truth.mean() * (1 - truth.mean()), 0.25 / n) / n)
                ends = {"low": max(0.0, truth.mean() - error), "high": min(1.0, truth.mean() + error)}
                rows.append({"model": name, "mean": found[inside, k].mean(), "share": truth.mean()} | ends | {"n": n})
        few = sum(row["n"] < _FEWEST for row in rows)
        if few:
            warn(
                f"{few} of {len(rows)} bins hold fewer than {_FEWEST} held-out simulations, and say little; ask for "
                "fewer bins, or hold out more simulations"
            )
        return pd.DataFrame(rows)

    def _probabilities(self, log: np.ndarray, log_prior: np.ndarray | None = None) -> np.ndarray:
        total = log + (np.log(self.prior) if log_prior is None else log_prior)
        return np.exp(total - np.asarray(logsumexp(total, axis=2, keepdims=True))).mean(axis=0)


def _ratios(objective: Classifier, rows: PyTree) -> Any:
    return jax.vmap(objective.log_ratios)(compiled_rows(objective.summary, rows))


def _probabilities_of(names: tuple[str, ...], prior: Mapping[str, float] | None) -> dict[str, float]:
    if prior is None:
        return dict.fromkeys(names, 1.0)
    wanted = f"prior must have a positive probability for each of {listed(names)}"
    if not isinstance(prior, Mapping):
        raise TypeError(f"{wanted}, by its name, such as {{{names[0]!r}: 0.5, ...}}, but {kind_of(prior)} came")
    if set(prior) != set(names):
        raise ValueError(f"{wanted}, but it names {listed(prior)}")
    for name, value in prior.items():
        if not isinstance(value, int | float | np.number) or not 0 < value < np.inf:
            raise ValueError(f"{wanted}, but {value!r} came for {name}")
    return dict(prior)


def _refuse(sims: Any) -> None:
    if not isinstance(sims, Mapping):
        kind = type(sims).__name__
        raise TypeError(f"sims must map names to sf.Simulations, {{'name': simulations, ...}}, but a {kind} came")
    for name, one in sims.items():
        if not isinstance(one, Simulations):
            raise TypeError(
                f"sims: {name!r} must be sf.Simulations, as sf.simulate(prior, simulator, n, key=0) makes, but a "
                f"{type(one).__name__} came"
            )
    if len(sims) < 2:
        raise ValueError(f"at least two models are needed, but {len(sims)} came: pass {{'name': simulations, ...}}")


def _usable(name: str, sims: Simulations) -> Batch:
    good = np.flatnonzero(sims.usable())
    if len(good) < _FEWEST:
        raise ValueError(
            f"each model needs at least {_FEWEST} usable simulations, but {len(good)} of the {len(sims)} of {name!r} "
            "are; see sims.failures, and simulate more"
        )
    if 2 * len(good) < len(sims):
        raise ValueError(
            f"{len(sims) - len(good)} of the {len(sims)} simulations of {name!r} failed or hold non-finite numbers, "
            "too many for the evidence of the others to be that of the model; see sims.failures"
        )
    if len(good) < len(sims):
        warn(
            f"{len(sims) - len(good)} of {len(sims)} simulations of {name!r} failed or hold non-finite numbers and are "
            "left out, so that its evidence is that of the others; see sims.failures"
        )
    return sims.rows(good)


def compare_models(
    sims: Mapping[str, Simulations],
    summary: Callable,
    *,
    key: KeyLike,
    prior: Mapping[str, float] | None = None,
    test: float = 0.1,
    progress: bool = True,
    **options: Any,
) -> ModelComparison:
    """Learn to tell simulators apart.

    **Arguments:**

    - `sims`: simulations of each model by its name, parameters drawn from the model's own prior; data of one shape.
    - `summary`: `x -> s`, learned for the choice.
    - `key`: seed or JAX key.
    - `prior`: probabilities of the models; all the same unless told. Numbers of simulations do not matter for it.
    - `test`: share of the simulations that is kept apart, to see whether the probabilities are right.
    - `options`: of `sf.fit`; `ensemble=` gives Bayes factors with the spread of its members.

    **Returns** a `ModelComparison` with `.probabilities(x_obs)`, `.bayes_factors(x_obs)` and `.calibration()`.

    **Raises** `TypeError` for what is no mapping of names to simulations and for an option that does not exist,
    `ValueError` for fewer than two models, fewer than 20 or than half usable simulations of one, data of several
    shapes, and probabilities that are not positive. **Warns** where simulations are left out because they failed.
    """
    _refuse(sims)
    check_options(options, fit)
    names = tuple(sims)
    given = _probabilities_of(names, prior)
    parts = [_usable(name, one) for name, one in sims.items()]
    shapes = [jax.tree.map(lambda leaf: np.shape(leaf)[1:], part.x) for part in parts]
    if any(shape != shapes[0] for shape in shapes):
        raise ValueError(f"the data of all models must have one shape, but they are {dict(zip(names, shapes))}")
    x = jax.tree.map(lambda *leaves: np.concatenate([np.asarray(leaf) for leaf in leaves]), *[part.x for part in parts])
    label = np.repeat(np.arange(len(names)), [len(part.theta) for part in parts])[:, None].astype(np.float32)
    every = Simulations(label, x, names=("model",))
    found = fit(Classifier(summary, len(names)), every, key=key, test=test, progress=progress, **options)
    weights = np.array([given[name] for name in names], np.float64)
    return ModelComparison(found, names, weights / weights.sum(), every.rows(found.split.test))
