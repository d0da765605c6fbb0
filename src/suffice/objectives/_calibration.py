"""From summaries to an estimate of the parameters."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PyTree

from ._moments import Moments


class Calibration(NamedTuple):
    """What turns summaries s into θ_fid + G (s - μ), with G = F⁻¹ Dᵀ C⁻¹ (Alsing & Wandelt 2018, arXiv:1712.00012)."""

    fiducial: Float[Array, " p"]
    mean: Float[Array, " k"]
    gain: Float[Array, "p k"]
    information: Float[Array, "p p"]
    covariance: Float[Array, "k k"]
    derivative: Float[Array, "k p"]

    @staticmethod
    def of(moments: Moments, unit: Float[Array, "p p"], fiducial: Float[Array, " p"]) -> "Calibration":
        """From moments with the parameters as θ_fid + `unit` u."""
        information = moments.information()
        weights = jnp.linalg.solve(moments.covariance, moments.derivative).T
        gain = unit @ jnp.linalg.solve(information, weights)
        back = jnp.linalg.inv(unit)
        information = back.T @ information @ back
        return Calibration(fiducial, moments.mean, gain, information, moments.covariance, moments.derivative @ back)


Shape = tuple[tuple[tuple[int, ...], ...], str]


def shape_of(rows: PyTree) -> Shape:
    """Shapes of the arrays of one example, of rows with a leading axis."""
    leaves, structure = jax.tree.flatten(rows)
    return tuple(tuple(leaf.shape[1:]) for leaf in leaves), str(structure)


def refuse_shape(x: Any, shape: Shape | None) -> None:
    """`ValueError` for an observation of another shape than the simulations."""
    if shape is None:
        raise ValueError("this Fisher objective has not been trained: pass it to sf.fit, and use fit.objective")
    leaves, structure = jax.tree.flatten(x)
    came = tuple(tuple(jnp.shape(leaf)) for leaf in leaves), str(structure)
    if came != shape:
        told = [", ".join(map(str, shapes)) for shapes, _ in (shape, came)]
        many = all(len(a) == len(b) + 1 for a, b in zip(came[0], shape[0])) and came[1] == shape[1]
        hint = "; for many observations, map over them: jax.vmap(estimate)(x)" if many else ""
        raise ValueError(f"an observation must have the shape of one simulation, {told[0]}, but {told[1]} came{hint}")
