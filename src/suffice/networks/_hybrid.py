"""Summaries that are there already, and learned ones beside them: what does the network add to my power spectrum?"""

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PyTree

from ..core import Frozen, kind_of
from ._data_dependent import AbstractDataDependent, altered, record, start_from_data
from ._linear_start import ridge
from ._standardise import moments


class Hybrid(AbstractDataDependent):
    """`s = (existing(x), learned(x))`, for the summary of any objective; no training touches the existing ones.

    The learned ones start at what the existing ones lack: at the regression, on the data, of what the regression of the
    parameters on the existing summaries leaves. Every objective that sees both then trains them for the rest.

    **Arguments:**

    - `existing`: `x -> t` for one example, a function or a (trained) network, that JAX can trace.
    - `learned`: a network `x -> s`.

    >>> from ._mlp import MLP
    >>> Hybrid(lambda x: x[:2] ** 2, MLP(5, 1, key=0))(jnp.ones(5)).shape
    (3,)
    """

    existing: Frozen
    learned: Callable
    fitted: bool = eqx.field(static=True)
    slot: int = eqx.field(static=True)

    def __init__(self, existing: Callable, learned: Callable):
        for name, part in (("existing", existing), ("learned", learned)):
            if not callable(part) or isinstance(part, type):
                came = f"the class {part.__name__}" if isinstance(part, type) else kind_of(part)
                raise TypeError(f"{name} must be a network or a function x -> s, but {came} came")
        self.existing, self.learned, self.fitted, self.slot = Frozen(existing), learned, False, -1

    def __call__(self, x: PyTree) -> Float[Array, " k"]:
        record(self.slot, x)
        return jnp.concatenate([self.known(x), jnp.ravel(jnp.asarray(self.learned(x)))])

    def known(self, x: PyTree) -> Float[Array, " t"]:
        """The existing summaries."""
        return jax.lax.stop_gradient(jnp.ravel(jnp.asarray(self.existing.value(x))))

    def fit(self, inputs: PyTree, theta: np.ndarray | None) -> "Hybrid":
        existing = start_from_data(self.existing.value, lambda f, x: f(x), inputs, theta)
        begun = altered(self, existing=Frozen(existing))
        left = None if theta is None else _left(begun, inputs, np.asarray(theta, np.float64))
        learned = start_from_data(self.learned, lambda f, x: f(x), inputs, left)
        return altered(begun, learned=learned, fitted=True)


def _left(hybrid: Hybrid, x: Any, theta: np.ndarray) -> np.ndarray:
    """What the regression of the parameters on the existing summaries leaves."""
    t = np.asarray(eqx.filter_jit(eqx.filter_vmap(hybrid.known))(jax.tree.map(jnp.asarray, x)), np.float64)
    if t.shape[1] == 0:
        raise ValueError("existing must give at least one number, but it gives none; leave it out")
    lost = int((~np.isfinite(t)).any(axis=1).sum())
    if lost:
        raise ValueError(f"existing is not finite for {lost} of {len(t)} simulations, so none can be learned beside it")
    (mean, scale), (centre, unit) = moments(t, t.shape[1:]), moments(theta, theta.shape[1:])
    z, u = (t - mean) / scale, (theta - centre) / unit
    return u - z @ ridge(z, u)
