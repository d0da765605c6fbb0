"""Parameters as residuals of the least-squares line through a summary: (θ - A s - b) / ρ.

A narrow posterior is then as easy for a density or a critic as a wide one.
"""

from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ..core import Frozen
from ..networks import AbstractCritic, ConditionalMixture, moments, Stack


class Residual(eqx.Module):
    """From a summary and parameters to (s - m) / d and (θ - A s - b) / ρ."""

    parts: Frozen

    @staticmethod
    def of(s: Float[np.ndarray, "n k"], theta: Float[np.ndarray, "n p"]) -> "Residual":
        """Least squares on training rows."""
        centre, scale = moments(s, (s.shape[1],))
        design = np.concatenate([(s - centre) / scale, np.ones((len(s), 1))], axis=1)
        slopes = np.linalg.lstsq(design, theta, rcond=None)[0]
        spread = np.maximum((theta - design @ slopes).std(axis=0), 1e-6 * theta.std(axis=0))
        return Residual(Frozen(tuple(jnp.asarray(p, float) for p in (centre, scale, slopes[:-1], slopes[-1], spread))))

    def summary(self, s: Float[Array, " k"]) -> Float[Array, " k"]:
        """Standardised."""
        return (s - self.parts.value[0]) / self.parts.value[1]

    def parameters(self, z: Float[Array, " k"], theta: Float[Array, " p"]) -> Float[Array, " p"]:
        """What the line leaves, in units of its spread; `z` is the standardised summary."""
        return (theta - z @ self.parts.value[2] - self.parts.value[3]) / self.parts.value[4]

    @property
    def log_spread(self) -> Array:
        """log det of ∂θ/∂residual."""
        return jnp.log(self.parts.value[4]).sum()


class ResidualCritic(AbstractCritic):
    """f(s, θ), a perceptron of the standardised summary and the residual."""

    residual: Residual
    network: Stack

    def left(self, x: Array) -> Array:
        return self.residual.summary(x)

    def right(self, y: Array) -> Array:
        return y

    def score(self, left: Array, right: Array) -> Float[Array, ""]:
        return self.network(jnp.concatenate([left, self.residual.parameters(left, right)]))[0]


class ResidualDensity(eqx.Module):
    """q(θ | s), a mixture of normal densities of the residual."""

    residual: Residual
    mixture: ConditionalMixture

    @staticmethod
    def of(
        s: Float[np.ndarray, "n k"], theta: Float[np.ndarray, "n p"], *, components: int, hidden: Any, key: Array
    ) -> "ResidualDensity":
        """Started from training rows of the summary and of the parameters."""
        mixture = ConditionalMixture(s.shape[1], theta.shape[1], components=components, hidden=hidden, key=key)
        return ResidualDensity(Residual.of(s, theta), mixture)

    def log_prob(self, theta: Float[Array, " p"], s: Float[Array, " k"]) -> Float[Array, ""]:
        """log q(θ | s)."""
        z = self.residual.summary(s)
        return self.mixture.log_prob(self.residual.parameters(z, theta), z) - self.residual.log_spread
