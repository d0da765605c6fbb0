"""Gradient-based sampling of a density on the unconstrained space: blackjax's NUTS, several chains.

Hoffman & Gelman 2014; window adaptation of step size and mass matrix as in Stan.
"""

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ..core import as_key, KeyLike, warn

_DOUBLINGS = 8  # a trajectory of at most 256 steps: a density that needs more of them would take hours


@eqx.filter_jit
def _chains(log_density: Callable, starts: Array, keys: Array, warmup: int, draws: int) -> tuple[Array, Array]:
    import blackjax

    def chain(start: Array, key: Array) -> tuple[Array, Array]:
        for_warmup, for_draws = jax.random.split(key)
        adapt: Any = blackjax.window_adaptation(blackjax.nuts, log_density, max_num_doublings=_DOUBLINGS)
        (state, parameters), _ = adapt.run(for_warmup, start, warmup)
        kernel: Any = blackjax.nuts(log_density, **(parameters | {"max_num_doublings": _DOUBLINGS}))

        def step(state: Any, key: Array) -> tuple[Any, tuple[Array, Array]]:
            state, info = kernel.step(key, state)
            return state, (state.position, info.is_divergent)

        _, (positions, divergent) = jax.lax.scan(step, state, jax.random.split(for_draws, draws))
        return positions, divergent.mean()

    return jax.vmap(chain)(starts, keys)


def split_r_hat(chains: Float[np.ndarray, "c n p"]) -> np.ndarray:
    """Split-R̂ of each parameter (Gelman et al. 2013): one, when the chains agree."""
    half = chains.shape[1] // 2
    parts = np.concatenate([chains[:, :half], chains[:, half : 2 * half]])
    within = parts.var(axis=1, ddof=1).mean(axis=0)
    between = half * parts.mean(axis=1).var(axis=0, ddof=1)
    return np.sqrt((half - 1) / half + between / (half * np.maximum(within, 1e-300)))


def nuts(
    log_density: Callable, starts: Float[Array, "c p"], n: int, *, key: KeyLike, warmup: int = 400
) -> Float[np.ndarray, "n p"]:
    """`n` draws from chains started at `starts`, thinned to come from all of them alike.

    **Warns** when the chains disagree (split-R̂ above 1.05) or diverge.
    """
    import blackjax  # noqa: F401  # it computes when it is imported: here, neither at start nor while tracing

    chains = len(starts)
    draws = max(100, -(-n // chains))
    keys = jax.random.split(as_key(key), chains)
    positions, divergent = _chains(log_density, jnp.asarray(starts), keys, warmup, draws)
    positions = np.asarray(positions)
    worst = float(np.nanmax(split_r_hat(positions)))
    if worst > 1.05 or float(divergent.mean()) > 0.02:
        warn(
            f"the Markov chains may not have converged (split-R̂ {worst:.2f}, {float(divergent.mean()):.1%} divergent); "
            "draw more, or narrow the prior first with sf.truncate",
        )
    return positions.transpose(1, 0, 2).reshape(-1, positions.shape[-1])[:n]
