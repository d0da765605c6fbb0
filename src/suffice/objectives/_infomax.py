"""Summaries that maximise a bound of the mutual information I(θ; s) between parameters and summary.

With `bound="ba"`, the bound of Barber & Agakov (2003) by a conditional density,

    I(θ; s) ≥ E[log q(θ | s)] + H(θ),

which has no ceiling, so it serves where the data say much; q is then a posterior too. With the name of a discriminative
bound (`sf.bounds`), a critic f(s, θ) and that bound (Deep InfoMax: Hjelm et al. 2019, arXiv:1808.06670).

Both see the parameters as residuals (θ - A s - b) / ρ of the least-squares line through the summaries at the start, so
that a narrow posterior is as easy as a wide one.
"""

from collections.abc import Callable
from typing import Any, ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PyTree

from ..bounds import AbstractBound, pair_up, registry
from ..core import Frozen
from ..networks import AbstractCritic, ConditionalMixture, moments, Stack, start_from_data
from ..train import AbstractObjective, AbstractSource, flat_summary


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


class InfoMax(AbstractObjective):
    """A summary that keeps as much as it can of what the data say about all parameters together, in nats.

    **Arguments:**

    - `summary`: `x -> s` for one example.
    - `bound`: `"ba"`, or a name in `sf.bounds.registry`, or a bound.
    - `components`: of the mixture q(θ | s).
    - `negatives`: pairs that do not belong together for each that does, of discriminative bounds.
    - `width`, `depth`: size of the density or critic.

    **History:** `value`, the bound; of `"ba"` without the entropy H(θ) of the prior.
    """

    summary: Callable
    learned: Any
    residual: Residual | None
    bound: Any
    negatives: int | None = eqx.field(static=True)
    components: int = eqx.field(static=True)
    width: int = eqx.field(static=True)
    depth: int = eqx.field(static=True)
    monitor: ClassVar[str] = "loss"

    def __init__(
        self,
        summary: Callable,
        bound: str | AbstractBound = "ba",
        *,
        components: int = 4,
        negatives: int | None = 16,
        width: int = 64,
        depth: int = 2,
    ):
        if not callable(summary):
            raise TypeError(f"summary must be a network or a function x -> s, but a {type(summary).__name__} came")
        if isinstance(bound, str) and bound not in ("ba", *registry.names):
            raise ValueError(f"no bound is called {bound!r}; known: ba, {', '.join(registry.names)}")
        made: Any = registry.get(bound) if isinstance(bound, str) and bound != "ba" else lambda: bound
        self.summary, self.learned, self.residual, self.bound = summary, None, None, made()
        self.negatives, self.components, self.width, self.depth = negatives, components, width, depth

    def start(self, rows: Any, *, names: tuple[str, ...], key: Array) -> "InfoMax":
        if self.residual is not None:
            return self
        theta = np.asarray(rows.theta, np.float64)
        summary = start_from_data(self.summary, lambda f, x: f(x), rows.x, theta)
        s = np.asarray(eqx.filter_jit(eqx.filter_vmap(flat_summary(summary)))(rows.x), np.float64)
        residual, k, p = Residual.of(s, theta), s.shape[1], theta.shape[1]
        for_learned, for_bound = jax.random.split(key)
        if self.bound == "ba":
            sizes = {"components": self.components, "hidden": (self.width,) * self.depth}
            learned, bound = ConditionalMixture(k, p, key=for_learned, **sizes), self.bound
        else:
            network = Stack(k + p, 1, width=self.width, depth=self.depth, last=0.1, key=for_learned)
            learned, bound = ResidualCritic(residual, network), self.bound.for_sizes(k, p, key=for_bound)
        where = lambda f: (f.summary, f.learned, f.residual, f.bound)  # noqa: E731
        new = (summary, learned, residual, bound)
        return eqx.tree_at(where, self, new, is_leaf=lambda node: node is None or node is self.bound)

    def loss(self, batch: PyTree, *, key: Array, step: Array) -> tuple[Array, dict[str, Array]]:
        s = jax.vmap(flat_summary(self.summary))(batch.x)
        if self.bound == "ba":
            value = jax.vmap(self._log_prob)(batch.theta, s).mean()
            return -value, {"value": value}
        pairs = pair_up(self.learned, s, batch.theta, negatives=self.negatives, key=key)
        return self.bound.loss(pairs, s, batch.theta), {"value": self.bound.value(pairs, s, batch.theta)}

    def finish(self, held_out: AbstractSource, *, key: Array) -> "InfoMax":
        return self

    def log_prob(self, theta: Float[Array, " p"], x: PyTree) -> Float[Array, ""]:
        """log q(θ | s(x)) of one pair; its mean over held-out rows plus H(θ) is a lower bound of I(θ; s).

        **Raises** `ValueError` before a fit, and with a discriminative bound, which has no density.
        """
        if self.residual is None:
            raise ValueError("this objective has not been trained: pass it to sf.fit, and use fit.objective")
        if self.bound != "ba":
            raise ValueError("a discriminative bound gives a critic and no density; use bound='ba'")
        return self._log_prob(theta, flat_summary(self.summary)(x))

    def _log_prob(self, theta: Float[Array, " p"], s: Float[Array, " k"]) -> Float[Array, ""]:
        assert self.residual is not None
        z = self.residual.summary(s)
        return self.learned.log_prob(self.residual.parameters(z, theta), z) - self.residual.log_spread
