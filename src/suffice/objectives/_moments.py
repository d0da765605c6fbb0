"""Mean, covariance and derivative of the mean of summaries, and the information in them.

F = Dᵀ C⁻¹ D with C the covariance of the summaries and D = ∂μ/∂θ the derivative of their mean: the Fisher
information of summaries that are Gaussian with a constant covariance, and a lower bound of the information
otherwise (Tegmark, Taylor & Heavens 1997, astro-ph/9603021).
"""

from typing import NamedTuple

import jax.numpy as jnp
import jax.scipy.linalg as linalg
from jaxtyping import Array, Float

from ..train import Summarised


class Moments(NamedTuple):
    """Of k summaries of simulations at a fiducial, with p parameters."""

    mean: Float[Array, " k"]
    covariance: Float[Array, "k k"]
    derivative: Float[Array, "k p"]

    def information(self) -> Float[Array, "p p"]:
        """F = Dᵀ C⁻¹ D."""
        half = linalg.solve_triangular(jnp.linalg.cholesky(self.covariance), self.derivative, lower=True)
        return half.T @ half

    def given(self, first: int) -> "Moments":
        """Of the summaries after the first ones, conditional on those: Schur complements.

        C' = C_xx - C_xt C_tt⁻¹ C_tx, D' = D_x - C_xt C_tt⁻¹ D_t; its information is what they add.
        """
        if first == 0:
            return self
        c, d = self.covariance, self.derivative
        weights = jnp.linalg.solve(c[:first, :first], c[:first, first:]).T
        schur = c[first:, first:] - weights @ c[:first, first:]
        return Moments(self.mean[first:], (schur + schur.T) / 2, d[first:] - weights @ d[:first])

    def first(self, count: int) -> "Moments":
        """Of the first summaries alone."""
        return Moments(self.mean[:count], self.covariance[:count, :count], self.derivative[:count])

    def shrunk(self, share: float) -> "Moments":
        """With `share` of the mean variance added to every variance, so that no early step is singular."""
        k = len(self.mean)
        more = share * jnp.trace(self.covariance) / k + jnp.finfo(self.covariance.dtype).tiny
        return self._replace(covariance=self.covariance + more * jnp.eye(k, dtype=self.covariance.dtype))


def moments_of(summarised: Summarised) -> Moments:
    """Moments of summaries, the covariance with n - 1."""
    s, ds = summarised
    if len(s) < s.shape[1] + 2:
        raise ValueError(
            f"{len(s)} simulations are too few for the covariance of {s.shape[1]} summaries; at least "
            f"{s.shape[1] + 2} are needed"
        )
    mean = s.mean(axis=0)
    centred = s - mean
    return Moments(mean, centred.T @ centred / (len(s) - 1), ds.mean(axis=0))
