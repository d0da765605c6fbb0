"""Conditional mixtures of normal densities (Bishop 1994): every parameter from one perceptron of the condition.

    q(y | x) = Σ_c π_c(x) N(y; μ_c(x), (L_c(x) L_c(x)ᵀ)⁻¹),

L_c the lower triangle of the precision, full for at most 8 columns of y and diagonal for more.
"""

import math
from collections.abc import Sequence
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from ..core import as_key, check_whole, KeyLike
from ._layers import Dense, Stack

_FULL = 8


class ConditionalMixture(eqx.Module):
    """log q(y | x) for one pair; with `n_x=0`, a density of y alone.

    >>> import jax.numpy as jnp
    >>> ConditionalMixture(2, 3, key=0).log_prob(jnp.ones(3), jnp.ones(2)).shape
    ()
    """

    network: Stack | Dense
    n_y: int = eqx.field(static=True)
    components: int = eqx.field(static=True)

    def __init__(self, n_x: int, n_y: int, *, components: int = 8, hidden: Sequence[int] = (64, 64), key: KeyLike):
        check_whole(n_y=n_y, components=components)
        check_whole(0, n_x=n_x)
        self.n_y, self.components = n_y, components
        first, second = jax.random.split(as_key(key))
        n_out = components * (1 + n_y + self._triangle)
        if n_x == 0:
            self.network = Dense(0, n_out, key=first, scale=0.0)
        else:
            self.network = Stack(n_x, n_out, width=hidden[0], depth=len(hidden), key=first, last=0.1)
        # Components start apart, or they would all learn the same.
        layer = self.network if isinstance(self.network, Dense) else self.network.last
        spread = jax.random.normal(second, (components, n_y)) * (components > 1)
        object.__setattr__(layer, "bias", layer.bias.at[components : components * (1 + n_y)].set(spread.ravel()))

    @property
    def _triangle(self) -> int:
        return self.n_y * (self.n_y + 1) // 2 if self.n_y <= _FULL else self.n_y

    def parameters(self, x: Float[Array, " n_x"]) -> Any:
        """Log-weights, means and lower triangles given x."""
        flat = self.network(x)
        c, d = self.components, self.n_y
        logits, means, rest = flat[:c], flat[c : c * (1 + d)].reshape(c, d), flat[c * (1 + d) :].reshape(c, -1)
        log_diagonal = 6 * jnp.tanh(rest[:, :d] / 6)  # from e^-6 to e^6
        lower = jnp.zeros((c, d, d)).at[:, jnp.arange(d), jnp.arange(d)].set(jnp.exp(log_diagonal))
        if d <= _FULL:
            lower = lower.at[(slice(None), *jnp.tril_indices(d, -1))].set(rest[:, d:])
        return jax.nn.log_softmax(logits) + log_diagonal.sum(axis=1), means, lower

    def given(self, parameters: Any, y: Float[Array, " n_y"]) -> Float[Array, ""]:
        """log q(y | x) from the parameters."""
        log_weights, means, lower = parameters
        z = jnp.einsum("cji,cj->ci", lower, y - means)
        return jax.nn.logsumexp(log_weights - 0.5 * (z**2).sum(axis=1)) - 0.5 * self.n_y * math.log(2 * math.pi)

    def log_prob(self, y: Float[Array, " n_y"], x: Float[Array, " n_x"] | None = None) -> Float[Array, ""]:
        """log q(y | x)."""
        return self.given(self.parameters(jnp.zeros(0) if x is None else x), y)

    def sample(self, x: Float[Array, " n_x"] | None = None, *, key: KeyLike) -> Float[Array, " n_y"]:
        """One draw of y given x."""
        log_weights, means, lower = self.parameters(jnp.zeros(0) if x is None else x)
        for_component, for_noise = jax.random.split(as_key(key))
        log_determinants = jnp.log(jnp.diagonal(lower, axis1=1, axis2=2)).sum(axis=1)
        chosen = jax.random.categorical(for_component, log_weights - log_determinants)
        noise = jax.random.normal(for_noise, (self.n_y,))
        return means[chosen] + jax.scipy.linalg.solve_triangular(lower[chosen].T, noise)
