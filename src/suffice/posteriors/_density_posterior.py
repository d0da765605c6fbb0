"""The posterior that a learned density is."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PyTree

from ..core import compiled_rows
from ..objectives import AbstractDensityObjective
from ..priors import AbstractPrior
from ._drawn import AbstractDrawn, DRAWS_MANY, DRAWS_ONE, keys_for, rounded
from ._of_objective import of_objective
from ._reweighted import under_prior
from ._weighted_draws import WeightedDraws

_CHUNK = 4096


class DensityPosterior(AbstractDrawn):
    """Exact draws and a normalised density, for one observation or several; its support is the prior's."""

    objective: AbstractDensityObjective
    prior: AbstractPrior
    context: Float[Array, "m k"]
    draws: WeightedDraws
    log_density: Float[np.ndarray, "m n"]
    single: bool = eqx.field(static=True)
    names: tuple[str, ...] = eqx.field(static=True)

    def draw_each(self, n: int, *, key: Array) -> Float[np.ndarray, "m n p"]:
        return drawn(self.objective, self.context, n, key)[0]

    def log_prob_each(self, theta: Float[np.ndarray, "m n p"]) -> Float[np.ndarray, "m n"]:
        return log_prob_of(self.objective, self.context, theta)


@of_objective.register
def _(
    objective: AbstractDensityObjective, prior: AbstractPrior, rows: PyTree, *, single: bool, key: Array
) -> AbstractDrawn:
    return under_prior(density_posterior(objective, rows, single=single, key=key), prior)


def density_posterior(
    objective: AbstractDensityObjective, rows: PyTree, *, single: bool, key: Array
) -> DensityPosterior:
    """For the observations `rows` (leading axis m), under the prior of the simulations."""
    context = compiled_rows(objective.summary, rows)
    theta, density = drawn(objective, context, DRAWS_ONE if single else DRAWS_MANY, key)
    return DensityPosterior(
        objective=objective,
        prior=objective.prior.value,
        context=context,
        draws=WeightedDraws(theta, np.zeros(density.shape)),
        log_density=density,
        single=single,
        names=objective.names,
    )


def drawn(objective: AbstractDensityObjective, context: Array, n: int, key: Array) -> tuple[np.ndarray, np.ndarray]:
    """Draws `(m, n, p)` and their log-densities `(m, n)`."""
    prior, m = objective.prior.value, len(context)
    size = rounded(n)
    u, density = _draw(objective, context, keys_for(m, size, key))
    u, density = u[:, :n].reshape(m * n, -1), np.asarray(density[:, :n], np.float64)
    theta = np.asarray(prior.from_unconstrained(u), np.float64).reshape(m, n, -1)
    return theta, density - _log_volume(prior, theta, u).reshape(m, n)


def log_prob_of(objective: AbstractDensityObjective, context: Array, theta: np.ndarray) -> np.ndarray:
    """Log-densities of points `(m, n, p)`."""
    prior, (m, n, p) = objective.prior.value, theta.shape
    flat = jnp.asarray(theta.reshape(-1, p), float)
    u = prior.to_unconstrained(flat)
    padded = jnp.pad(u.reshape(m, n, p), ((0, 0), (0, rounded(n) - n if n > 1 else 0), (0, 0)))
    density = np.asarray(_log_density(objective, context, padded), np.float64)[:, :n]
    inside = np.asarray(prior.contains(flat)).reshape(m, n)
    return np.where(inside, density - _log_volume(prior, theta, u).reshape(m, n), -np.inf)


def _log_volume(prior: AbstractPrior, theta: np.ndarray, u: Array) -> np.ndarray:
    """log |∂θ/∂u|, by which the prior's own density changes between the spaces."""
    flat = jnp.asarray(theta.reshape(-1, theta.shape[-1]), float)
    return np.asarray(prior.log_prob_unconstrained(u) - prior.log_prob(flat), np.float64)


@eqx.filter_jit
def _draw(objective: AbstractDensityObjective, context: Array, keys: Array) -> tuple[Array, Array]:
    def row(own: tuple[Array, Array]) -> tuple[Array, Array]:
        return jax.vmap(lambda key: objective.draw(own[0], key=key))(own[1])

    return jax.lax.map(row, (context, keys), batch_size=max(1, min(len(context), _CHUNK // keys.shape[1])))


@eqx.filter_jit
def _log_density(objective: AbstractDensityObjective, context: Array, u: Array) -> Array:
    def row(own: tuple[Array, Array]) -> Array:
        return jax.vmap(lambda one: objective.log_density(own[0], one))(own[1])

    return jax.lax.map(row, (context, u), batch_size=max(1, min(len(context), _CHUNK // u.shape[1])))
