"""Simulations with their derivatives in a Zarr store."""

from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np
from jaxtyping import PyTree

from ...core import in_short
from ...simulate import bounded_array, open_zarr_group
from ._fiducial import Fiducial
from ._given import GivenTangents
from ._read import Reader

MARK = "suffice tangents"
_ROWS = 256


class ZarrReader(Reader):
    """Rows of the arrays of a Zarr group."""

    def __init__(self, x: PyTree, dx: PyTree):
        self._x, self._dx = x, dx

    def x(self, rows: np.ndarray) -> PyTree:
        return _take(self._x, rows)

    def dx(self, rows: np.ndarray) -> PyTree:
        return _take(self._dx, rows)


def _take(arrays: PyTree, rows: np.ndarray) -> PyTree:
    return jax.tree.map(lambda array: np.asarray(array.oindex[np.asarray(rows)]), arrays)


class Stored(NamedTuple):
    """What is in a store: a reader of its rows, where they were simulated, and how many there are."""

    reader: Reader
    at: Fiducial
    width: np.ndarray | None
    n_s: int
    n_d: int


def save_tangents(tangents: GivenTangents, path: str | Path) -> Path:
    """Write simulations and their derivatives to a Zarr store, to be opened by `sf.Tangents.stored`.

    **Arguments:**

    - `tangents`: made by `sf.Tangents.exact` or `sf.Tangents.differences`.
    - `path`: where nothing is yet.
    """
    import zarr

    path = Path(path)
    if path.exists():
        raise ValueError(f"there is something at {path} already; give another path or remove it")
    partial = path.with_name(path.name + ".partial")
    group = zarr.open_group(partial, mode="w")
    width = None if tangents.width is None else np.asarray(tangents.width, np.float64).tolist()
    for name, tree in (("x", tangents.x), ("dx", tangents.dx)):
        for key, leaf in tree.items() if isinstance(tree, dict) else [("", tree)]:
            array = np.asarray(leaf)
            chunks = (min(_ROWS, len(array)), *(max(1, size) for size in array.shape[1:]))
            target = group.create_array(
                f"{name}/{key}" if key else name, shape=array.shape, dtype=array.dtype, chunks=chunks
            )
            target[...] = array
    fiducial = np.asarray(tangents.fiducial, np.float64).tolist()
    group.attrs.update({"suffice": MARK, "fiducial": fiducial, "names": list(tangents.names), "delta": width})
    partial.rename(path)
    return path


def open_tangents(path: Path) -> Stored:
    """Open a store that `save_tangents` wrote."""
    if not path.exists():
        raise FileNotFoundError(f"no store at {path}")
    try:
        group = open_zarr_group(path)
        attributes: dict[str, Any] = dict(group.attrs)
        x, dx = _arrays(group, "x"), _arrays(group, "dx")
        if attributes.get("suffice") != MARK:
            raise ValueError("it was not written by save_tangents")
        at = Fiducial(np.asarray(attributes["fiducial"], np.float64), tuple(attributes["names"]))
        width = None if attributes["delta"] is None else np.asarray(attributes["delta"], np.float64)
        n_s, n_d = (jax.tree.leaves(tree)[0].shape[0] for tree in (x, dx))
    except Exception as error:
        raise ValueError(f"{path} is not a whole store of simulations with derivatives ({in_short(error)})") from error
    return Stored(ZarrReader(x, dx), at, width, n_s, n_d)


def _arrays(group: Any, name: str) -> PyTree:
    import zarr

    node = group[name]
    if isinstance(node, zarr.Group):
        return {key: bounded_array(f"{name}/{key}", array) for key, array in node.arrays()}
    return bounded_array(name, node)
