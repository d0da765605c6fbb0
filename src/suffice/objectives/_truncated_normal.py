"""A normal distribution that is cut off at the ends of an interval, and the map that makes it a whole one.

    z = Φ⁻¹[(Φ(y) − Φ(a)) / (Φ(b) − Φ(a))],   log dz/dy = log φ(y) − log(Φ(b) − Φ(a)) − log φ(z),   a < y < b

All of it in logarithms of the smaller tail, so that single precision is enough. Beyond eight standard deviations, where
a distribution with heavier tails still has some of its mass, the map goes on as a straight line. An interval that lies
further out than six is taken as if it began there.
"""

import jax.numpy as jnp
from jax.scipy.special import log_ndtr, ndtri
from jax.scipy.stats import norm
from jaxtyping import Array, Float

_REACH, _OUTSIDE, _ENDLESS = 8.0, 6.0, 12.0
_SMALLEST = -80.0

Ends = Float[Array, "..."]


def to_normal(y: Float[Array, "..."], low: Ends, high: Ends) -> tuple[Float[Array, "..."], Float[Array, "..."]]:
    """z and log dz/dy; `low < y < high`, each of which may be infinite."""
    shift, low, high = _within_reach(low, high)
    return _straight_on(y - shift, low, high)


def from_normal(z: Float[Array, "..."], low: Ends, high: Ends) -> Float[Array, "..."]:
    """The inverse of `to_normal`: y."""
    shift, low, high = _within_reach(low, high)
    whole = log_mass(low, high)
    below = jnp.logaddexp(log_ndtr(low), log_ndtr(z) + whole)
    above = jnp.logaddexp(log_ndtr(-high), log_ndtr(-z) + whole)
    y = jnp.where(below < above, 1.0, -1.0) * ndtri(jnp.exp(jnp.maximum(jnp.minimum(below, above), _SMALLEST)))
    for end in (-_REACH, _REACH):
        reached, slope = _straight_on(jnp.clip(end, low, high), low, high)
        beyond = (jnp.sign(end) * (z - reached) > 0) & (low < end) & (end < high)
        y = jnp.where(beyond, end + (z - reached) * jnp.exp(-slope), y)
    return y + shift


def log_mass(low: Ends, high: Ends) -> Float[Array, "..."]:
    """log(Φ(high) − Φ(low)), of narrow intervals and in both tails."""
    upper = low + high > 0
    low, high = jnp.where(upper, -high, low), jnp.where(upper, -low, high)
    width, middle = jnp.maximum(high - low, 1e-30), 0.5 * (low + high)
    narrow = width * jnp.maximum(1.0, jnp.abs(middle)) < 0.1
    # Each branch is given numbers that it can differentiate, also where the other one is taken.
    few = jnp.where(narrow, width, 0.1)
    midpoint = norm.logpdf(middle) + jnp.log(few) + jnp.log1p(few**2 * (middle**2 - 1) / 24)
    far = jnp.where(narrow, high - 1.0, low)
    near = log_ndtr(high)
    return jnp.where(narrow, midpoint, near + jnp.log1p(-jnp.exp(log_ndtr(far) - near)))


def _straight_on(y: Float[Array, "..."], low: Ends, high: Ends) -> tuple[Float[Array, "..."], Float[Array, "..."]]:
    inside = jnp.clip(y, -_REACH, _REACH)
    whole = log_mass(low, high)
    below, above = log_mass(low, inside) - whole, log_mass(inside, high) - whole
    smaller = jnp.clip(jnp.minimum(below, above), _SMALLEST, jnp.log(0.5))
    z = jnp.where(below < above, 1.0, -1.0) * ndtri(jnp.exp(smaller))
    slope = norm.logpdf(inside) - whole - norm.logpdf(z)
    return z + (y - inside) * jnp.exp(slope), slope


def _within_reach(low: Ends, high: Ends) -> tuple[Array, Array, Array]:
    shift = jnp.maximum(low - _OUTSIDE, 0.0) - jnp.maximum(-_OUTSIDE - high, 0.0)
    return shift, jnp.maximum(low - shift, -_ENDLESS), jnp.minimum(high - shift, _ENDLESS)
