"""Critics made of densities: log q(y | x) - log q(y)."""

import abc
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ..core import Frozen
from ..networks import AbstractCritic, ConditionalFlow, ConditionalMixture, shrunk_covariance, Stack


class AbstractDensityCritic(AbstractCritic):
    """log q(y | x) - log q(y), a critic like any other.

    To write one: `left` is what the conditional needs of x, `right` is y and log q(y), and `conditional` gives
    log q(y | x) from `left` and y.
    """

    @abc.abstractmethod
    def marginal(self, y: Float[Array, " n_y"]) -> Float[Array, ""]:
        """log q(y)."""

    @abc.abstractmethod
    def conditional(self, left: Any, y: Float[Array, " n_y"]) -> Float[Array, ""]:
        """log q(y | x), from `left(x)`."""

    def log_probs(self, x: Float[Array, " n_x"], y: Float[Array, " n_y"]) -> tuple[Array, Array]:
        """log q(y | x) and log q(y)."""
        return self.conditional(self.left(x), y), self.marginal(y)

    def right(self, y: Float[Array, " n_y"]) -> Any:
        return y, self.marginal(y)

    def score(self, left: Any, right: Any) -> Float[Array, ""]:
        return self.conditional(left, right[0]) - right[1]


class ConditionalOf(AbstractCritic):
    """log q(y | x) alone, of a critic that is made of densities."""

    critic: AbstractDensityCritic

    def left(self, x: Float[Array, " n_x"]) -> Any:
        return self.critic.left(x)

    def right(self, y: Float[Array, " n_y"]) -> Any:
        return y

    def score(self, left: Any, right: Any) -> Float[Array, ""]:
        return self.critic.conditional(left, right)


class MixtureCritic(AbstractDensityCritic):
    """Two mixtures of normal densities, of one component each where `components=1`."""

    given_x: ConditionalMixture
    alone: ConditionalMixture

    def left(self, x: Float[Array, " n_x"]) -> Any:
        return self.given_x.parameters(x)

    def marginal(self, y: Float[Array, " n_y"]) -> Float[Array, ""]:
        return self.alone.log_prob(y)

    def conditional(self, left: Any, y: Float[Array, " n_y"]) -> Float[Array, ""]:
        return self.given_x.given(left, y)


class FlowCritic(AbstractDensityCritic):
    """One flow, with its condition and without: a last number of the condition says which.

    It sees y through linear maps that make it white, of the residual of a linear regression on x and of y alone, so
    that at the start the log-ratio is that of normal variables.
    """

    flow: ConditionalFlow
    maps: Frozen

    @staticmethod
    def of(x: Float[np.ndarray, "n n_x"], y: Float[np.ndarray, "n n_y"], flow: ConditionalFlow) -> "FlowCritic":
        """With the maps that training rows give; the flow has a condition of `n_x + 1` numbers."""
        z = np.concatenate([x, y], axis=1).astype(np.float64)
        mean, n_x = z.mean(axis=0), x.shape[1]
        covariance = shrunk_covariance(z - mean)
        of_x, of_y, both = covariance[:n_x, :n_x], covariance[n_x:, n_x:], covariance[:n_x, n_x:]
        slopes = np.linalg.solve(of_x, both)
        whiten = [np.linalg.inv(np.linalg.cholesky(c)) for c in (of_y - both.T @ slopes, of_y)]
        shares = [np.log(np.diag(w)).sum() for w in whiten]
        parts = (mean[:n_x], mean[n_x:], slopes, *whiten, *shares)
        return FlowCritic(flow, Frozen(tuple(jnp.asarray(part, float) for part in parts)))

    def left(self, x: Float[Array, " n_x"]) -> Any:
        mean_x, mean_y, slopes, *_ = self.maps.value
        return jnp.concatenate([x, jnp.ones(1)]), mean_y + (x - mean_x) @ slopes

    def marginal(self, y: Float[Array, " n_y"]) -> Float[Array, ""]:
        return self.flow.log_prob(*self._alone(y)) + self.maps.value[6]

    def conditional(self, left: Any, y: Float[Array, " n_y"]) -> Float[Array, ""]:
        return self.flow.log_prob(*self._given(left, y)) + self.maps.value[5]

    def log_probs(self, x: Float[Array, " n_x"], y: Float[Array, " n_y"]) -> tuple[Array, Array]:
        both = jax.tree.map(lambda *parts: jnp.stack(parts), self._given(self.left(x), y), self._alone(y))
        given, alone = jax.vmap(self.flow.log_prob)(*both)  # as one, for compiling a flow takes seconds
        return given + self.maps.value[5], alone + self.maps.value[6]

    def _alone(self, y: Array) -> tuple[Array, Array]:
        return self.maps.value[4] @ (y - self.maps.value[1]), jnp.zeros(self.flow.sizes.n_x)

    def _given(self, left: Any, y: Array) -> tuple[Array, Array]:
        return self.maps.value[3] @ (y - left[1]), left[0]


class ClassCritic(AbstractDensityCritic):
    """log q(c | x) - log q(c) of a discrete y, whose columns are one for each class and largest for its own."""

    classifier: Stack
    frequencies: Frozen

    @staticmethod
    def of(y: Float[np.ndarray, "n n_y"], classifier: Stack) -> "ClassCritic":
        """With the frequencies of training rows, each class counted once more so that none is impossible."""
        counts = np.bincount(y.argmax(axis=1), minlength=y.shape[1]) + 1.0
        return ClassCritic(classifier, Frozen(jnp.asarray(np.log(counts / counts.sum()), float)))

    def left(self, x: Float[Array, " n_x"]) -> Any:
        return jax.nn.log_softmax(self.classifier(x))

    def marginal(self, y: Float[Array, " n_y"]) -> Float[Array, ""]:
        return self.frequencies.value[jnp.argmax(y)]

    def conditional(self, left: Any, y: Float[Array, " n_y"]) -> Float[Array, ""]:
        return left[jnp.argmax(y)]
