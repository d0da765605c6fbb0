"""How much of the information about each parameter the summary keeps."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from ._style import colour, one, style


@style()
def retained(table: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Information about each parameter in the data and in the summary, as bars with intervals.

    **Arguments:**

    - `table`: one row a parameter, with the columns `parameter`, `data`, `data_low`, `data_high`,
      `summary`, `summary_low`, `summary_high`, in nats.
    - `ax`: axes to draw in; a new figure when None.

    **Returns** the axes. **Raises** `ValueError` for a table without these columns or rows.
    """
    sides = ("data", "summary")
    needed = ["parameter", *(f"{side}{end}" for side in sides for end in ("", "_low", "_high"))]
    missing = [c for c in needed if c not in table]
    if missing or len(table) == 0:
        raise ValueError(f"table must have rows and the columns {', '.join(needed)}; missing: {', '.join(missing)}")
    ax = one(ax, (max(2.8, 1.2 + 0.8 * len(table)), 3.0))
    x = np.arange(len(table))
    for k, side in enumerate(sides):
        value = table[side].to_numpy(dtype=float)
        error = np.abs(np.stack([value - table[f"{side}_low"], table[f"{side}_high"] - value]))
        at = x + 0.4 * (k - 0.5)
        shade = {"color": colour(0), "alpha": 0.35 if side == "data" else 1.0}
        ax.bar(at, value, 0.36, label=f"in the {side}", **shade)
        ax.errorbar(at, value, error, fmt="none", ecolor="black", elinewidth=1, capsize=2)
    ax.set_xticks(x, [str(v) for v in table["parameter"]])
    ax.set_ylabel("information (nats)")
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, 1.12), ncols=2)
    return ax
