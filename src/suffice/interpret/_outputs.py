"""What the decoder says of each step, beside what is true of it."""

from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import pandas as pd

from ..core import chunked_map
from ..objectives import Bottleneck
from ..simulate import Simulations
from ..train import Fit
from ._latents import bottleneck_of

_CHUNK = 64


def outputs(fit: Fit | Bottleneck, sims: Simulations) -> pd.DataFrame:
    """Averages over series of what is predicted for each step.

    **Arguments:** `sims`: series, best of one parameter vector: averages over unlike ones say little.

    **Returns:** a row a step: `step`, `variance`, what the decoder predicts without the past's help added to it: the
    variance of its mean plus its own variance; `mean_variance`, the first part alone; `seen`, the variance of the data.
    """
    if isinstance(sims.x, dict):
        raise ValueError("series with masks cannot be averaged in this way; give whole ones")
    x = np.asarray(sims.x)
    mean, log_std = (
        np.asarray(part, np.float64)
        for part in _normals(bottleneck_of(fit), jnp.asarray(x, float), jnp.asarray(sims.theta, float))
    )
    square = np.asarray(x, np.float64) ** 2
    while square.ndim > 2:
        square = square.mean(axis=-1)
    moved, own = (mean**2).mean(axis=(0, 2)), np.exp(2 * log_std).mean(axis=(0, 2))
    steps = np.arange(1, x.shape[1] + 1)
    return pd.DataFrame({"step": steps, "variance": moved + own, "mean_variance": moved, "seen": square.mean(axis=0)})


@eqx.filter_jit
def _normals(model: Bottleneck, x: Any, theta: Any) -> Any:
    def one(row: Any) -> Any:
        return model.decoder.normals(row[0], model.code(model.summary(row[0]), row[1]))

    return chunked_map(one, (x, theta), chunk=_CHUNK)
