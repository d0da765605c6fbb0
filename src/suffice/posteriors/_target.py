"""What a trained objective says of parameters, relative to the prior, for independent observations together.

log r(θ) = Σ_i log p(x_i | θ) + const = Σ_i [log p(θ | x_i) − log p(θ)] + const
"""

from functools import singledispatch
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from ..objectives import AbstractDensityObjective, Likelihood, Ratio
from ..train import Ensemble


class Target(eqx.Module):
    """`log r` of a parameter vector, given the summaries `(r, k)` of r observations; traced by JAX."""

    objective: Any

    def __call__(self, context: Float[Array, "r k"], theta: Float[Array, " p"]) -> Float[Array, ""]:
        return log_ratio(self.objective, context, theta)


@singledispatch
def log_ratio(objective: Any, context: Array, theta: Array) -> Array:
    """To let observations of another objective be taken together, register its log-ratio here."""
    raise TypeError(
        f"observations cannot be taken together by {type(objective).__name__}; train sf.Likelihood, sf.Flow, or "
        "sf.Ratio with marginals='joint'"
    )


@log_ratio.register
def _(objective: Likelihood, context: Array, theta: Array) -> Array:
    return jax.vmap(lambda s: objective.log_likelihood(theta, s))(context).sum()


@log_ratio.register
def _(objective: AbstractDensityObjective, context: Array, theta: Array) -> Array:
    prior = objective.prior.value
    u = prior.to_unconstrained(theta[None])
    each = jax.vmap(lambda s: objective.log_density(s, u[0]))(context)
    return (each - prior.log_prob_unconstrained(u)[0]).sum()


@log_ratio.register
def _(objective: Ratio, context: Array, theta: Array) -> Array:
    if objective.groups != (tuple(range(len(objective.names))),):
        raise ValueError("independent observations multiply in the joint ratio: train sf.Ratio(..., 'joint')")
    head = objective.trained.one(0)
    return jax.vmap(lambda s: head.pair(head.about(s), theta))(context).sum()


@log_ratio.register
def _(objective: Ensemble, context: Array, theta: Array) -> Array:
    """The mean over members of what each says of all observations."""
    sizes = [len(part) for part in _parts(objective, context[0])]
    places = jnp.cumsum(jnp.asarray([0, *sizes]))[:-1]
    found = []
    for member, size, place in zip(objective.members, sizes, places):
        own = jax.lax.dynamic_slice_in_dim(context, place, size, axis=1)
        found.append(log_ratio(member, own, theta))
    return jax.nn.logsumexp(jnp.stack(found)) - jnp.log(len(found))


def _parts(objective: Ensemble, context: Array) -> list[Array]:
    return jnp.split(context, len(objective.members))
