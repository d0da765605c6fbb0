"""The posterior that a learned density is."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PyTree

from ..core import compiled_rows, in_pieces
from ..objectives import AbstractDensityObjective
from ..priors import AbstractPrior
from ._drawn import AbstractDrawn, DRAWS_MANY, DRAWS_ONE
from ._of_objective import of_objective
from ._reweighted import under_prior
from ._weighted_draws import WeightedDraws


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
    """Draws `(m, n, p)` and their log-densities `(m, n)`; the first of them are the same however many are asked for."""
    s, m = np.asarray(context), len(context)

    def some(rows: np.ndarray) -> tuple[Array, ...]:
        owner = rows // n
        return _draw(objective, jnp.asarray(s[owner]), jnp.asarray(owner), jnp.asarray(rows % n), key)

    found = in_pieces(some, m * n)
    theta, density, volume = (np.asarray(part, np.float64) for part in found)
    return theta.reshape(m, n, -1), (density - volume).reshape(m, n)


def log_prob_of(objective: AbstractDensityObjective, context: Array, theta: np.ndarray) -> np.ndarray:
    """Log-densities of points `(m, n, p)`."""
    s, (m, n, p) = np.asarray(context), theta.shape
    flat = theta.reshape(-1, p)

    def some(rows: np.ndarray) -> tuple[Array, ...]:
        return _log_density(objective, jnp.asarray(s[rows // n]), jnp.asarray(flat[rows], float))

    density, volume, inside = in_pieces(some, m * n)
    found = density.astype(np.float64) - volume.astype(np.float64)
    return np.where(inside, found, -np.inf).reshape(m, n)


@eqx.filter_jit
def _draw(objective: AbstractDensityObjective, s: Array, owner: Array, index: Array, key: Array) -> tuple[Array, ...]:
    def one(s: Array, owner: Array, index: Array) -> tuple[Array, Array]:
        return objective.draw(s, key=jax.random.fold_in(jax.random.fold_in(key, owner), index))

    u, density = jax.vmap(one)(s, owner, index)
    theta = objective.prior.value.from_unconstrained(u)
    return theta, density, _log_volume(objective.prior.value, theta, u)


@eqx.filter_jit
def _log_density(objective: AbstractDensityObjective, s: Array, theta: Array) -> tuple[Array, Array, Array]:
    prior = objective.prior.value
    u = prior.to_unconstrained(theta)
    return jax.vmap(objective.log_density)(s, u), _log_volume(prior, theta, u), prior.contains(theta)


def _log_volume(prior: AbstractPrior, theta: Array, u: Array) -> Array:
    """log |∂θ/∂u|, by which the prior's own density changes between the spaces."""
    return prior.log_prob_unconstrained(u) - prior.log_prob(theta)
