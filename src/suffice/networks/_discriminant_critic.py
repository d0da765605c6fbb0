"""The log-ratio of a class and numbers that are normal in each class, of one covariance (Fisher's discriminant):

    log p(x | c) / p(x) = log N(x; μ_c, Σ) - log Σ_k p_k N(x; μ_k, Σ),

a critic in closed form.
"""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ..core import Frozen
from ._critics import AbstractCritic
from ._gaussian_critic import shrunk_covariance


class DiscriminantCritic(AbstractCritic):
    """Made from rows of numbers x and of classes y, one column a class; never trained."""

    parts: Frozen
    classes: int = eqx.field(static=True)

    def __init__(self, x: Float[np.ndarray, "n n_x"], y: Float[np.ndarray, "n k"]):
        x, c, self.classes = x.astype(np.float64), y.argmax(axis=1), y.shape[1]
        counts = np.bincount(c, minlength=self.classes)
        # A class of few rows is drawn towards the mean of all, as by two rows of it more.
        means = (np.eye(self.classes)[c].T @ x + 2 * x.mean(axis=0)) / (counts[:, None] + 2)
        precision = np.linalg.inv(shrunk_covariance(x - means[c]))
        slopes = means @ precision
        logs = np.log((counts + 1) / (counts + 1).sum())
        offsets = -0.5 * (slopes * means).sum(axis=1)
        self.parts = Frozen(tuple(jnp.asarray(part, float) for part in (slopes, offsets, logs)))

    def left(self, x: Float[Array, " n_x"]) -> Float[Array, " k"]:
        slopes, offsets, logs = self.parts.value
        scores = slopes @ x + offsets
        return scores - jax.nn.logsumexp(scores + logs)

    def right(self, y: Float[Array, " k"]) -> Any:
        return jnp.argmax(y)

    def score(self, left: Float[Array, " k"], right: Any) -> Float[Array, ""]:
        return left[right]
