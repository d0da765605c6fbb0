"""Weighted draws of several posteriors at once, and what is told from them."""

import dataclasses

import numpy as np
from jaxtyping import Bool, Float

from ._weighted import Weighted


@dataclasses.dataclass(frozen=True)
class WeightedDraws:
    """For m observations n draws each: `theta` `(m, n, d)` with `log_weight` `(m, n)`.

    >>> draws = WeightedDraws(np.array([[[0.0], [1.0]]]), np.log([[1.0, 3.0]]))
    >>> float(draws.mean[0, 0])
    0.75
    """

    theta: Float[np.ndarray, "m n d"]
    log_weight: Float[np.ndarray, "m n"]

    def one(self, observation: int = 0) -> Weighted:
        """Those of one observation."""
        return Weighted(self.theta[observation], self.log_weight[observation])

    def one_of(self, kept: "WeightedDraws", observation: int) -> Weighted:
        """Those of one observation, or the ones kept before where none of these has any weight."""
        return (self if np.isfinite(self.log_weight[observation]).any() else kept).one(observation)

    @property
    def weights(self) -> Float[np.ndarray, "m n"]:
        """Weights that sum to one for each observation."""
        weights = np.exp(self.log_weight - self.log_weight.max(axis=1, keepdims=True))
        return weights / weights.sum(axis=1, keepdims=True)

    @property
    def ess(self) -> Float[np.ndarray, " m"]:
        """Kish's effective sample size for each observation."""
        return 1.0 / (self.weights**2).sum(axis=1)

    @property
    def mean(self) -> Float[np.ndarray, "m d"]:
        """Means."""
        return self._average(self.theta)

    @property
    def std(self) -> Float[np.ndarray, "m d"]:
        """Standard deviations."""
        return np.sqrt(self._average((self.theta - self.mean[:, None]) ** 2))

    def quantile(self, q: float) -> Float[np.ndarray, "m d"]:
        """The value below which a share `q` of each parameter's mass lies."""
        order = np.argsort(self.theta, axis=1)
        theta = np.take_along_axis(self.theta, order, axis=1)
        each = np.take_along_axis(self.weights[..., None], order, axis=1)
        below = np.cumsum(each, axis=1) - 0.5 * each
        rows, axes = range(len(theta)), range(theta.shape[2])
        return np.array([[np.interp(q, below[m, :, a], theta[m, :, a]) for a in axes] for m in rows])

    def cdf(self, theta: Float[np.ndarray, "m d"]) -> Float[np.ndarray, "m d"]:
        """Mass below each observation's own `theta`, for each parameter."""
        return self._average(self.theta < np.asarray(theta)[:, None])

    def mass(self, where: Bool[np.ndarray, "m n"]) -> Float[np.ndarray, " m"]:
        """Mass of some of the draws of each observation."""
        return (self.weights * where).sum(axis=1)

    def _average(self, values: np.ndarray) -> np.ndarray:
        return np.einsum("mn,mnd->md", self.weights, values)
