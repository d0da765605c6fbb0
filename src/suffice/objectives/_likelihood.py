"""Neural likelihood estimation: the density of a summary given the parameters.

    L = −E log q(s | θ),   s = f(x),   f fixed

(Papamakarios, Sterratt & Murray 2019, arXiv:1805.07226). The prior enters only when a posterior is asked for, and
independent observations multiply: their posterior is p(θ) Π q(s_i | θ). The summary is not trained: the loss would be
smallest for one that says nothing. Learn it first, by `sf.Fisher`, `sf.InfoMax` or `sf.Flow`.
"""

from collections.abc import Callable
from typing import Any, ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PyTree

from ..core import Frozen
from ..networks import ConditionalFlow
from ..priors import AbstractPrior
from ..train import AbstractObjective, AbstractSource, flat_summary
from ._gaussian_start import gaussian_start, GaussianStart
from ._parameters import check_parameters, refuse_other_parameters, unconstrained_rows
from ._summaries import started_summary, summaries_of


class Likelihood(AbstractObjective):
    """The density of a fixed summary, given the parameters.

    **Arguments:**

    - `summary`: `x -> s` for one example: a trained one (`fit.objective.summary`) or a function, such as `lambda x: x`
      where the data are few numbers. It is not trained here.
    - `prior`: the prior of the simulations.
    - `kind`, `layers`, `knots`, `width`, `depth`: as in `sf.Flow`.
    """

    summary: Callable
    prior: Frozen
    start_at: GaussianStart | None
    flow: ConditionalFlow | None
    options: tuple[tuple[str, Any], ...] = eqx.field(static=True)
    monitor: ClassVar[str] = "loss"
    judge_start: ClassVar[bool] = True

    def __init__(
        self,
        summary: Callable,
        prior: AbstractPrior,
        *,
        kind: str = "autoregressive",
        layers: int = 5,
        knots: int = 8,
        width: int = 64,
        depth: int = 2,
    ):
        check_parameters(summary, prior, "sf.Likelihood")
        self.summary, self.prior, self.flow = _Fixed(Frozen(summary)), Frozen(prior), None
        self.start_at = None
        self.options = tuple({"kind": kind, "layers": layers, "knots": knots, "width": width, "depth": depth}.items())
        ConditionalFlow.checked(1, prior.dim, **dict(self.options))

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the parameters."""
        return tuple(self.prior.value.names)

    def start(self, rows: Any, *, names: tuple[str, ...], key: Array) -> "Likelihood":
        if self.flow is not None:
            refuse_other_parameters(self.prior.value, rows.theta, names)
            return self
        u = unconstrained_rows(self.prior.value, rows.theta, names)
        summary = _Fixed(Frozen(started_summary(self.summary.summary.value, rows.x, u)))
        s = summaries_of(summary, rows.x)
        if (s.std(axis=0) <= 1e-7 * abs(s).max(axis=0)).any():
            raise ValueError("a summary never varies, so it has no density; leave it out")
        both = np.concatenate([u, np.asarray(rows.theta, np.float64)], axis=1)
        flow = ConditionalFlow(both.shape[1], s.shape[1], **dict(self.options), key=key)
        where = lambda o: (o.summary, o.start_at, o.flow)  # noqa: E731
        return eqx.tree_at(where, self, (summary, gaussian_start(both, s), flow), is_leaf=_replaced)

    def finish(self, held_out: AbstractSource, *, key: Array) -> "Likelihood":
        return self

    def loss(self, batch: PyTree, *, key: Array, step: Array) -> tuple[Array, dict[str, Array]]:
        u = self.prior.value.to_unconstrained(batch.theta)
        s = jax.vmap(flat_summary(self.summary))(batch.x)
        return -jax.vmap(self._log_likelihood)(u, batch.theta, s).mean(), {}

    def log_likelihood(self, theta: Float[Array, " p"], s: Float[Array, " k"]) -> Float[Array, ""]:
        """log q(s | θ)."""
        return self._log_likelihood(self.prior.value.to_unconstrained(theta[None])[0], theta, s)

    def _log_likelihood(self, u: Array, theta: Array, s: Array) -> Array:
        if self.flow is None or self.start_at is None:
            raise ValueError("this likelihood has not been trained: pass it to sf.fit, and use fit.objective")
        both = jnp.concatenate([u, theta])
        z, log_det = self.start_at(both, s)
        return self.flow.log_prob(z, self.start_at.features(both)) + log_det


def _replaced(node: Any) -> bool:
    return node is None or isinstance(node, GaussianStart | _Fixed)


class _Fixed(eqx.Module):
    """A summary that is not trained."""

    summary: Frozen

    def __call__(self, x: PyTree) -> Array:
        return self.summary.value(x)
