"""The head of a ratio: log p(θ | s) / p(θ) for one group of parameters.

With u the standardised parameters of the group and s̃ the standardised summary,

    z = T(s̃) (L u − A s̃ − b) − δ(s̃)
    log r(s, θ) = −½ |z|² + c(s̃) + g(s̃, u, z).

The quadratic is a Gaussian likelihood of the summary. L, A and b are frozen after a start
from linear regression: with R the covariance of what the regression leaves unexplained and
P that of the parameters, the likelihood's precision is Lᵀ L = R⁻¹ − P⁻¹ and its centre the
fitted value with the prior's pull taken out. Everything learned (T, δ, c, g) is thereby in
units of the posterior's width, so that a narrow posterior is as easy as a wide one, and the
Gaussian ratio is the special case in which nothing is left to learn.
"""

import abc
import math

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PyTree

from ..core import Frozen
from ..networks import Dense, moments, Stack


class AbstractHead(eqx.Module):
    """A learned log-ratio between one context (a summary) and one group of parameters.

    To write one: `about` computes once what depends on the context alone, `pair` adds the
    parameters, `start` takes first weights from rows on the host; `context` holds the statistics of the context.
    """

    context: eqx.AbstractVar[Frozen]

    @abc.abstractmethod
    def about(self, context: Float[Array, " c"]) -> PyTree:
        """What the ratio needs to know of a context."""

    @abc.abstractmethod
    def pair(self, about: PyTree, theta: Float[Array, " d"]) -> Float[Array, ""]:
        """The log-ratio of the context and a parameter vector."""

    @abc.abstractmethod
    def start(self, context: np.ndarray, theta: np.ndarray) -> "AbstractHead":
        """This head, started from rows of contexts `(n, c)` and parameters `(n, d)`."""


class GaussianHead(AbstractHead):
    """A Gaussian likelihood of the summary, and what a network adds to it (see the file)."""

    context: Frozen
    target: Frozen
    gaussian: Frozen
    shift: Dense
    trunk: Stack
    values: Dense
    features: Dense
    entry: Dense
    middle: Dense
    exit: Dense
    dim: int = eqx.field(static=True)

    def __init__(self, n_context: int, dim: int, *, width: int = 64, depth: int = 2, key: Array):
        keys = jax.random.split(key, 7)
        self.dim = dim
        self.context = Frozen((jnp.zeros(n_context), jnp.ones(n_context)))
        self.target = Frozen((jnp.zeros(dim), jnp.ones(dim)))
        self.gaussian = Frozen((jnp.eye(dim), jnp.zeros((dim, n_context)), jnp.zeros(dim), jnp.zeros(())))
        self.shift = Dense(n_context, dim, key=keys[0], scale=0.0)
        self.trunk = Stack(n_context, width, width=width, depth=max(1, depth - 1), key=keys[1], last=math.sqrt(2))
        self.values = Dense(width, 1 + dim + dim * dim, key=keys[2], scale=0.0)
        self.features = Dense(width, width, key=keys[3])
        self.entry = Dense(2 * dim, width, key=keys[4], scale=math.sqrt(2))
        self.middle = Dense(width, width, key=keys[5], scale=math.sqrt(2))
        self.exit = Dense(width, 1, key=keys[6], scale=0.0)

    def about(self, context: Float[Array, " c"]) -> tuple[Array, Array, Array, Array]:
        mean, scale = self.context.value
        context = (context - mean) / scale
        whiten, slope, offset, constant = self.gaussian.value
        hidden = jax.nn.silu(self.trunk(context))
        values = self.values(hidden)
        triangle = values[1 + self.dim :].reshape(self.dim, self.dim)
        stretch = jnp.tril(triangle, -1) + jnp.diag(jnp.exp(jnp.diag(triangle)))
        centre = stretch @ (slope @ context + offset) + self.shift(context) + values[1 : 1 + self.dim]
        return stretch @ whiten, centre, constant + values[0], self.features(hidden)

    def pair(self, about: tuple[Array, Array, Array, Array], theta: Float[Array, " d"]) -> Float[Array, ""]:
        whiten, centre, constant, features = about
        mean, scale = self.target.value
        u = (theta - mean) / scale
        z = whiten @ u - centre
        hidden = jax.nn.silu(features + self.entry(jnp.concatenate([u, 3 * jnp.tanh(z / 3)])))
        hidden = jax.nn.silu(self.middle(hidden))
        return constant - 0.5 * z @ z + self.exit(hidden)[0]

    def start(self, context: np.ndarray, theta: np.ndarray) -> "AbstractHead":
        context, theta = np.asarray(context, np.float64), np.asarray(theta, np.float64)
        about, target = moments(context, context.shape[1:]), moments(theta, theta.shape[1:])
        c, u = (context - about[0]) / about[1], (theta - target[0]) / target[1]
        gaussian = _gaussian_likelihood(c, u)
        frozen = [Frozen(jax.tree.map(lambda v: jnp.asarray(v, float), part)) for part in (about, target, gaussian)]
        return eqx.tree_at(
            lambda h: (h.context, h.target, h.gaussian),
            self,
            frozen,
            is_leaf=lambda node: isinstance(node, Frozen),
        )


