"""Whether JAX can trace a simulator, which decides where it runs."""

import warnings
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.extend.core import ClosedJaxpr, Var
from jaxtyping import PyTree


class Tracing(NamedTuple):
    """The shapes of one `x` when the simulator can be traced; else `None`, and why not."""

    example: PyTree
    reason: str


def try_tracing(simulator: Callable, p: int) -> Tracing:
    """Trace `simulator(key, theta)` and judge what comes out.

    It counts as a JAX simulator when tracing succeeds, its result depends on the key or on theta, and a
    second tracing gives the same constants. A function that draws from `numpy.random` can be traced too, but
    its noise would be frozen into the compiled program; the last two conditions catch that.
    """
    key, theta = jax.random.key(0), jax.ShapeDtypeStruct((p,), jnp.zeros(()).dtype)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            # A new function each time, for JAX remembers what it has traced.
            one, example = jax.make_jaxpr(lambda k, t: simulator(k, t), return_shape=True)(key, theta)
            two = jax.make_jaxpr(lambda k, t: simulator(k, t))(key, theta)
    except Exception as error:
        first = str(error).strip().splitlines()[0][:200] if str(error).strip() else ""
        return Tracing(None, f"{type(error).__name__}: {first}")
    if not _depends_on_input(one):
        return Tracing(None, "its result depends on neither key nor theta when traced")
    if not _same_constants(one, two):
        return Tracing(None, "it makes other constants each time it is traced, as NumPy's random numbers do")
    return Tracing(_checked(example), "")


def _depends_on_input(closed: ClosedJaxpr) -> bool:
    reached: set[Any] = set(closed.jaxpr.invars)
    for equation in closed.jaxpr.eqns:
        if any(isinstance(v, Var) and v in reached for v in equation.invars):
            reached.update(equation.outvars)
    return any(isinstance(v, Var) and v in reached for v in closed.jaxpr.outvars)


def _same_constants(one: ClosedJaxpr, two: ClosedJaxpr) -> bool:
    if str(one.jaxpr) != str(two.jaxpr) or len(one.consts) != len(two.consts):
        return False
    return all(np.array_equal(a, b, equal_nan=True) for a, b in zip(map(_plain, one.consts), map(_plain, two.consts)))


def _plain(constant: Any) -> np.ndarray:
    if isinstance(constant, jax.Array) and jnp.issubdtype(constant.dtype, jax.dtypes.prng_key):
        constant = jax.random.key_data(constant)
    return np.asarray(constant)


def _checked(example: Any) -> Any:
    """`TypeError` unless it is one array, or a dict of arrays."""
    leaves = list(example.values()) if isinstance(example, dict) else [example]
    for leaf in leaves:
        if not isinstance(leaf, jax.ShapeDtypeStruct) or jnp.issubdtype(leaf.dtype, jax.dtypes.extended):
            raise TypeError(
                "the simulator must return one array of numbers or a dict of named arrays, but it returned "
                f"{jax.tree.map(lambda part: getattr(part, 'shape', type(part).__name__), example)}"
            )
    return example
