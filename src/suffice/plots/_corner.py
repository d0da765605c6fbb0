"""Corner plot: every parameter, and every pair of them."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes

from ._check_truth import check_labels, check_truth
from ._density import Curve
from ._marginals import handles_of
from ._panel import draw_curve, draw_surface, few_ticks, limits, mean_and_std, truth_line
from ._source import as_sources, Source
from ._style import colour, GREY, legend, line, panels, style


@style()
def corner(
    posteriors: Any,
    truth: Any = None,
    *,
    names: Sequence[str] | None = None,
    labels: Sequence[str] | None = None,
    ax: np.ndarray | None = None,
) -> np.ndarray:
    """Posterior of each parameter and each pair: 68 % and 95 % highest-density regions, truth.

    A posterior with marginals on grids is drawn from them, without sampling noise; a pair it was not
    trained for is left empty and says so.

    **Arguments:**

    - `posteriors`: a posterior for one observation, samples `(n, p)`, or a list of several to overlay.
    - `truth`: `(p,)`, or a mapping of some names to values.
    - `names`: of the parameters, when they are not those of the posterior.
    - `labels`: one for each posterior, for the legend.
    - `ax`: `(p, p)` axes to draw in; a new figure when None.

    **Returns** an array of `(p, p)` axes; those above the diagonal are switched off.

    **Raises** `ValueError` when posteriors, truth, names or labels do not fit together.

    >>> samples = np.random.default_rng(0).normal(size=(1000, 2))
    >>> corner([samples, 0.5 * samples], truth=[0.0, 0.5], labels=["wide", "narrow"]).shape
    (2, 2)
    """
    sources = as_sources(posteriors, names)
    names = sources[0].names
    values = check_truth(truth, names)
    labels = check_labels(labels, len(sources))
    p = len(names)
    size = float(np.clip(9.0 / p, 1.15, 2.0)) if p > 1 else 2.8
    axes = panels(ax, (p, p), (size, size))
    curves = [[source.curve(i) for source in sources] for i in range(p)]
    ranges = [limits(row, v) for row, v in zip(curves, values)]
    for i in range(p):
        _diagonal(axes[i, i], curves[i], values[i])
        axes[i, i].set_title(_title(sources, i, p), fontsize=8 if p < 6 else 7)
        for j in range(i):
            _pair(axes[i, j], sources, (j, i), (values[j], values[i]))
            axes[i, j].set_ylim(ranges[i])
        for j in range(i + 1):
            axes[i, j].set_xlim(ranges[j])
        for j in range(i + 1, p):
            axes[i, j].set_axis_off()
    _outer_labels(axes, names)
    _legend(axes, handles_of(labels, truth is not None), own=ax is None)
    return axes


def _diagonal(ax: Axes, curves: list[Curve], truth: float | None) -> None:
    for k, curve in enumerate(curves):
        draw_curve(ax, curve, colour(k), line(k), alpha=1.0 if len(curves) == 1 else 0.7)
    truth_line(ax, truth)
    ax.set_ylim(bottom=0)
    ax.set_yticks([])
    ax.spines["left"].set_visible(False)


def _title(sources: list[Source], i: int, p: int) -> str:
    """The name, and the mean and standard deviation when there is but one posterior."""
    name, numbers = sources[0].names[i], mean_and_std(*sources[0].moments[i])
    if len(sources) > 1:
        return name
    return f"{name} = {numbers}" if len(name + numbers) < 110 / p else f"{name}\n{numbers}"


def _legend(axes: np.ndarray, handles: list[Artist], own: bool) -> None:
    """In the empty corner, when there is one."""
    if len(axes) == 1:
        legend(axes, handles, own)
    else:
        axes[0, -1].legend(handles=handles, loc="upper right", borderaxespad=0.0)


def _pair(ax: Axes, sources: list[Source], pair: tuple[int, int], truth: tuple[float | None, float | None]) -> None:
    surfaces = [source.surface(*pair) for source in sources]
    for k, surface in enumerate(surfaces):
        if surface is not None:
            draw_surface(ax, surface, colour(k), line(k), alpha=1.0 if len(sources) == 1 else 0.75)
    if any(surface is not None for surface in surfaces):
        truth_line(ax, *truth)
    else:
        middle = {"transform": ax.transAxes, "ha": "center", "va": "center"}
        ax.text(0.5, 0.5, "pair not\ninferred", color=GREY, fontsize=7, **middle)


def _outer_labels(axes: np.ndarray, names: Sequence[str]) -> None:
    """Names and ticks on the left and at the bottom only."""
    p = len(names)
    for i in range(p):
        for j in range(i + 1):
            few_ticks(axes[i, j], y=j < i, n=3)
            axes[i, j].tick_params(labelbottom=i == p - 1, labelleft=j == 0 and i > 0)
            axes[i, j].tick_params(axis="x", labelrotation=45)
        axes[p - 1, i].set_xlabel(names[i])
        if i > 0:
            axes[i, 0].set_ylabel(names[i])
