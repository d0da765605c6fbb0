"""Events separated by waiting times of a power law, seen once a unit of time.

    P(τ > t) = t^(-a),    t ≥ 1;    τ = u^(-1/a),  u uniform in (0, 1]

At most one event falls into each unit, so n units see at most n events.
"""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int


def waiting_times(key: Array, exponent: Array | float, n: int, longest: float) -> Float[Array, " n"]:
    """`n` waiting times, none longer than `longest`, beyond which it makes no difference."""
    u = jax.random.uniform(key, (n,), minval=1e-30)
    return jnp.exp(jnp.minimum(-jnp.log(u) / exponent, jnp.log(longest)))


def events_before(times: Float[Array, " n"], moments: Float[Array, " m"]) -> Int[Array, " m"]:
    """How many events, one after each of the waiting times, have come at each moment."""
    return jnp.searchsorted(jnp.cumsum(times), moments, side="right")
