"""All weights as one vector: the optimiser then compiles to a few long loops rather than to several for each array."""

import math
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PyTree


class Flat(eqx.Module):
    """Arrays of one type, end to end; `tree` gives them back."""

    vector: Float[Array, " n"]
    shapes: tuple[tuple[int, ...], ...] = eqx.field(static=True)
    structure: Any = eqx.field(static=True)

    @property
    def tree(self) -> PyTree:
        """The arrays, as they were."""
        sizes = [math.prod(shape) for shape in self.shapes]
        ends = [sum(sizes[: i + 1]) for i in range(len(sizes))]
        parts = [self.vector[end - size : end] for size, end in zip(sizes, ends)]
        return jax.tree.unflatten(self.structure, [p.reshape(shape) for p, shape in zip(parts, self.shapes)])


def flat(weights: PyTree) -> PyTree:
    """`Flat` weights, or themselves where they are of several types."""
    leaves, structure = jax.tree.flatten(weights)
    if len({leaf.dtype for leaf in leaves}) != 1:
        return weights
    shapes = tuple(tuple(leaf.shape) for leaf in leaves)
    return Flat(jnp.concatenate([jnp.ravel(leaf) for leaf in leaves]), shapes, structure)


def unflat(weights: PyTree) -> PyTree:
    """The arrays of weights that may be `Flat`."""
    return weights.tree if isinstance(weights, Flat) else weights
