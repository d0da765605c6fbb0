"""The one house style: colours everybody can tell apart, quiet axes, sizes fit for a page.

Colours are those of Okabe & Ito (2008), "Color universal design", without the yellow that is lost on
white. Nothing global is changed: figures are drawn inside `style()`.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Literal

import matplotlib.pyplot as plt
import numpy as np
from cycler import cycler
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
LINES: tuple[Literal["-", "--", ":", "-."], ...] = ("-", "--", ":", "-.")
GREY, LIGHT, TRUTH = "#666666", "#D9D9D9", "#000000"

_RC: dict[Any, Any] = {
    "axes.axisbelow": True,
    "axes.labelsize": 9,
    "axes.linewidth": 0.8,
    "axes.prop_cycle": cycler(color=COLOURS),
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlesize": 9,
    "figure.dpi": 120,
    "font.size": 9,
    "legend.fontsize": 8,
    "legend.frameon": False,
    "legend.handlelength": 1.6,
    "lines.linewidth": 1.5,
    "xtick.labelsize": 8,
    "xtick.major.width": 0.8,
    "ytick.labelsize": 8,
    "ytick.major.width": 0.8,
}


@contextmanager
def style() -> Iterator[None]:
    """Context, or decorator of a function, in which figures are drawn in the house style.

    >>> import matplotlib
    >>> before = matplotlib.rcParams["axes.spines.top"]
    >>> with style():
    ...     matplotlib.rcParams["axes.spines.top"]
    False
    >>> matplotlib.rcParams["axes.spines.top"] == before
    True
    """
    with plt.rc_context(_RC):
        yield


def colour(i: int) -> str:
    """Colour of the i-th thing of a figure; they repeat after seven, with another `line`."""
    return COLOURS[i % len(COLOURS)]


def line(i: int) -> Literal["-", "--", ":", "-."]:
    """Line style of the i-th thing of a figure."""
    return LINES[i // len(COLOURS) % len(LINES)]


def one(ax: Axes | None, size: tuple[float, float] = (4.2, 3.2)) -> Axes:
    """`ax`, or the axes of a new figure of `size` inches."""
    return plt.subplots(figsize=size, layout="constrained")[1] if ax is None else ax


def panels(
    ax: Axes | np.ndarray | Sequence[Axes] | None,
    shape: tuple[int, int],
    size: tuple[float, float],
    **kwargs: Any,
) -> np.ndarray:
    """Axes of `shape`: the ones given, or those of a new figure with `size` inches a panel.

    **Raises** `ValueError` when another number of axes is given.
    """
    if ax is None:
        whole = (shape[1] * size[0], shape[0] * size[1])
        return plt.subplots(*shape, figsize=whole, layout="constrained", squeeze=False, **kwargs)[1]
    given = np.array(ax, dtype=object)
    if given.size != shape[0] * shape[1]:
        raise ValueError(f"ax must hold {shape[0]} x {shape[1]} axes for this figure; got {given.size}")
    return given.reshape(shape)


def grid_shape(n: int, columns: int = 4) -> tuple[int, int]:
    """Rows and columns for `n` panels, as even as they go.

    >>> grid_shape(3), grid_shape(5), grid_shape(8)
    ((1, 3), (2, 3), (2, 4))
    """
    rows = -(-n // columns)
    return rows, -(-n // rows)


def legend(axes: np.ndarray, handles: list[Artist], own: bool) -> None:
    """Legend above the panels of a figure of our own (`own`), else inside the first of the axes given."""
    if not handles:
        return
    first: Axes = axes.flat[0]
    if own:
        figure = first.figure
        assert isinstance(figure, Figure)
        columns = max(2, int(figure.get_figwidth() / 1.1))
        figure.legend(handles=handles, loc="outside upper center", ncols=min(len(handles), columns))
    else:
        first.legend(handles=handles, loc="best")
