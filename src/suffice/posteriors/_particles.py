"""A posterior that is a set of weighted draws."""

from typing import Any

import equinox as eqx
import numpy as np
from jaxtyping import Float

from ..core import KeyLike
from ._abstract import AbstractPosterior
from ._arviz import as_arviz
from ._asked import check_share
from ._weighted import Weighted


class Particles(AbstractPosterior):
    """Weighted draws of the parameters that likelihood-free methods accepted.

    - `theta` `(n, p)`, `weights` `(n,)` that sum to one, `distance` `(n,)` of each from the observation.
    - `epsilon`: no accepted simulation is farther from the observation; `simulations`: how many were made for it.
    """

    theta: Float[np.ndarray, "n p"]
    weights: Float[np.ndarray, " n"]
    distance: Float[np.ndarray, " n"]
    epsilon: float
    simulations: int
    names: tuple[str, ...] = eqx.field(static=True)

    def __init__(
        self,
        theta: np.ndarray,
        weights: np.ndarray,
        distance: np.ndarray,
        *,
        epsilon: float,
        simulations: int,
        names: tuple[str, ...],
    ):
        self.theta, self.weights, self.distance = theta, weights, distance
        self.epsilon, self.simulations, self.names = epsilon, simulations, names

    @property
    def mean(self) -> np.ndarray:
        """Weighted means `(p,)`."""
        return self.weights @ self.theta

    @property
    def covariance(self) -> np.ndarray:
        """Weighted covariance `(p, p)`."""
        centred = self.theta - self.mean
        return (self.weights[:, None] * centred).T @ centred

    @property
    def std(self) -> np.ndarray:
        """Weighted standard deviations `(p,)`."""
        return np.sqrt(np.diag(self.covariance))

    @property
    def ess(self) -> float:
        """How many independent draws the weighted ones are worth (Kish)."""
        return float(1 / (self.weights**2).sum())

    @property
    def acceptance(self) -> float:
        """Accepted draws over simulations."""
        return len(self.theta) / self.simulations

    def quantile(self, q: float) -> np.ndarray:
        """The value below which a share `q` of each parameter's mass lies, `(p,)`."""
        check_share(q)
        order = np.argsort(self.theta, axis=0)
        below = np.cumsum(self.weights[order], axis=0) - self.weights[order] / 2
        columns = zip(below.T, np.take_along_axis(self.theta, order, axis=0).T)
        return np.array([np.interp(q, b, values) for b, values in columns])

    def sample(self, n: int, *, key: KeyLike) -> np.ndarray:
        """`n` draws with equal weights, `(n, p)`; of few accepted ones, some are drawn often."""
        return Weighted(self.theta, np.log(np.maximum(self.weights, 1e-300))).resample(n, key=key)

    def to_arviz(self, n: int = 4000, *, key: KeyLike = 0) -> Any:
        """`n` draws as ArviZ data."""
        return as_arviz(self.names, self.sample(n, key=key))
