"""The folder that keeps the simulations of rounds, and which rounds they are of."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jax
import numpy as np
from jaxtyping import Array, PyTree

from ..priors import AbstractPrior

_FILE = "rounds.json"


def claim(
    store: str | Path,
    objective: Any,
    prior: AbstractPrior,
    x_obs: PyTree,
    key: Array,
    settings: Mapping[str, Any],
) -> Path:
    """The folder, made when missing, for rounds of these settings (those that are numbers or text).

    **Raises** `ValueError` where it holds rounds of others: their later simulations are near another posterior.
    """
    folder = Path(store)
    if folder.exists() and not folder.is_dir():
        raise ValueError(f"store must be a folder, one for each call of sf.rounds, but {folder} is a file")
    own = {name: value for name, value in settings.items() if isinstance(value, int | float | str)}
    own |= {"prior": prior.describe(), "key": np.asarray(jax.random.key_data(key)).tolist()}
    own |= {"observation": _print(x_obs), "objective": type(objective).__name__}
    path = folder / _FILE
    if path.exists():
        found = json.loads(path.read_text())
        other = [name for name in own | found if found.get(name) != own.get(name)]
        if other:
            raise ValueError(
                f"store {folder} holds rounds with another {other[0]}; to go on with them use the same, to start anew "
                "another folder"
            )
    elif folder.exists() and any(folder.glob("round_*.zarr")):
        raise ValueError(f"store {folder} holds rounds, but not of which call they are; use another folder")
    else:
        folder.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(".partial")
        partial.write_text(json.dumps(own))
        partial.replace(path)
    return folder


def _print(x: PyTree) -> str:
    """A fingerprint of arrays."""
    found = hashlib.sha256()
    for path, leaf in jax.tree_util.tree_leaves_with_path(x):
        array = np.asarray(leaf, np.float64)
        found.update(f"{jax.tree_util.keystr(path)}{array.shape}".encode() + array.tobytes())
    return found.hexdigest()
