"""How much the summary of any fit keeps, measured by ratios."""

import dataclasses
from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import numpy as np
from jaxtyping import Array, PyTree

from ..core import Frozen
from ..information import Retained, retained
from ..objectives import Ratio
from ..simulate import Simulations
from ..train import Fit, fit


class Fixed(eqx.Module):
    """A summary that is not trained any more."""

    summary: Frozen

    def __call__(self, x: PyTree) -> Array:
        return self.summary.value(x)


def kept(trained: Fit, sims: Simulations, *, key: Array, progress: bool, settings: dict[str, Any]) -> Retained:
    """`sf.retained`, for a fit of any objective: where it is no ratio, one is trained on the fixed summary."""
    for_ratio, for_kept = jax.random.split(key)
    if not isinstance(trained.objective, Ratio):
        trained = _with_ratio(trained, trained.objective.summary, sims, for_ratio, progress, settings)
    return retained(trained, sims, key=for_kept, progress=progress, **settings)


def _with_ratio(
    trained: Fit, summary: Callable, sims: Simulations, key: Array, progress: bool, settings: dict[str, Any]
) -> Fit:
    rows = np.sort(np.concatenate([trained.split.train, trained.split.valid]))
    ratio = fit(Ratio(Fixed(Frozen(summary))), sims[rows], key=key, progress=progress, **settings)
    return dataclasses.replace(trained, objective=ratio.objective)
