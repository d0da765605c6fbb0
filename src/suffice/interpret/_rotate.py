"""The combination of active latents that aligns best with an expression of the parameters.

Latents are coordinates of what was learned, and one may choose them only up to an invertible map of all of them
together: a straight direction (`degree=1`) is the simplest way to read an expression off them, a polynomial finds one
that lies along a curve.
"""

import dataclasses
import itertools
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from ._alignment import halves_of, leading_weights, monotone_r2, spearman, spline_basis
from ._latents import Latents
from ._terms import evaluated

_FEWEST = 40


@dataclasses.dataclass(frozen=True, eq=False)
class Rotation:
    """A direction in latent space, or a curve.

    - `direction`: weights of all latents, of norm one, zero where they sleep; it points to larger values. Of a
      polynomial, its slope on average over the series.
    - `powers`, `weights`: the combination is the sum of `weights` times products of powers of the active latents, each
      divided by its standard deviation.
    - `along`: the combination, for every series; `expression`: the values that it was aligned with.
    - `r2`, `spearman`: on the half that chose nothing: share of the variance of the expression that a monotone function
      of the combination explains, and rank correlation.
    """

    direction: Float[np.ndarray, " k"]
    powers: Int[np.ndarray, "m a"]
    weights: Float[np.ndarray, " m"]
    along: Float[np.ndarray, " n"]
    expression: Float[np.ndarray, " n"]
    r2: float
    spearman: float


def rotate(latents: Latents, expression: Any, *, degree: int = 1) -> Rotation:
    """Find it on one half of the series, score it on the other.

    **Arguments:**

    - `expression`: of the parameters, as a string (`"log(alpha * D * 400**(alpha - 1))"`, names as they are called,
      `z[0]` too), a SymPy expression, a function of `theta` `(n, p)`, or values `(n,)`. The alignment is up to an
      invertible map of it. A string is read, not executed.
    - `degree`: of the polynomial of the latents; 1 is a straight direction.

    **Raises:** `ValueError` where no latent is active, for too few series, and for an expression that is not
    understood, is not finite or is the same for all series.
    """
    if not latents.active:
        raise ValueError("no latent is active, so none aligns with anything")
    if degree < 1:
        raise ValueError(f"degree must be at least 1, but {degree} came")
    powers = _powers(len(latents.active), degree)
    fewest = max(_FEWEST, 4 * len(powers))
    if len(latents.theta) < fewest:
        raise ValueError(
            f"rotate needs at least {fewest} series for {len(latents.active)} active latents and degree {degree}, but "
            f"{len(latents.theta)} came"
        )
    values = evaluated(expression, latents.theta, latents.names)
    if np.ptp(values) <= 1e-12 * np.abs(values).max():
        raise ValueError(
            f"the expression is {values[0]:g} for all series, so no latent can follow it; give another one"
        )
    halves = halves_of(len(values))
    scale = latents.means.std(axis=0)
    z = latents.means / scale
    terms = _products(z, powers)
    found = leading_weights(terms[halves.fit], spline_basis(values[halves.fit]))
    if not found:
        raise ValueError("the active latents are linear combinations of one another; give fewer, or a lower degree")
    # Chosen on the half that fits, so that the other half only scores.
    followed = [spearman(terms[halves.fit] @ w, values[halves.fit]) for w in found]
    best = int(np.argmax(np.abs(followed)))
    weights = found[best] * (1.0 if followed[best] > 0 else -1.0)
    slope = _mean_slope(z, powers, weights) / scale
    weights = weights / np.linalg.norm(slope)
    direction = np.zeros(latents.mean.shape[1])
    direction[list(latents.active)] = slope / np.linalg.norm(slope)
    along = terms @ weights
    return Rotation(direction, powers, weights, along, values, *monotone_r2(along, values, halves))


def _powers(n: int, degree: int) -> Int[np.ndarray, "m n"]:
    """Exponents of all products of at most `degree` factors, those of single factors first.

    >>> _powers(2, 2).tolist()
    [[1, 0], [0, 1], [2, 0], [1, 1], [0, 2]]
    """
    chosen = [c for d in range(1, degree + 1) for c in itertools.combinations_with_replacement(range(n), d)]
    return np.array([[c.count(i) for i in range(n)] for c in chosen])


def _products(z: Float[np.ndarray, "n a"], powers: Int[np.ndarray, "m a"]) -> Float[np.ndarray, "n m"]:
    return np.stack([(z**own).prod(axis=1) for own in powers], axis=1)


def _mean_slope(
    z: Float[np.ndarray, "n a"], powers: Int[np.ndarray, "m a"], weights: Float[np.ndarray, " m"]
) -> Float[np.ndarray, " a"]:
    unit = np.eye(z.shape[1], dtype=int)
    slopes = [powers[:, i] * _products(z, np.maximum(powers - unit[i], 0)) @ weights for i in range(z.shape[1])]
    return np.array([slope.mean() for slope in slopes])
