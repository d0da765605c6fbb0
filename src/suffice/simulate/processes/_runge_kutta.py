"""Differential equations by Runge-Kutta of fourth order with fixed steps.

Hairer, Norsett & Wanner, Solving Ordinary Differential Equations I, table 1.2.
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float


def trajectory(
    slope: Callable[[Array], Array],
    start: Float[Array, " d"],
    *,
    times: int,
    every: float,
    steps: int,
    reach: float = 60.0,
) -> Float[Array, "times d"]:
    """The state at 0, `every`, 2 `every`, …, with `steps` steps in between; it is kept within ±`reach`."""
    step = every / steps

    def advance(state: Array, _: None) -> tuple[Array, None]:
        k1 = slope(state)
        k2 = slope(state + step / 2 * k1)
        k3 = slope(state + step / 2 * k2)
        k4 = slope(state + step * k3)
        return jnp.clip(state + step / 6 * (k1 + 2 * k2 + 2 * k3 + k4), -reach, reach), None

    def interval(state: Array, _: None) -> tuple[Array, Array]:
        return jax.lax.scan(advance, state, None, length=steps)[0], state

    return jax.lax.scan(interval, start, None, length=times)[1]
