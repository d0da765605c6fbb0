"""The regulariser that brings the covariance of summaries to the identity.

Λ = ½ (‖C - 1‖² + ‖C⁻¹ - 1‖²), of strength r = λ Λ / (Λ + exp(-α Λ)): far from the identity r is λ, near it
r falls off, at a distance set by ε through α = -ln(ε (λ - 1) + ε² / (1 + ε)) / ε (arXiv:1802.03537).
"""

import math
from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float


class Regulariser(NamedTuple):
    """Strength λ and closeness ε."""

    strength: float
    closeness: float

    @property
    def alpha(self) -> float:
        """The rate α at which the strength falls off near the identity."""
        near = self.closeness
        return -math.log(near * (self.strength - 1) + near**2 / (1 + near)) / near

    def __call__(self, covariance: Float[Array, "k k"]) -> tuple[Array, Array]:
        """Λ and r."""
        one = jnp.eye(len(covariance), dtype=covariance.dtype)
        lam = 0.5 * (((covariance - one) ** 2).sum() + ((jnp.linalg.inv(covariance) - one) ** 2).sum())
        return lam, self.strength * lam / (lam + jnp.exp(-self.alpha * lam))


def regulariser(strength: float | int, closeness: float | int) -> Regulariser:
    """Checked settings.

    >>> round(regulariser(10, 0.1).alpha, 2)
    0.95
    """
    if not (strength >= 1 and closeness > 0):
        raise ValueError(f"strength must be at least 1 and closeness positive, but {strength} and {closeness} came")
    made = Regulariser(float(strength), float(closeness))
    if made.alpha <= 0:
        most = 1 + (1 - closeness**2 / (1 + closeness)) / closeness
        raise ValueError(
            f"strength {strength} is too large for closeness {closeness}: α = {made.alpha:.3g} must be positive, or "
            "the regulariser is switched off far from the identity; take a strength below "
            f"{most:.3g} or another closeness"
        )
    return made
