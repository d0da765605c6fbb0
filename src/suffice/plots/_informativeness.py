"""What every latent says of every parameter."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from ._style import one, style


@style()
def informativeness(table: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Heat map of what `sf.interpret.relevance` gives; a pair whose interval holds zero is told in grey.

    A lower bound below zero says nothing, and is written as zero.
    """
    missing = {"latent", "parameter", "value", "low"} - set(table.columns)
    if missing:
        raise ValueError(f"table must be what relevance gives; it has no column {', '.join(sorted(missing))}")
    names = list(dict.fromkeys(table["parameter"]))
    values = table.pivot_table(index="parameter", columns="latent", values="value").loc[names]
    low = table.pivot_table(index="parameter", columns="latent", values="low").loc[names].to_numpy()
    numbers = values.to_numpy(np.float64)
    ax = one(ax, (1.8 + 0.55 * numbers.shape[1], 1.2 + 0.5 * numbers.shape[0]))
    top = max(float(numbers.max()), 1e-9)
    image = ax.imshow(numbers.clip(0), vmin=0, vmax=top, cmap="viridis", aspect="auto")
    for (i, j), value in np.ndenumerate(numbers):
        shade = "grey" if low[i, j] <= 0 else "black" if value > 0.6 * top else "white"
        ax.text(j, i, f"{max(value, 0.0):.2f}", ha="center", va="center", fontsize=7, color=shade)
    ax.set_xticks(range(numbers.shape[1]), [str(c) for c in values.columns])
    ax.set_yticks(range(len(names)), names)
    ax.set_xlabel("latent")
    plt.colorbar(image, ax=ax, label="nats", shrink=0.9)
    return ax
