"""A stochastic summary: p(z | x) = N(s̃(x), σ(s̃)²), s̃ a summary of the data, standardised."""

import math
from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PyTree

from ..core import Frozen
from ..networks import Dense, moments
from ..train import flat_summary
from ._summaries import check_summary, started_summary, summaries_of

_SHARE = 0.3


class Code(eqx.Module):
    """Called, it gives the mean of the code of one example; `draw` gives a code and its log-density.

    Its noise starts at 0.3 of what the parameters leave of the summary unexplained, so that little is lost at first.
    """

    summary: Callable
    scale: Frozen | None = None
    spread: Dense | None = None

    def __check_init__(self):
        check_summary(self.summary)

    def started(self, x: PyTree, target: Float[np.ndarray, "n p"], *, key: Array) -> "Code":
        """From training rows of the data and of what the code is to tell."""
        if self.scale is not None:
            return self
        summary = started_summary(self.summary, x, target)
        s = summaries_of(summary, x)
        centre, scale = moments(s, (s.shape[1],))
        z = (s - centre) / scale
        design = np.concatenate([target - target.mean(axis=0), np.ones((len(z), 1))], axis=1)
        left = (z - design @ np.linalg.lstsq(design, z, rcond=None)[0]).std(axis=0)
        spread = Dense(s.shape[1], s.shape[1], key=key, scale=0.0)
        bias = jnp.asarray(np.log(_SHARE * np.clip(left, 1e-3, 1.0)), float)
        spread = eqx.tree_at(lambda layer: layer.bias, spread, bias)
        return Code(summary, Frozen((jnp.asarray(centre, float), jnp.asarray(scale, float))), spread)

    def __call__(self, x: PyTree) -> Float[Array, " k"]:
        s = flat_summary(self.summary)(x)
        if self.scale is None:
            return s
        centre, scale = self.scale.value
        return (s - centre) / scale

    def distribution(self, x: PyTree) -> tuple[Float[Array, " k"], Float[Array, " k"]]:
        """Mean and log of the standard deviation of the code of one example."""
        if self.spread is None:
            raise ValueError("this code has not been started: pass its objective to sf.fit, and use fit.objective")
        mean = self(x)
        return mean, self.spread(mean)

    def draw(self, x: PyTree, *, key: Array) -> tuple[Float[Array, " k"], Float[Array, ""]]:
        """A code z of one example, and log p(z | x)."""
        mean, log_std = self.distribution(x)
        noise = jax.random.normal(key, mean.shape)
        return mean + jnp.exp(log_std) * noise, log_normal(noise).sum() - log_std.sum()

    def draws(self, x: PyTree, *, key: Array) -> tuple[Float[Array, "n k"], Float[Array, " n"]]:
        """One code of each row of `x`, and their log-densities."""
        n = len(jax.tree.leaves(x)[0])
        return jax.vmap(lambda one, own: self.draw(one, key=own))(x, jax.random.split(key, n))


def log_normal(standardised: Array) -> Array:
    """log of the density of the standard normal."""
    return -0.5 * standardised**2 - 0.5 * math.log(2 * math.pi)


def started_codes(code: Code, rows: Any, *, key: Array) -> tuple[Code, np.ndarray, np.ndarray]:
    """The code started from rows of simulations, draws of it, and the parameters."""
    theta = np.asarray(rows.theta, np.float64)
    code = code.started(rows.x, theta, key=key)
    z = eqx.filter_jit(lambda code, x, key: code.draws(x, key=key)[0])(code, rows.x, key)
    return code, np.asarray(z, np.float64), theta
