"""The section on how much of the information about each parameter the summary keeps."""

from typing import Any

import pandas as pd

from ..information import Retained
from ..plots import retained as plot_retained
from ._image import image
from ._parts import Figures, Section, Table, Text

_MEANING = (
    "Mutual information between each parameter and the learned summary, and between it and the raw data, from ratios "
    "evaluated on simulations that no training has seen. Both numbers are lower bounds; the interval is that of the "
    "bound. A share near 100 % says that the few numbers suffice."
)


def retained_section(retained: Retained) -> Section:
    """Information in the summary and in the data, by parameter."""
    table = retained.table()
    axes: Any = plot_retained(table)
    drawn = image(axes.figure, "information about each parameter in the data and in the summary, with intervals")
    return Section("kept", "How much is kept", (Text(_MEANING), Figures((drawn,)), Table.of(_rows(table))))


def _rows(table: pd.DataFrame) -> pd.DataFrame:
    def interval(name: str, digits: int, scale: float = 1.0, unit: str = "") -> pd.Series:
        sides = [scale * table[f"{name}{end}"] for end in ("", "_low", "_high")]
        texts = [f"{v:.{digits}f}{unit} ({lo:.{digits}f} to {hi:.{digits}f})" for v, lo, hi in zip(*sides)]
        return pd.Series(texts)

    return pd.DataFrame(
        {
            "parameter": table["parameter"],
            "in the summary, nats at least": interval("summary", 3),
            "in the data, nats at least": interval("data", 3),
            "kept": interval("share", 1, 100.0, " %"),
        }
    )
