"""How much each latent says of each parameter, and the active ones together of all."""

import warnings
from typing import Any

import numpy as np
import pandas as pd
import scipy.linalg
from scipy.special import logsumexp

from ..core import as_key, Estimate, KeyLike
from ..information import around, estimate_mi
from ._groups import some_rows
from ._latents import Latents

_ROWS = 20_000


def relevance(
    latents: Latents, *, key: KeyLike = 0, rows: int = _ROWS, estimator: str = "js", **options: Any
) -> pd.DataFrame:
    """Mutual information of every latent with every parameter, in nats: lower bounds with intervals.

    It is that of the means. The mean of a sleeping latent is all but constant, and what little moves it may still tell
    something, which a draw of that latent (σ ≈ 1) does not: see `active`.

    **Arguments:**

    - `latents`: what `sf.interpret.latents` gives.
    - `rows`: as many of them, drawn at random, are looked at.
    - `estimator`, `options`: those of `sf.estimate_mi`.

    **Returns:** a row for each pair: `latent`, `parameter`, `value`, `low`, `high`, `active`.
    """
    chosen = some_rows(len(latents.mean), rows)
    found = []
    for i in range(latents.mean.shape[1]):
        for name, column in zip(latents.names, latents.theta.T):
            with warnings.catch_warnings():  # that a sleeping latent has nothing to say stands in the table
                warnings.filterwarnings("ignore", message="no critic found")
                mi = estimate_mi(latents.mean[chosen, i], column[chosen], estimator, key=as_key(key), **options)
            found.append({"latent": i, "parameter": name, "value": mi.value, "low": mi.low, "high": mi.high})
    table = pd.DataFrame(found)
    return table.assign(active=table["latent"].isin(latents.active))


def information(latents: Latents, *, key: KeyLike = 0, level: float = 0.95, **options: Any) -> Estimate:
    """What the active latents say together of all parameters: a lower bound of I(z; θ) in nats.

    Beside I(x; θ), which `sf.interpret.benchmark` gives where the likelihood is known, it is the share that they carry.
    Parameter vectors of which there are few, as on a grid, are classes: with a normal density of the latents of each,
    learned on one half of the series and asked on the other (and the other way round),

        I(z; θ) ≥ H(θ) + E[log q(θ | z)],    q(θ | z) ∝ p(θ) N(z; m_θ, C_θ)

    (Barber & Agakov 2003). Others go to `sf.estimate_mi`, with `key` and `options`.
    """
    if not latents.active:
        raise ValueError("no latent is active, so there is nothing that they say")
    vectors, labels = np.unique(latents.theta, axis=0, return_inverse=True)
    labels = labels.ravel()
    if np.bincount(labels).min() < 4 * len(latents.active) + 8:
        return estimate_mi(latents.means, latents.theta, key=as_key(key), level=level, **options)
    share = np.bincount(labels) / len(labels)
    log = np.empty(len(labels))
    one, other = _halves_of_classes(labels)
    for learn, ask in ((one, other), (other, one)):
        each = np.log(share) + np.stack([_log_normal(latents.means, learn & (labels == c), ask) for c in
                                         range(len(vectors))], axis=1)  # fmt: skip
        log[ask] = each[np.arange(len(each)), labels[ask]] - logsumexp(each, axis=1) - np.log(share[labels[ask]])
    return around(log, "lower", level=level, label="I(z; theta)")


def _halves_of_classes(labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Masks of two halves, of each class as many in both."""
    order = np.lexsort((np.random.default_rng(0).random(len(labels)), labels))
    one = np.zeros(len(labels), bool)
    one[order[::2]] = True
    return one, ~one


def _log_normal(z: np.ndarray, learn: np.ndarray, ask: np.ndarray) -> np.ndarray:
    rows = z[learn]
    centre = rows.mean(axis=0)
    root = np.linalg.cholesky(np.atleast_2d(np.cov(rows.T)) + 1e-9 * np.eye(z.shape[1]))
    away = scipy.linalg.solve_triangular(root, (z[ask] - centre).T, lower=True)
    return -0.5 * (away**2).sum(axis=0) - np.log(np.diag(root)).sum()
