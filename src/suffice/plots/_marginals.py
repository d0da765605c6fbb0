"""One-dimensional posteriors, with credible shading and the truth."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from ._check_truth import check_labels, check_truth
from ._panel import draw_curve, few_ticks, limits, mean_and_std, truth_line
from ._source import as_sources, Source
from ._style import colour, GREY, grid_shape, legend, line, panels, style, TRUTH


@style()
def marginals(
    posteriors: Any,
    truth: Any = None,
    *,
    names: Sequence[str] | None = None,
    labels: Sequence[str] | None = None,
    ax: Axes | np.ndarray | Sequence[Axes] | None = None,
) -> np.ndarray:
    """Posterior of each parameter: line, 68 % and 95 % highest-density shading, truth.

    **Arguments:**

    - `posteriors`: a posterior for one observation, samples `(n, p)`, or a list of several to overlay.
    - `truth`: `(p,)`, or a mapping of some names to values.
    - `names`: of the parameters, when they are not those of the posterior.
    - `labels`: one for each posterior, for the legend.
    - `ax`: p axes to draw in; a new figure when None.

    **Returns** an array of p axes.

    **Raises** `ValueError` when posteriors, truth, names or labels do not fit together.

    >>> samples = np.random.default_rng(0).normal(size=(1000, 3))
    >>> marginals(samples, truth=[0.0, 0.5, -0.5], names=["a", "b", "c"]).shape
    (3,)
    """
    sources = as_sources(posteriors, names)
    names = sources[0].names
    values = check_truth(truth, names)
    labels = check_labels(labels, len(sources))
    axes = panels(ax, grid_shape(len(names)) if ax is None else (1, len(names)), (2.2, 2.0))
    for i, (panel, name) in enumerate(zip(axes.flat, names)):
        _one_parameter(panel, sources, i, values[i])
        panel.set_xlabel(name)
    for spare in axes.flat[len(names) :]:
        spare.set_axis_off()
    legend(axes, handles_of(labels, truth is not None), own=ax is None)
    return axes.ravel()[: len(names)]


def _one_parameter(ax: Axes, sources: list[Source], i: int, truth: float | None) -> None:
    curves = [source.curve(i) for source in sources]
    for k, curve in enumerate(curves):
        draw_curve(ax, curve, colour(k), line(k), alpha=1.0 if len(curves) == 1 else 0.7)
    ax.set_xlim(limits(curves, truth))
    if len(sources) == 1:
        ax.set_title(mean_and_std(*sources[0].moments[i]))
    truth_line(ax, truth)
    few_ticks(ax, y=False)
    ax.set_ylim(bottom=0)
    ax.set_yticks([])
    ax.spines["left"].set_visible(False)


def handles_of(labels: list[str], truth: bool) -> list[Artist]:
    """What the legend of posteriors shows: their labels, the two shades, the truth."""
    handles: list[Artist] = []
    for k, label in enumerate(labels):
        if label:
            handles.append(Line2D([], [], color=colour(k), linestyle=line(k), label=label))
    shade = colour(0) if len(labels) == 1 else GREY
    handles += [Patch(color=shade, alpha=a, linewidth=0, label=v) for a, v in ((0.5, "68 %"), (0.2, "95 %"))]
    if truth:
        handles.append(Line2D([], [], color=TRUTH, linewidth=0.9, linestyle=(0, (4, 2)), label="truth"))
    return handles
