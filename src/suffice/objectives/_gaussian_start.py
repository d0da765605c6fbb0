"""The linear-Gaussian density that a flow starts from.

    z = W (u − A s̃ − b),   WᵀW = Cov(u − A s̃)⁻¹,   s̃ = (s − mean) / scale:

the regression of u on s and its residuals, whitened, so that what is left to learn is of size one however narrow the
density is. Fixed once the training rows are known.
"""

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ..core import Frozen
from ..networks import moments


class GaussianStart(eqx.Module):
    """The map from u to z given s, and back."""

    context: Frozen
    regression: Frozen

    @staticmethod
    def identity(dim: int, n_context: int) -> "GaussianStart":
        """The map that changes nothing."""
        context = (jnp.zeros(n_context), jnp.ones(n_context))
        return GaussianStart(
            Frozen(context), Frozen((jnp.eye(dim), jnp.zeros((dim, n_context)), jnp.zeros(dim), jnp.zeros(())))
        )

    def standardised(self, s: Float[Array, " k"]) -> Float[Array, " k"]:
        """The context in its own units; what lies further off than five of them grows but slowly."""
        s = self._linear(s)
        return jnp.sign(s) * (jnp.minimum(jnp.abs(s), 5.0) + jnp.log1p(jnp.maximum(jnp.abs(s) - 5.0, 0.0)))

    def __call__(self, s: Float[Array, " k"], u: Float[Array, " p"]) -> tuple[Float[Array, " p"], Float[Array, ""]]:
        """z and log |∂z/∂u|."""
        whiten, slope, offset, log_det = self.regression.value
        return whiten @ (u - slope @ self._linear(s) - offset), log_det

    def inverse(self, s: Float[Array, " k"], z: Float[Array, " p"]) -> tuple[Float[Array, " p"], Float[Array, ""]]:
        """u and log |∂z/∂u|."""
        whiten, slope, offset, log_det = self.regression.value
        return jnp.linalg.solve(whiten, z) + slope @ self._linear(s) + offset, log_det

    def _linear(self, s: Float[Array, " k"]) -> Float[Array, " k"]:
        mean, scale = self.context.value
        return (s - mean) / scale


def gaussian_start(s: Float[np.ndarray, "n k"], u: Float[np.ndarray, "n p"]) -> GaussianStart:
    """From rows of contexts and targets."""
    mean, scale = moments(s, s.shape[1:])
    design = np.column_stack([(s - mean) / scale, np.ones(len(s))])
    weights = np.linalg.lstsq(design, u, rcond=1e-6)[0]
    residual = u - design @ weights
    spread = np.maximum((u**2).mean(axis=0), 1e-12)
    covariance = residual.T @ residual / len(u) + np.diag(1e-10 * spread)
    whiten = np.linalg.inv(np.linalg.cholesky(covariance))
    parts = (whiten, weights[:-1].T, weights[-1], np.log(np.diag(whiten)).sum())
    context, regression = (tuple(jnp.asarray(v, float) for v in part) for part in ((mean, scale), parts))
    return GaussianStart(Frozen(context), Frozen(regression))
