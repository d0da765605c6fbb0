"""How far simulations reach, to notice an observation that lies beyond them."""

import dataclasses

import jax
import numpy as np
from jaxtyping import PyTree

_MARGIN = 1.5


def _flat(rows: PyTree) -> tuple[np.ndarray, list[str]]:
    leaves = jax.tree_util.tree_leaves_with_path(rows)
    columns, names = [], []
    for path, leaf in leaves:
        flat = np.asarray(leaf, np.float64).reshape(len(leaf), -1)
        columns.append(flat)
        name = "".join(str(getattr(part, "key", getattr(part, "idx", part))) for part in path) or "x"
        names += [f"{name}[{i}]" for i in range(flat.shape[1])]
    return np.concatenate(columns, axis=1), names


@dataclasses.dataclass(frozen=True)
class Reach:
    """Mean, spread and largest deviation, in standard deviations, of every number of the data.

    A column that never varies has spread zero; any other value in it is beyond reach.
    """

    mean: np.ndarray
    spread: np.ndarray
    farthest: np.ndarray
    names: list[str]

    def beyond(self, rows: PyTree) -> dict[int, str]:
        """For rows that deviate by more than 1.5 times what any simulation does: by how much, and where."""
        x, _ = _flat(rows)
        deviation = np.abs(x - self.mean) / np.where(self.spread > 0, self.spread, 1.0)
        tolerance = np.where(self.spread > 0, _MARGIN * self.farthest, 1e-6 * (1 + np.abs(self.mean)))
        excess = deviation / tolerance
        found = {}
        for row in np.flatnonzero((excess > 1).any(axis=1)):
            worst = int(excess[row].argmax())
            if self.spread[worst] > 0:
                how = (
                    f"lies {deviation[row, worst]:.1f} standard deviations from the simulations' mean in "
                    f"{self.names[worst]}, where no simulation is farther than {self.farthest[worst]:.1f}"
                )
            else:
                how = f"has {x[row, worst]:g} in {self.names[worst]}, which is {self.mean[worst]:g} in every simulation"
            found[int(row)] = how
        return found


def reach_of(x: PyTree) -> Reach:
    """The reach of training rows (leading axis n)."""
    flat, names = _flat(x)
    mean, spread = flat.mean(axis=0), flat.std(axis=0)
    spread = np.where(spread > 1e-7 * np.maximum(np.abs(mean), 1e-30), spread, 0.0)
    farthest = np.abs(flat - mean).max(axis=0) / np.where(spread > 0, spread, 1.0)
    return Reach(mean, spread, farthest, names)
