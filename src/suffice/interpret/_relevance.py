"""How much each latent says of each parameter, and the active ones together of all."""

import dataclasses
import warnings
from typing import Any

import numpy as np
import pandas as pd

from ..core import as_key, Estimate, KeyLike
from ..information import around, estimate_mi
from ._class_information import classes_of, told_of_classes
from ._groups import some_rows
from ._latents import Latents

_ROWS = 20_000


def relevance(
    latents: Latents,
    *,
    key: KeyLike = 0,
    rows: int = _ROWS,
    estimator: str = "auto",
    level: float = 0.95,
    **options: Any,
) -> pd.DataFrame:
    """Mutual information of every latent with every parameter, in nats: lower bounds with intervals.

    It is that of the means. The mean of a sleeping latent is all but constant, and what little moves it may still tell
    something, which a draw of that latent (σ ≈ 1) does not: see `active`.

    **Arguments:**

    - `latents`: what `sf.interpret.latents` gives.
    - `rows`: as many of them, drawn at random, are looked at.
    - `estimator`: `"auto"` takes the values of a parameter as classes where each has eight series at least, as on a
      grid, and asks which of them are neighbours of a series along the latent, which takes no training; for other
      parameters it is `"js"`. Any other name is one of `sf.estimate_mi`, for all parameters.
    - `options`: those of `sf.estimate_mi`.

    **Returns:** a row for each pair: `latent`, `parameter`, `value`, `low`, `high`, `active`.
    """
    chosen = some_rows(len(latents.mean), rows)
    theta, mean = latents.theta[chosen], latents.mean[chosen]
    found, critic = [], "js" if estimator == "auto" else estimator
    for name, column in zip(latents.names, theta.T):
        labels = classes_of(column[:, None]) if estimator == "auto" else None
        for i, z in enumerate(mean.T):
            if labels is not None:
                mi = around(told_of_classes(z[:, None], labels), "lower", level=level)
            else:
                mi = _learned(z, column, critic, key=as_key(key), level=level, **options)
            found.append({"latent": i, "parameter": name, "value": mi.value, "low": mi.low, "high": mi.high})
    table = pd.DataFrame(found).sort_values("latent", kind="stable", ignore_index=True)
    return table.assign(active=table["latent"].isin(latents.active))


def _learned(z: np.ndarray, column: np.ndarray, estimator: str, **options: Any) -> Estimate:
    with warnings.catch_warnings():  # that a sleeping latent has nothing to say stands in the table
        warnings.filterwarnings("ignore", message="no critic found")
        return estimate_mi(z, column, estimator, **options)


def information(latents: Latents, *, key: KeyLike = 0, level: float = 0.95, **options: Any) -> Estimate:
    """What the active latents say together of all parameters: a lower bound of I(z; θ) in nats.

    Beside I(x; θ), which `sf.interpret.benchmark` gives where the likelihood is known, it is the share that they carry.
    Parameter vectors of which there are few, as on a grid, with eight series of each at least, are classes: with a
    normal density of the latents of each, learned on one half of the series and asked on the other (and the other way
    round),

        I(z; θ) ≥ H(θ) + E[log q(θ | z)],    q(θ | z) ∝ p(θ) N(z; m_θ, C_θ)

    (Barber & Agakov 2003). Others go to `sf.estimate_mi`, with `key` and `options`.
    """
    if not latents.active:
        raise ValueError("no latent is active, so there is nothing that they say")
    labels = classes_of(latents.theta)
    if labels is None:
        learned = estimate_mi(latents.means, latents.theta, key=as_key(key), level=level, **options)
        return dataclasses.replace(learned, label="I(z; theta)")
    return around(told_of_classes(latents.means, labels), "lower", level=level, label="I(z; theta)")