def _gaussian_likelihood(c: np.ndarray, u: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
    """L, A, b and the constant for which `exp(−½|Lu − Ac − b|² + constant)` is the linear-Gaussian ratio."""
    n, dim = u.shape
    design = np.column_stack([c, np.ones(n)])
    weights = np.linalg.lstsq(design, u, rcond=1e-8)[0]
    residual = u - design @ weights
    unexplained = np.linalg.inv(residual.T @ residual / n + 1e-12 * np.eye(dim))
    # Where the regression explains nothing the likelihood is flat; a small precision stays.
    precision = unexplained - np.linalg.inv(u.T @ u / n + 1e-12 * np.eye(dim))
    values, vectors = np.linalg.eigh(precision)
    floor = 0.01 * np.linalg.eigvalsh(unexplained)[0]
    whiten = (vectors * np.sqrt(np.maximum(values, floor))) @ vectors.T
    slope = (np.linalg.inv(whiten) @ unexplained @ weights.T).reshape(dim, -1)
    contexts, others = design[:: max(1, n // 256)], u[:: max(1, n // 4096)]
    z = (others @ whiten.T)[None] - (contexts @ slope.T)[:, None]
    ratios = np.exp(-0.5 * (z**2).sum(axis=-1)).mean(axis=1)
    return whiten, slope[:, :-1], slope[:, -1], -np.log(max(float(ratios.mean()), 1e-12))


class CategoricalHead(AbstractHead):
    """The ratio for a discrete parameter that holds the class numbers `0 … classes − 1`.

        log r(c) = ℓ_c(s̃) − log Σ_c' π_c' exp ℓ_c'(s̃),  ℓ_c(s̃) = −½ |W (s̃ − μ_c)|² + network_c(s̃),

    with π the shares of the classes among the training rows: normalised whatever the network
    says. The frozen first term is linear discriminant analysis (one covariance for all
    classes, WᵀW its inverse), so that the network only adds what is not Gaussian.
    """

    context: Frozen
    discriminant: Frozen
    network: Stack

    def __init__(self, n_context: int, classes: int, *, width: int = 64, depth: int = 2, key: Array):
        self.context = Frozen((jnp.zeros(n_context), jnp.ones(n_context)))
        shares = jnp.full(classes, -math.log(classes))
        self.discriminant = Frozen((jnp.eye(n_context), jnp.zeros((classes, n_context)), shares))
        self.network = Stack(n_context, classes, width=width, depth=depth, key=key, last=0.0)

    def about(self, context: Float[Array, " c"]) -> Float[Array, " classes"]:
        mean, scale = self.context.value
        context = (context - mean) / scale
        whiten, centres, shares = self.discriminant.value
        offset = (context - centres) @ whiten.T
        likelihood = -0.5 * (offset**2).sum(axis=1) + self.network(context)
        return likelihood - jax.nn.logsumexp(likelihood + shares)

    def pair(self, about: Float[Array, " classes"], theta: Float[Array, " 1"]) -> Float[Array, ""]:
        return about[theta[0].astype(jnp.int32)]

    def start(self, context: np.ndarray, theta: np.ndarray) -> "AbstractHead":
        context, classes = np.asarray(context, np.float64), len(self.discriminant.value[2])
        mean, scale = moments(context, context.shape[1:])
        discriminant = _discriminant((context - mean) / scale, theta[:, 0].astype(int), classes)
        frozen = [Frozen(jax.tree.map(lambda v: jnp.asarray(v, float), part)) for part in ((mean, scale), discriminant)]
        where = lambda h: (h.context, h.discriminant)  # noqa: E731
        return eqx.tree_at(where, self, frozen, is_leaf=lambda node: isinstance(node, Frozen))


def _discriminant(c: np.ndarray, labels: np.ndarray, classes: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Whitening matrix, class means `(classes, k)` and log shares; a class without rows stands in the middle."""
    counts = np.bincount(labels, minlength=classes)
    centres = np.stack([c[labels == k].mean(axis=0) if counts[k] else np.zeros(c.shape[1]) for k in range(classes)])
    spread = (c - centres[labels]).T @ (c - centres[labels]) / max(1, len(c) - classes)
    values, vectors = np.linalg.eigh(spread + 1e-6 * np.eye(c.shape[1]))
    return (vectors / np.sqrt(values)).T, centres, np.log((counts + 0.5) / (counts + 0.5).sum())
