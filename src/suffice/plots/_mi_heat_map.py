"""Mutual information of every pair of variables as a picture."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from ._style import one, style


@style()
def mi_heat_map(table: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Heat map of what `sf.mi_table` gives; a pair whose interval holds zero is told in grey.

    **Arguments:** `table`: with columns `x`, `y`, `value`, `low`.
    """
    missing = {"x", "y", "value", "low"} - set(table.columns)
    if missing:
        raise ValueError(f"table must be what sf.mi_table gives; it has no column {', '.join(sorted(missing))}")
    names = list(dict.fromkeys([*table["x"], *table["y"]]))
    values, sure = np.full((2, len(names), len(names)), np.nan)
    for x, y, value, low in zip(table["x"], table["y"], table["value"], table["low"]):
        i, j = names.index(x), names.index(y)
        values[i, j] = values[j, i] = value
        sure[i, j] = sure[j, i] = float(low > 0)
    size = 1.6 + 0.55 * len(names)
    ax = one(ax, (size + 1, size))
    top = max(float(np.nanmax(values)), 1e-9)
    image = ax.imshow(values, vmin=0, vmax=top, cmap="viridis")
    for i, j in np.argwhere(np.isfinite(values)):
        colour = "grey" if not sure[i, j] else "black" if values[i, j] > 0.6 * top else "white"
        ax.text(
            j,
            i,
            f"{values[i, j]:.2f}",
            ha="center",
            va="center",
            fontsize=7,
            color=colour,
        )
    ax.set_xticks(range(len(names)), names, rotation=45, ha="right")
    ax.set_yticks(range(len(names)), names)
    unit = table["unit"].iloc[0] if "unit" in table else "nats"
    plt.colorbar(image, ax=ax, label=f"mutual information, {unit}", shrink=0.8)
    return ax
