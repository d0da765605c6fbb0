"""Regression of the parameters: summaries from which the posterior mean can be read off.

    θ̂(x) = A s(x) + b,      L = E |(θ − θ̂) / ρ|² / p      or      L = log det E[(θ − θ̂)(θ − θ̂)ᵀ] / p

Both are smallest for θ̂ = E[θ | x], the posterior mean (Bishop 2006, section 1.5.5; the second since no estimate has a
smaller covariance of the error in any direction). A mean is not all that data can say: what only makes a posterior
narrow or skew need not be kept.

A, b and ρ begin at the least-squares line through the summaries and the spread that it leaves: each parameter then
counts in units of what is still to be explained, however narrow its posterior is.
"""

from collections.abc import Callable
from typing import Any, ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PyTree

from ..networks import Dense
from ..train import AbstractObjective, AbstractSource, flat_summary
from ._residual import Residual
from ._summaries import check_summary, started_summary, summaries_of

LOSSES = ("mse", "log-det")


class Regression(AbstractObjective):
    """A summary from which all parameters can be estimated, by a linear map that is learned with it.

    **Arguments:**

    - `summary`: `x -> s` for one example, of any number of summaries.
    - `loss`: `"mse"`, the mean square error of each parameter in units of what the best line through the first
      summaries leaves; or `"log-det"`, the log-determinant of the covariance of the errors, over p, which does not
      depend on units and counts what parameters have in common once.

    **History:** `rmse/name`, the root of the mean square error of each parameter, in its own unit.

    >>> from suffice import networks
    >>> Regression(networks.MLP(100, 3, key=0), "log-det").loss_name
    'log-det'
    """

    summary: Callable
    residual: Residual | None
    line: Dense | None
    loss_name: str = eqx.field(static=True)
    names: tuple[str, ...] = eqx.field(static=True)
    monitor: ClassVar[str] = "loss"

    def __init__(self, summary: Callable, loss: str = "mse"):
        check_summary(summary)
        if loss not in LOSSES:
            raise ValueError(f"loss must be one of {', '.join(LOSSES)}, but {loss!r} came")
        self.summary, self.residual, self.line = summary, None, None
        self.loss_name, self.names = loss, ()

    def start(self, rows: Any, *, names: tuple[str, ...], key: Array) -> "Regression":
        if self.residual is not None:
            return self
        theta = np.asarray(rows.theta, np.float64)
        summary = started_summary(self.summary, rows.x, theta)
        s = summaries_of(summary, rows.x)
        residual = Residual.of(s, theta)
        line = Dense(s.shape[1], theta.shape[1], key=key, scale=0.0)
        where = lambda r: (r.summary, r.residual, r.line)  # noqa: E731
        started = eqx.tree_at(where, self, (summary, residual, line), is_leaf=lambda node: node is None)
        object.__setattr__(started, "names", tuple(names))
        return started

    def loss(self, batch: PyTree, *, key: Array, step: Array) -> tuple[Array, dict[str, Array]]:
        left = jax.vmap(self._left)(batch.x, batch.theta)
        covariance = left.T @ left / len(left)
        squares = jnp.diag(covariance)
        unit = self._started.parts.value[4]
        numbers = {f"rmse/{name}": jnp.sqrt(v) * u for name, v, u in zip(self.names, squares, unit)}
        if self.loss_name == "mse":
            return squares.mean(), numbers
        p = len(squares)
        return jnp.linalg.slogdet(covariance + 1e-6 * jnp.eye(p, dtype=covariance.dtype))[1] / p, numbers

    def finish(self, held_out: AbstractSource, *, key: Array) -> "Regression":
        return self

    def estimate(self, x: PyTree) -> Float[Array, " p"]:
        """θ̂ of one `x`: the posterior mean, as far as it was learned.

        **Raises** `ValueError` before a fit.
        """
        parts = self._started.parts.value
        z, change = self._summarised(x)
        return z @ parts[2] + parts[3] + parts[4] * change

    def _left(self, x: PyTree, theta: Float[Array, " p"]) -> Float[Array, " p"]:
        z, change = self._summarised(x)
        return self._started.parameters(z, theta) - change

    def _summarised(self, x: PyTree) -> tuple[Array, Array]:
        """Standardised summaries, and what training added to the line, in units of ρ."""
        z = self._started.summary(flat_summary(self.summary)(x))
        assert self.line is not None
        return z, self.line(z)

    @property
    def _started(self) -> Residual:
        if self.residual is None:
            raise ValueError("this regression has not been trained: pass it to sf.fit, and use fit.objective")
        return self.residual
