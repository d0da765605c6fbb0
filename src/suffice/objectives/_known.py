"""Parameters that a network is told, standardised; of those that span decades, their logarithms."""

from collections.abc import Sequence

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ..core import log_where, spans_decades


class Known(eqx.Module):
    """From all parameters of a simulation to the known ones."""

    columns: tuple[int, ...] = eqx.field(static=True)
    logarithms: tuple[bool, ...] = eqx.field(static=True)
    centre: Float[Array, " m"]
    scale: Float[Array, " m"]

    def __call__(self, theta: Float[Array, " p"]) -> Float[Array, " m"]:
        values = theta[np.array(self.columns)]
        logs = np.array(self.logarithms)
        return (jnp.where(logs, jnp.log(jnp.where(logs, values, 1.0)), values) - self.centre) / self.scale


def known_parameters(given: Sequence[str], names: Sequence[str], theta: Float[np.ndarray, "n p"]) -> Known:
    """By what training rows say of them. **Raises** `ValueError` for a name that no parameter has."""
    missing = [name for name in given if name not in names]
    if missing:
        raise ValueError(f"given names {', '.join(missing)}; the parameters are {', '.join(names)}")
    columns = tuple(list(names).index(name) for name in given)
    values = theta[:, list(columns)]
    logs = spans_decades(values.min(axis=0), values.max(axis=0))
    values = log_where(values, logs)
    centre, scale = (jnp.asarray(part, float) for part in (values.mean(axis=0), values.std(axis=0) + 1e-12))
    return Known(columns, tuple(bool(log) for log in logs), centre, scale)
