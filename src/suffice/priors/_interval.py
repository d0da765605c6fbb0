"""Maps between an interval and the real line, one parameter at a time.

The normal quantile of the share of the width for two ends, log of the distance for one, the identity for none. A
parameter that is uniform, log-normal or normal in the prior is then normal there, and what is learned or sampled on
the real line has tails that end as a density on an interval does.
"""

import jax
import jax.numpy as jnp
from jax.scipy.special import ndtr
from jaxtyping import Array, Float

from ..core import normal_quantile

# An open interval: the closest a parameter comes to an end, as a share of the width.
_EDGE = 1e-6

Ends = Float[Array, " p"]


def to_real(theta: Float[Array, "n p"], low: Ends, high: Ends) -> Float[Array, "n p"]:
    """Map `low < theta < high` to the real line."""
    two, lower, upper, low_, high_ = _kinds(low, high)
    share = jnp.clip((theta - low_) / jnp.where(two, high_ - low_, 1.0), _EDGE, 1 - _EDGE)
    above, below = jnp.maximum(theta - low_, 1e-30), jnp.maximum(high_ - theta, 1e-30)
    one_sided = jnp.where(lower, jnp.log(above), jnp.where(upper, -jnp.log(below), theta))
    return jnp.where(two, normal_quantile(share), one_sided)


def from_real(u: Float[Array, "n p"], low: Ends, high: Ends) -> Float[Array, "n p"]:
    """The inverse of `to_real`."""
    two, lower, upper, low_, high_ = _kinds(low, high)
    one_sided = jnp.where(lower, low_ + jnp.exp(u), jnp.where(upper, high_ - jnp.exp(-u), u))
    return jnp.where(two, low_ + (high_ - low_) * ndtr(u), one_sided)


def log_jacobian(u: Float[Array, "n p"], low: Ends, high: Ends) -> Float[Array, "n p"]:
    """log |∂theta/∂u| of `from_real`."""
    two, lower, upper, low_, high_ = _kinds(low, high)
    one_sided = jnp.where(lower, u, jnp.where(upper, -u, 0.0))
    width = jnp.where(two, high_ - low_, 1.0)
    return jnp.where(two, jnp.log(width) + jax.scipy.stats.norm.logpdf(u), one_sided)


def _kinds(low: Ends, high: Ends) -> tuple[Array, Array, Array, Array, Array]:
    lower, upper = jnp.isfinite(low), jnp.isfinite(high)
    return (
        lower & upper,
        lower & ~upper,
        upper & ~lower,
        jnp.where(lower, low, 0.0),
        jnp.where(upper, high, 0.0),
    )
