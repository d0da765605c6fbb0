"""Trajectories whose displacements are jointly normal, and the exact answers that follow from their covariance C.

    log p(x_k | x_1 … x_{k-1}) = -½ z_k² - log L_kk - ½ log 2π,    C = L Lᵀ,  z = L⁻¹ x

Each dimension is independent of the others. The Fisher matrix is F_ab = ½ tr(C⁻¹ ∂_a C C⁻¹ ∂_b C) for each.
"""

import abc
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import scipy.linalg
from jaxtyping import Array, Float
from scipy.special import logsumexp

from ._trajectory import AbstractTrajectory

Theta = Float[Array | np.ndarray, " p"]


class AbstractGaussianTrajectory(AbstractTrajectory):
    """To write one, define besides what a trajectory needs `path_covariance`; every answer is in float64.

    - `domain`: between which two values, both excluded, a parameter of that name lies; any number unless told.
    """

    domain: ClassVar[Mapping[str, tuple[float, float]]] = {}

    @abc.abstractmethod
    def path_covariance(self, theta: Theta) -> Float[np.ndarray, "steps steps"]:
        """Covariance of the displacements of the particle in one dimension, without localisation noise."""

    def refuse_parameters(self, theta: Any, *, rows: bool = False) -> Float[np.ndarray, "*m p"]:
        """Parameters in float64: one vector `(p,)`, or with `rows` several, `(m, p)`.

        **Raises:** `ValueError` for another shape, or for numbers outside of what the process takes.
        """
        values, names = np.asarray(theta, np.float64), self.prior.names
        shape = f"(m, {len(names)})" if rows else f"({len(names)},)"
        if values.ndim != 1 + rows or values.shape[-1] != len(names) or not len(values):
            raise ValueError(
                f"the parameters of {type(self).__name__} are {', '.join(names)}, so theta must be {shape}, but "
                f"{values.shape} came"
            )
        for name, column in zip(names, np.atleast_2d(values).T):
            low, high = self.domain.get(name, (-np.inf, np.inf))
            bad = column[~(np.isfinite(column) & (column > low) & (column < high))]
            if len(bad):
                between = f"above {low:g}" if high == np.inf else f"above {low:g} and below {high:g}"
                raise ValueError(f"{name} of {type(self).__name__} must be finite, {between}, but {bad[0]:g} came")
        return values

    def covariance(self, theta: Any) -> Float[np.ndarray, "steps steps"]:
        """Covariance of the displacements in one dimension, localisation noise included."""
        return self._covariance(self.refuse_parameters(theta))

    def _covariance(self, theta: Theta) -> Float[np.ndarray, "steps steps"]:
        whole = np.array(self.path_covariance(theta), np.float64)
        if self.noise > 0:
            whole[np.diag_indices(self.steps)] += 2 * self.noise**2
            i = np.arange(self.steps - 1)
            whole[i, i + 1] -= self.noise**2
            whole[i + 1, i] -= self.noise**2
        return whole

    def step_log_probs(self, theta: Any, x: Any) -> Float[np.ndarray, "m steps"]:
        """log p(x_k | x_1 … x_{k-1}) of every step of `m` trajectories, in nats, summed over dimensions."""
        return self._log_probs(self.refuse_parameters(theta), self._rows(x))

    def _log_probs(self, theta: Theta, rows: Float[np.ndarray, "m steps dims"]) -> Float[np.ndarray, "m steps"]:
        root = np.linalg.cholesky(self._covariance(theta))
        flat = rows.transpose(1, 0, 2).reshape(self.steps, -1)
        z = scipy.linalg.solve_triangular(root, flat, lower=True).reshape(self.steps, len(rows), self.dims)
        each = -0.5 * z**2 - np.log(np.diag(root))[:, None, None] - 0.5 * np.log(2 * np.pi)
        return each.sum(axis=2).T

    def log_likelihood(self, theta: Any, x: Float[Array | np.ndarray, "..."]) -> Float[np.ndarray, " m"]:
        """Log-likelihood of `m` parameter vectors for one trajectory."""
        rows = self.refuse_parameters(theta, rows=True)
        series = self._rows(np.asarray(x)[None])
        return np.array([self._log_probs(one, series).sum() for one in rows])

    def entropies(self, theta: Any) -> Float[np.ndarray, " steps"]:
        """Entropy of each step given those before it, in nats; its limit is the entropy rate."""
        variances = np.diag(np.linalg.cholesky(self.covariance(theta))) ** 2
        return 0.5 * self.dims * np.log(2 * np.pi * np.e * variances)

    def exact_fisher(self, theta: Any) -> Float[np.ndarray, "p p"]:
        """Fisher matrix of one trajectory, derivatives of C by central differences."""
        theta = np.asarray(theta, np.float64)
        inverse = np.linalg.inv(self.covariance(theta))
        slopes = []
        for i, value in enumerate(theta):
            step = np.zeros(len(theta))
            step[i] = 1e-5 * max(abs(value), 1e-3 if value == 0 else abs(value))
            difference = self.covariance(theta + step) - self.covariance(theta - step)
            slopes.append(inverse @ difference / (2 * step[i]))
        return 0.5 * self.dims * np.array([[np.sum(a * b.T) for b in slopes] for a in slopes])

    def cramer_rao(self, theta: Any) -> Float[np.ndarray, " p"]:
        """The smallest standard deviation that an unbiased estimate of each parameter can have."""
        fisher = self.exact_fisher(theta)
        units = np.sqrt(np.diag(fisher))
        scaled = fisher / np.outer(units, units).clip(1e-300)
        if not (units > 0).all() or np.linalg.matrix_rank(scaled, tol=1e-9) < len(units):
            raise ValueError(
                f"trajectories of {self.steps} steps cannot tell {', '.join(self.prior.names)} apart: their Fisher "
                "matrix is singular, and no estimate has a bound; take more steps"
            )
        return np.sqrt(np.diag(np.linalg.inv(scaled))) / units

    def grid_log_probs(
        self, grid: Any, x: Any, first: int = 0
    ) -> tuple[Float[np.ndarray, "n m"], Float[np.ndarray, "n m"]]:
        """log p(first steps | θ) and log p(the others | the first, θ) of each trajectory for each θ of a grid."""
        if not 0 <= first < self.steps:
            raise ValueError(f"first must be from 0 to {self.steps - 1}, but {first} came")
        before, after = [], []
        rows = self._rows(x)
        for one in self.refuse_parameters(grid, rows=True):
            each = self._log_probs(one, rows)
            before.append(each[:, :first].sum(axis=1))
            after.append(each[:, first:].sum(axis=1))
        return np.stack(before, axis=1), np.stack(after, axis=1)

    def exact_log_posterior(self, grid: Any, x: Any, first: int = 0) -> Float[np.ndarray, "n m"]:
        """Log-probabilities of the parameter vectors of a grid, equally probable before, given each trajectory.

        - `first`: steps at the start that are not used.
        """
        log = self.grid_log_probs(grid, x, first)[1]
        return log - logsumexp(log, axis=1, keepdims=True)

    def predictive_floor(self, grid: Any, x: Any, first: int, *, informed: bool = False) -> Float[np.ndarray, " n"]:
        """-log p(steps from `first` on | the steps before it) a step, the parameters unknown on a grid, in nats.

            -(1/n) log mean_θ p(scored steps | first steps, θ)

        The loss that no evidence bound with a prior of its own can beat on average. With `informed`, the first steps
        say besides which parameters are likely, and the floor is that of any model at all.
        """
        before, after = self.grid_log_probs(grid, x, first)
        weights = before - logsumexp(before, axis=1, keepdims=True) if informed else -np.log(before.shape[1])
        return -np.asarray(logsumexp(after + weights, axis=1)) / (self.steps - first)

    def _rows(self, x: Any) -> Float[np.ndarray, "m steps dims"]:
        if isinstance(x, dict):
            raise ValueError("series with masks have no exact likelihood here; give whole ones, an array")
        rows = np.asarray(x, np.float64)
        wanted = (self.steps,) if self.dims == 1 else (self.steps, self.dims)
        if rows.ndim != 1 + len(wanted) or rows.shape[1:] != wanted:
            raise ValueError(f"trajectories must be of shape {('m', *wanted)}, but {rows.shape} came")
        if not np.isfinite(rows).all():
            raise ValueError("x holds displacements that are not finite; leave those trajectories out")
        return rows.reshape(len(rows), self.steps, self.dims)
