"""Several estimates of one mutual information beside each other."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from ._style import colour, GREY, one, style

_MARKS = {"lower": ">", "upper": "<", "point": "o"}


@style()
def mi_estimates(table: pd.DataFrame, ax: Axes | None = None, *, unit: str = "nats") -> Axes:
    """Values and intervals, one estimate a line; the first, which is reported, has its interval shaded.

    **Arguments:** `table`: that of a `MutualInformation`: columns `estimate`, `kind`, `value`, `low`, `high`.
    """
    missing = {"estimate", "kind", "value", "low", "high"} - set(table.columns)
    if missing or len(table) == 0:
        lacks = ", ".join(sorted(missing)) or "rows"
        raise ValueError(f"table must be that of the details of an estimate; it lacks {lacks}")
    ax = one(ax, (4.6, 0.8 + 0.3 * len(table)))
    first = table.iloc[0]
    ax.axvspan(first["low"], first["high"], color=colour(0), alpha=0.12, linewidth=0)
    ends = {"lower": "lower bounds", "upper": "upper bounds", "point": "no bounds"}
    shown: set[str] = set()
    for i, row in enumerate(table.to_dict("records")):
        kind = row["kind"]
        shade = GREY if row["estimate"].startswith("same critic") else colour(0 if i == 0 else 1)
        if np.isfinite(row["low"]):
            ax.plot([row["low"], row["high"]], [i, i], color=shade)
        label = None if kind in shown else ends[kind]
        shown.add(kind)
        ax.plot(row["value"], i, _MARKS[kind], color=shade, markersize=5, label=label)
    ax.set_yticks(range(len(table)), [str(name) for name in table["estimate"]])
    ax.invert_yaxis()
    ax.set_xlabel(f"I(x; y), {unit}")
    ax.legend(loc="upper center", bbox_to_anchor=(0.4, -0.32 if len(table) > 4 else -0.6), ncols=3)
    return ax
