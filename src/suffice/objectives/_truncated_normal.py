"""A normal distribution that is cut off at the ends of an interval, and the map that makes it a whole one.

    z = Φ⁻¹[(Φ(y) − Φ(a)) / (Φ(b) − Φ(a))],   log dz/dy = log φ(y) − log(Φ(b) − Φ(a)) − log φ(z),   a < y < b

All of it in logarithms of the smaller tail, so that single precision is enough. Beyond eight standard deviations, where
a distribution with heavier tails still has some of its mass, the map goes on as a straight line. An interval that lies
further out than six is taken as if it began there.
"""

from typing import Any

import jax
import jax.numpy as jnp
from jax.scipy.stats import norm
from jaxtyping import Array, Float

from ._normal_tails import log_cdf, quantile_of_log

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
    z, low, high = jnp.broadcast_arrays(z, low, high)
    of_low, of_z, of_high, of_minus_z = log_cdf(jnp.stack([low, z, -high, -z]))
    whole = log_mass(low, high)
    below, above = jnp.logaddexp(of_low, of_z + whole), jnp.logaddexp(of_high, of_minus_z + whole)
    y = jnp.where(below < above, 1.0, -1.0) * quantile_of_log(jnp.maximum(jnp.minimum(below, above), _SMALLEST))
    ends = jnp.stack([jnp.full_like(z, -_REACH), jnp.full_like(z, _REACH)])
    reached, slope = _straight_on(jnp.clip(ends, low, high), *jnp.broadcast_arrays(low, high, ends)[:2])
    beyond = (jnp.sign(ends) * (z - reached) > 0) & (low < ends) & (ends < high)
    on = ends + (z - reached) * jnp.exp(-slope)
    y = jnp.where(beyond[0], on[0], jnp.where(beyond[1], on[1], y))
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
    far, near = log_cdf(jnp.stack([jnp.where(narrow, high - 1.0, low), high]))
    return jnp.where(narrow, midpoint, near + jnp.log1p(-jnp.exp(far - near)))


@jax.custom_jvp
def _straight_on(y: Float[Array, "..."], low: Ends, high: Ends) -> tuple[Float[Array, "..."], Float[Array, "..."]]:
    inside = jnp.clip(y, -_REACH, _REACH)
    z, slope, _, _ = _inside(inside, low, high)
    return z + (y - inside) * jnp.exp(slope), slope


@_straight_on.defjvp
def _of_straight_on(at: tuple[Array, ...], along: tuple[Array, ...]) -> tuple[Any, Any]:
    """By hand, since what XLA makes of the derivatives of all branches takes seconds to compile."""
    (y, low, high), (dy, dlow, dhigh) = at, along
    inside = jnp.clip(y, -_REACH, _REACH)
    z, slope, below, above = _inside(inside, low, high)
    rate, dinside = jnp.exp(slope), jnp.where(inside == y, dy, 0.0)
    whole, unit = log_mass(low, high), norm.logpdf(z)
    at_low, at_high = (jnp.maximum(norm.logpdf(end), 10 * _SMALLEST) - whole for end in (low, high))
    dz = rate * dinside - _exp(at_low + above - unit) * dlow - _exp(at_high + below - unit) * dhigh
    dslope = z * dz - inside * dinside + _exp(at_low) * dlow - _exp(at_high) * dhigh
    return (z + (y - inside) * rate, slope), (dz + (dy - dinside) * rate + (y - inside) * rate * dslope, dslope)


def _inside(y: Float[Array, "..."], low: Ends, high: Ends) -> tuple[Array, Array, Array, Array]:
    """z, log dz/dy, and log of the shares below and above y."""
    y, low, high = jnp.broadcast_arrays(y, low, high)
    # All in one, which is a third to compile.
    whole, below, above = log_mass(jnp.stack([low, low, y]), jnp.stack([high, y, high]))
    below, above = below - whole, above - whole
    smaller = jnp.clip(jnp.minimum(below, above), _SMALLEST, jnp.log(0.5))
    z = jnp.where(below < above, 1.0, -1.0) * quantile_of_log(smaller)
    return z, norm.logpdf(y) - whole - norm.logpdf(z), below, above


def _exp(x: Array) -> Array:
    return jnp.exp(jnp.minimum(x, -_SMALLEST))


def _within_reach(low: Ends, high: Ends) -> tuple[Array, Array, Array]:
    shift = jnp.maximum(low - _OUTSIDE, 0.0) - jnp.maximum(-_OUTSIDE - high, 0.0)
    return shift, jnp.maximum(low - shift, -_ENDLESS), jnp.minimum(high - shift, _ENDLESS)
