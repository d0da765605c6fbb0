"""The combination of active latents that aligns best with an expression of the parameters."""

import dataclasses
from typing import Any

import numpy as np
from jaxtyping import Float

from ._alignment import halves_of, leading_weights, monotone_r2, spearman, spline_basis
from ._latents import Latents
from ._terms import evaluated


@dataclasses.dataclass(frozen=True, eq=False)
class Rotation:
    """A direction in latent space.

    - `direction`: weights of all latents, of norm one, zero where they sleep; it points to larger values.
    - `along`: the combination, for every series; `expression`: the values that it was aligned with.
    - `r2`, `spearman`: on the half that chose nothing: share of the variance of the expression that a monotone function
      of the combination explains, and rank correlation.
    """

    direction: Float[np.ndarray, " k"]
    along: Float[np.ndarray, " n"]
    expression: Float[np.ndarray, " n"]
    r2: float
    spearman: float


def rotate(latents: Latents, expression: Any) -> Rotation:
    """Find it on one half of the series, score it on the other.

    **Arguments:**

    - `expression`: of the parameters, as a string (`"log(alpha * D * 400**(alpha - 1))"`), a SymPy expression, a
      function of `theta` `(n, p)`, or values `(n,)`. The alignment is up to an invertible map of it.
    """
    if not latents.active:
        raise ValueError("no latent is active, so none aligns with anything")
    values = evaluated(expression, latents.theta, latents.names)
    halves = halves_of(len(values))
    means = latents.means
    found = leading_weights(means[halves.fit], spline_basis(values[halves.fit]))
    # Chosen on the half that fits, so that the other half only scores.
    followed = [spearman(means[halves.fit] @ w, values[halves.fit]) for w in found]
    best = int(np.argmax(np.abs(followed)))
    weights = found[best] * (1.0 if followed[best] > 0 else -1.0)
    direction = np.zeros(latents.mean.shape[1])
    direction[list(latents.active)] = weights / np.linalg.norm(weights)
    along = latents.mean @ direction
    return Rotation(direction, along, values, *monotone_r2(along, values, halves))
