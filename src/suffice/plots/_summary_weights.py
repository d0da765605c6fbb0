"""What a summary reads: its derivative with respect to each number of the input."""

from collections.abc import Sequence
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import PyTree
from matplotlib.axes import Axes

from ._style import colour, GREY, panels, style


@style()
def summary_weights(fit: Any, x: PyTree = None, *, ax: Axes | np.ndarray | Sequence[Axes] | None = None) -> np.ndarray:
    """Weights of a linear summary over the index of the input; images for two-dimensional input.

    The weights are ds/dx. For a linear summary they are the same everywhere; for any other one, pass the
    observation `x` at which to take them.

    **Arguments:**

    - `fit`: a fit whose objective has a summary.
    - `x`: one observation; needed unless the summary is linear.
    - `ax`: axes to draw in, one row for each summary and one column for each array of the input; a
      new figure when None.

    **Returns** an array of axes (summaries, arrays of the input).

    **Raises** `ValueError` for a summary that is not linear when no `x` is given.
    """
    summary, example = fit.objective.summary, fit.example
    leaves, names = _weights(summary, example, x)
    k = leaves[0].shape[0]
    images = any(leaf.ndim == 3 for leaf in leaves)
    axes = panels(ax, (k, len(leaves)), (2.4, 2.0) if images else (4.2, 1.3))
    for column, (leaf, name) in enumerate(zip(leaves, names)):
        for row in range(k):
            panel = axes[row, column]
            _image(panel, leaf[row], leaf) if leaf.ndim == 3 else _line(panel, leaf[row].ravel(), row)
            if column == 0:
                panel.set_ylabel(f"d s[{row}] / dx")
            if row == 0 and name:
                panel.set_title(name)
        if leaf.ndim < 3:
            axes[-1, column].set_xlabel("index of the input")
    return axes


def _weights(summary: Any, example: PyTree, x: PyTree) -> tuple[list[np.ndarray], list[str]]:
    """ds/dx for each array of the input, `(k, ...)`, and the names of these arrays."""
    jacobian = eqx.filter_jit(jax.jacrev(lambda x: jnp.atleast_1d(summary(x))))
    if x is None:
        points = [_random_like(example, key) for key in jax.random.split(jax.random.key(0))]
        first, second = jacobian(points[0]), jacobian(points[1])
        if not _same(first, second):
            raise ValueError(
                "the summary is not linear, so its weights depend on the data: pass the observation x at "
                "which to take them, or see what it does with summary_against_parameter(fit, sims)"
            )
    else:
        first = jacobian(jax.tree.map(lambda a: jnp.asarray(a, jnp.result_type(float)), x))
    paths, _ = jax.tree.flatten_with_path(first)
    return [np.asarray(leaf) for _, leaf in paths], [jax.tree_util.keystr(p, simple=True) for p, _ in paths]


def _random_like(example: PyTree, key: jax.Array) -> PyTree:
    leaves, treedef = jax.tree.flatten(example)
    keys = jax.random.split(key, len(leaves))
    return treedef.unflatten([jax.random.normal(k, a.shape, jnp.result_type(float)) for k, a in zip(keys, leaves)])


def _same(first: PyTree, second: PyTree) -> bool:
    close = jax.tree.map(lambda a, b: bool(jnp.allclose(a, b, rtol=1e-3, atol=1e-4 * jnp.abs(a).max())), first, second)
    return all(jax.tree.leaves(close))


def _line(ax: Axes, weights: np.ndarray, row: int) -> None:
    ax.axhline(0, color=GREY, linewidth=0.8)
    ax.plot(np.arange(len(weights)), weights, color=colour(row), marker="." if len(weights) < 30 else None)


def _image(ax: Axes, weights: np.ndarray, every: np.ndarray) -> None:
    top = float(np.abs(every).max()) or 1.0
    image = ax.imshow(weights, cmap="PuOr", vmin=-top, vmax=top, origin="lower", aspect="auto")
    ax.figure.colorbar(image, ax=ax, shrink=0.9)
    ax.spines[:].set_visible(True)
