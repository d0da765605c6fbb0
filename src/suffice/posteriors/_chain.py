"""The joint posterior as a product of one-dimensional conditionals.

With p(θ) = Π p(θ_i) for the marginals of the prior and the learned
r_i = p(θ_i | s, θ_<i) / p(θ_i), each conditional p(θ_i) r_i is normalised on a grid, drawn
from exactly, and the draws are conditions of the next one.
"""

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ..core import as_key, KeyLike
from ..objectives import Ratio
from ..priors import AbstractPrior
from ._evaluate import group_ratio
from ._marginal import Marginal, on_classes, on_grid


@dataclasses.dataclass(frozen=True)
class Chain:
    """Autoregressive posterior of all parameters for m observations with summaries `(m, k)`."""

    objective: Ratio
    prior: AbstractPrior
    context: Array
    single: bool

    def conditional(self, index: int, theta: Float[np.ndarray, "r p"], rows: np.ndarray) -> Marginal:
        """p(θ_index | s, θ_<index) for rows of earlier parameters; `rows` says whose summary each has."""
        heads = self.objective.trained
        given = np.where(np.arange(theta.shape[1]) < index, theta, 0.0)
        context = jnp.concatenate([self.context[rows], jnp.asarray(given, self.context.dtype)], axis=1)
        return prior_times_ratio(
            self.objective, self.prior, index, group_ratio(heads.one(index), context), len(rows), single=False
        )

    def sample(self, n: int, *, key: KeyLike) -> np.ndarray:
        """`n` draws, `(n, p)` or `(m, n, p)`, one parameter after the other."""
        theta = self._drawn(n, key)[0]
        return theta[0] if self.single else theta

    def levels(self, theta: Float[np.ndarray, "m p"], n: int, *, key: KeyLike) -> np.ndarray:
        """Share of `n` draws whose density is above that of the true parameters, `(m,)`."""
        _, density = self._drawn(n, key)
        own = self._log_density(theta, np.arange(len(theta)))
        return (density > own[:, None]).mean(axis=1)

    def _drawn(self, n: int, key: KeyLike) -> tuple[np.ndarray, np.ndarray]:
        """Draws `(m, n, p)`, and the log-density of each, `(m, n)`."""
        rows = np.repeat(np.arange(len(self.context)), n)
        theta, density = np.zeros((len(rows), len(self.objective.names))), np.zeros(len(rows))
        for index, k in enumerate(jax.random.split(as_key(key), theta.shape[1])):
            part = self.conditional(index, theta, rows)
            theta[:, index] = part.sample(1, key=k)[:, 0, 0]
            density += part.log_prob_own(theta[:, index : index + 1])
        return theta.reshape(len(self.context), n, -1), density.reshape(len(self.context), n)

    def log_prob(self, theta: Float[Array | np.ndarray, "n p"]) -> np.ndarray:
        """Log-density of the joint, `(n,)` or `(m, n)`."""
        theta = np.asarray(theta, np.float64)
        if not len(theta):
            return np.zeros(0) if self.single else np.zeros((len(self.context), 0))
        rows = np.repeat(np.arange(len(self.context)), len(theta))
        total = self._log_density(np.tile(theta, (len(self.context), 1)), rows)
        total = total.reshape(len(self.context), len(theta))
        return total[0] if self.single else total

    def _log_density(self, theta: np.ndarray, rows: np.ndarray) -> np.ndarray:
        total = np.zeros(len(rows))
        for index in range(theta.shape[1]):
            part = self.conditional(index, theta, rows)
            total += part.log_prob_own(theta[:, index : index + 1])
        return total


def prior_times_ratio(
    objective: Any, prior: AbstractPrior, group: int, log_ratio: Any, observations: int, *, single: bool
) -> Marginal:
    """The gridded marginal of a group of one or two parameters."""
    columns = objective.groups[group]
    names = tuple(objective.names[i] for i in columns)

    def log_prior(points: np.ndarray) -> np.ndarray:
        flat = points.reshape(-1, points.shape[-1])
        return np.asarray(prior.marginal_log_prob(columns, flat), np.float64).reshape(points.shape[:2])

    classes = dict(objective.classes).get(names[0], 0) if len(columns) == 1 else 0
    if classes:
        return on_classes(names[0], log_ratio, log_prior, classes, observations, single)
    low, high = prior.box()
    picked = [np.asarray(side, np.float64)[list(columns)] for side in (low, high)]
    cells, passes = _resolution(len(columns), observations)
    sizes = {"observations": observations, "cells": cells, "passes": passes, "single": single}
    return on_grid(names, log_ratio, log_prior, (picked[0], picked[1]), **sizes)


def _resolution(dim: int, observations: int) -> tuple[int, int]:
    """Cells on an axis, and passes that narrow the grid."""
    if dim == 1:
        return (512, 3) if observations <= 5000 else (192, 3) if observations <= 50_000 else (64, 3)
    return (128, 3) if observations == 1 else (64, 3)
