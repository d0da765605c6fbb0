"""What a ready process is: a simulator that brings the prior it is used with."""

import abc

import equinox as eqx
import numpy as np
from jaxtyping import Array, Float, PyTree

from ...core import Registry
from ...priors import AbstractPrior

registry: Registry[type["AbstractProcess"]] = Registry("process")


class AbstractProcess(eqx.Module):
    """A simulator together with its prior.

    To write one, in a file of its own: open the file with the formula and its source, subclass this
    class, file it with `@registry.register("name")`, give every setting a default, hold only settings
    as fields, and define `prior` and `__call__`, in JAX so that it can be traced and batched. Where
    exact answers exist they are methods in float64, `exact_...`, or `log_likelihood(theta, x)`.
    """

    @property
    @abc.abstractmethod
    def prior(self) -> AbstractPrior:
        """Prior over the named parameters that the process takes."""

    @abc.abstractmethod
    def __call__(self, key: Array, theta: Float[Array | np.ndarray, " p"]) -> PyTree[Array]:
        """Simulate once: one array, or a dict of named arrays.

        - `key`: a JAX key.
        - `theta`: one parameter vector, in the order of `prior.names`.
        """
