"""Regression of the parameters: summaries from which the posterior mean can be read off.

    θ̂(x) = A s(x) + b,      e = (θ − θ̂) / ρ,      L = E |e|² / p,      log det E[e eᵀ] / p      or
    E Σ_j (e_j² / 2 σ_j²(s) + log σ_j(s)) / p

All are smallest for θ̂ = E[θ | x], the posterior mean (Bishop 2006, section 1.5.5; the second since no estimate has a
smaller covariance of the error in any direction; the third for any σ). A mean is not all that data can say: what only
makes a posterior narrow or skew need not be kept.

The third is weighted least squares with weights that are learned. Where posteriors are much narrower in one place than
in another, equal weights leave what narrow ones could tell to chance. σ follows the summaries, which learn nothing for
its sake; and they are moved by e² / σ in place of e² / σ², which lets the few best known rows decide too much (Seitzer
et al. 2022, arXiv:2203.09168, with their β = 1/2).

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

from ..networks import Dense, Stack
from ..train import AbstractObjective, AbstractSource, flat_summary
from ._residual import Residual
from ._summaries import check_summary, started_summary, summaries_of

LOSSES = ("mse", "log-det", "weighted")
_LEAST = 1e-6  # variance in units of ρ²: a smaller one is no longer told from none


class Regression(AbstractObjective):
    """A summary from which all parameters can be estimated, by a linear map that is learned with it.

    **Arguments:**

    - `summary`: `x -> s` for one example, of any number of summaries.
    - `loss`: `"mse"`, the mean square error of each parameter in units of what the best line through the first
      summaries leaves; `"log-det"`, the log-determinant of the covariance of the errors, over p, which does not
      depend on units and counts what parameters have in common once; or `"weighted"`, square errors weighted by how
      well a parameter is known there, which a small network reads off the summaries (its value is the negative normal
      log-likelihood of the errors): for parameters known much better in some places than in others, and simulations
      enough to learn that, tens of thousands.

    **History:** `rmse/name`, the root of the mean square error of each parameter, in its own unit.

    >>> from suffice import networks
    >>> Regression(networks.MLP(100, 3, key=0), "log-det").loss_name
    'log-det'
    """

    summary: Callable
    residual: Residual | None
    line: Dense | None
    log_spread: Stack | None
    loss_name: str = eqx.field(static=True)
    names: tuple[str, ...] = eqx.field(static=True)
    monitor: ClassVar[str] = "loss"

    def __init__(self, summary: Callable, loss: str = "mse"):
        check_summary(summary)
        if loss not in LOSSES:
            raise ValueError(f"loss must be one of {', '.join(LOSSES)}, but {loss!r} came")
        self.summary, self.residual, self.line, self.log_spread = summary, None, None, None
        self.loss_name, self.names = loss, ()

    def start(self, rows: Any, *, names: tuple[str, ...], key: Array) -> "Regression":
        if self.residual is not None:
            return self
        theta = np.asarray(rows.theta, np.float64)
        summary = started_summary(self.summary, rows.x, theta)
        s = summaries_of(summary, rows.x)
        residual = Residual.of(s, theta)
        sizes = (s.shape[1], theta.shape[1])
        line = Dense(*sizes, key=key, scale=0.0)
        spread = Stack(*sizes, width=32, depth=1, last=0.0, key=key) if self.loss_name == "weighted" else None
        where = lambda r: (r.summary, r.residual, r.line, r.log_spread)  # noqa: E731
        started = eqx.tree_at(where, self, (summary, residual, line, spread), is_leaf=lambda node: node is None)
        object.__setattr__(started, "names", tuple(names))
        return started

    def loss(self, batch: PyTree, *, key: Array, step: Array) -> tuple[Array, dict[str, Array]]:
        z, left = jax.vmap(self._left)(batch.x, batch.theta)
        covariance = left.T @ left / len(left)
        squares = jnp.diag(covariance)
        unit = self._started.parts.value[4]
        numbers = {f"rmse/{name}": jnp.sqrt(v) * u for name, v, u in zip(self.names, squares, unit)}
        if self.loss_name == "mse":
            return squares.mean(), numbers
        if self.loss_name == "weighted":
            return self._weighted(jax.lax.stop_gradient(z), left), numbers
        p = len(squares)
        return jnp.linalg.slogdet(covariance + _LEAST * jnp.eye(p, dtype=covariance.dtype))[1] / p, numbers

    def finish(self, held_out: AbstractSource, *, key: Array) -> "Regression":
        return self

    def estimate(self, x: PyTree) -> Float[Array, " p"]:
        """θ̂ of one `x`: the posterior mean, as far as it was learned.

        **Raises** `ValueError` before a fit.
        """
        parts = self._started.parts.value
        z, change = self._summarised(x)
        return z @ parts[2] + parts[3] + parts[4] * change

    def _weighted(self, z: Float[Array, "n k"], left: Float[Array, "n p"]) -> Float[Array, ""]:
        assert self.log_spread is not None
        variance = jnp.exp(2 * jax.vmap(self.log_spread)(z)) + _LEAST
        stop = jax.lax.stop_gradient
        move = left**2 / jnp.sqrt(stop(variance))
        # The value is that of the likelihood; what moves the summaries is the gradient of `move`.
        return 0.5 * (stop(left) ** 2 / variance + jnp.log(variance) + move - stop(move)).mean()

    def _left(self, x: PyTree, theta: Float[Array, " p"]) -> tuple[Array, Float[Array, " p"]]:
        z, change = self._summarised(x)
        return z, self._started.parameters(z, theta) - change

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
