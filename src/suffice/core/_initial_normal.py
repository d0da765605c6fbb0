"""Normal numbers that weights begin from, drawn by a program that is quick to compile."""

import functools
from collections.abc import Callable

import jax
from jax.core import Tracer
from jaxtyping import Array, Float

# A program that runs once, and another one for every shape: optimising it takes longer than running it.
_UNOPTIMISED = {"xla_backend_optimization_level": 0, "xla_llvm_disable_expensive_passes": True}


def initial_normal(key: Array, shape: tuple[int, ...], scale: float = 1.0) -> Float[Array, "..."]:
    """`scale * jax.random.normal(key, shape)`.

    >>> initial_normal(jax.random.key(0), (2, 3)).shape
    (2, 3)
    """
    return _drawn(key, shape, scale) if isinstance(key, Tracer) else _unoptimised()(key, shape, scale)


def _drawn(key: Array, shape: tuple[int, ...], scale: float | Array) -> Array:
    return scale * jax.random.normal(key, shape)


@functools.cache
def _unoptimised() -> Callable[[Array, tuple[int, ...], float], Array]:
    return jax.jit(_drawn, static_argnums=1, compiler_options=_UNOPTIMISED)
