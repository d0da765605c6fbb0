"""How much each latent says of each parameter, and the active ones together of all."""

import warnings
from typing import Any

import numpy as np
import pandas as pd

from ..core import as_key, Estimate, KeyLike
from ..information import estimate_mi
from ._latents import Latents

_ROWS = 20_000


def relevance(
    latents: Latents, *, key: KeyLike = 0, rows: int = _ROWS, estimator: str = "js", **options: Any
) -> pd.DataFrame:
    """Mutual information of every latent with every parameter, in nats: lower bounds with intervals.

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


def information(latents: Latents, *, key: KeyLike = 0, rows: int = 10**9, **options: Any) -> Estimate:
    """What the active latents say together of all parameters: a lower bound of I(z; θ) in nats.

    Beside I(x; θ), which `sf.interpret.benchmark` gives where the likelihood is known, it is the share that they carry.
    Parameters of which there are few different vectors, as on a grid, are taken as classes.

    **Arguments:** as for `relevance`.
    """
    if not latents.active:
        raise ValueError("no latent is active, so there is nothing that they say")
    chosen = some_rows(len(latents.mean), rows)
    vectors, labels = np.unique(latents.theta[chosen], axis=0, return_inverse=True)
    classes = len(vectors) < len(chosen) / 20
    return estimate_mi(latents.means[chosen], labels if classes else latents.theta[chosen], key=as_key(key), **options)


def some_rows(n: int, rows: int) -> np.ndarray:
    """Numbers of at most `rows` of `n` rows, drawn without repetition, the same ones each time."""
    return np.arange(n) if rows >= n else np.sort(np.random.default_rng(0).permutation(n)[:rows])
