"""Score compression (MOPED) from simulations of the prior, where no derivatives are at hand.

Among the simulations nearest to a fiducial the data are taken as linear in the parameters, x = μ + D (θ - θ_fid) +
noise; D, μ and the covariance of the noise by least squares, and t = Dᵀ C⁻¹ (x - μ) as in `_score_compression.py`.
"""

from typing import Any

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ..core import kind_of
from ..simulate import Simulations
from ._score_compression import flat_rows, refuse_many, ScoreCompression, shrunk

_FEWEST = 10
_BEYOND = 0.01  # of what the simulations reach over


def local_score_compression(
    sims: Simulations, fiducial: Float[Array | np.ndarray, " p"] | None = None, *, share: float = 0.2
) -> ScoreCompression:
    """The best linear summaries of data near a fiducial, one a parameter, from simulations around it.

    **Arguments:**

    - `sims`: simulations from the prior.
    - `fiducial`: parameters `(p,)`; the medians unless told.
    - `share`: of the simulations, those nearest to it in units of each parameter's spread.

    **Raises** `ValueError` for a fiducial of another size or outside of the simulations, a share that is none, or too
    few simulations.

    >>> rng = np.random.default_rng(0)
    >>> theta = rng.normal(size=(5000, 1))
    >>> found = local_score_compression(Simulations(theta, theta + rng.normal(size=(5000, 10))), share=0.5)
    >>> bool(abs(found.fisher[0, 0] - 10) < 0.7)
    True
    """
    if not 0 < share <= 1:
        raise ValueError(f"share must be above 0 and at most 1, but {share} came")
    p = len(sims.names)
    good = np.flatnonzero(sims.status == 0)
    theta = np.asarray(sims.rows(good).theta, np.float64)
    centre = np.median(theta, axis=0) if fiducial is None else _inside(fiducial, theta, sims.names)
    n = round(share * len(good))
    if n < _FEWEST * (p + 1):
        raise ValueError(f"{n} simulations near the fiducial are too few for {p} parameters; simulate more")
    away = ((theta - centre) / np.maximum(theta.std(axis=0), 1e-30)) ** 2
    near = np.sort(np.argsort(away.sum(axis=1))[:n])
    x, theta = flat_rows(sims.rows(good[near]).x), theta[near]
    refuse_many(x)
    design = np.column_stack([theta - centre, np.ones(n)])
    slopes = np.linalg.lstsq(design, x, rcond=None)[0]
    derivative = slopes[:-1].T
    weights = np.linalg.solve(shrunk(x - design @ slopes), derivative).T
    information = weights @ derivative
    values = (weights, slopes[-1], centre, (information + information.T) / 2)
    return ScoreCompression(*(jnp.asarray(value, float) for value in values))


def _inside(fiducial: Any, theta: Float[np.ndarray, "n p"], names: tuple[str, ...]) -> Float[np.ndarray, " p"]:
    wanted = f"fiducial must be an array of one number for each of {', '.join(names)}"
    try:
        centre = np.asarray(fiducial, np.float64)
    except (TypeError, ValueError):
        raise ValueError(f"{wanted}, but {kind_of(fiducial)} came") from None
    if centre.shape != (len(names),):
        raise ValueError(f"{wanted}, but {centre.shape} came")
    for name, value, low, high in zip(names, centre, theta.min(axis=0), theta.max(axis=0)):
        # Draws of a prior never quite reach its ends, which are often what is asked for.
        if not low - _BEYOND * (high - low) <= value <= high + _BEYOND * (high - low):
            raise ValueError(
                f"fiducial: {name} = {value:g} lies outside of the simulations, which are between {low:g} and {high:g}"
            )
    return centre
