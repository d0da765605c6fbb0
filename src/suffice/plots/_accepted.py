"""What rejection sampling accepted: parameters and estimates against each other."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from ._check_truth import check_truth
from ._panel import few_ticks, truth_line
from ._style import colour, LIGHT, panels, style

_POINTS = 3000  # more than these hide each other


@style()
def accepted(
    run: Any,
    epsilon: float | int,
    truth: Any = None,
    *,
    rejected: int = 2000,
    ax: np.ndarray | Sequence[Axes] | None = None,
) -> np.ndarray:
    """Accepted simulations of a `sf.ABC` run over a share of the rejected ones.

    Rows: parameter against parameter, estimate against estimate, and each parameter against its estimate, with
    the observation's estimate as lines.

    **Arguments:**

    - `run`: what `sf.ABC(...).run` returned.
    - `epsilon`: the distance within which simulations count as accepted.
    - `truth`: true parameters `(p,)`, or a mapping of some names to values.
    - `rejected`: at most so many of the rejected ones are shown.
    - `ax`: three rows of axes, as many columns as parameters; a new figure when None.

    **Returns** an array of axes `(3, p)`; rows of pairs have p - 1 of them, the others are switched off.
    """
    names = tuple(run.prior.names)
    values = check_truth(truth, names)
    p = len(names)
    near = run.compared.take(np.flatnonzero(run.compared.distance <= epsilon)[:_POINTS])
    far = run.rejected(epsilon, rejected)
    axes = panels(ax, (3, p), (2.3, 2.1))
    for i in range(p):
        j = i + 1
        pair = [(a.theta, a.estimates) for a in (far, near)]
        if j < p:
            _scatter(axes[0, i], [t[:, [i, j]] for t, _ in pair], (values[i], values[j]))
            axes[0, i].set(xlabel=names[i], ylabel=names[j])
            _scatter(axes[1, i], [e[:, [i, j]] for _, e in pair], (run.observed[i], run.observed[j]))
            axes[1, i].set(xlabel=f"estimate of {names[i]}", ylabel=f"estimate of {names[j]}")
        else:
            axes[0, i].set_axis_off()
            axes[1, i].set_axis_off()
        _scatter(axes[2, i], [np.stack([t[:, i], e[:, i]], axis=1) for t, e in pair], (values[i], run.observed[i]))
        axes[2, i].set(xlabel=names[i], ylabel=f"estimate of {names[i]}")
    axes[2, 0].legend(loc="upper left", markerscale=3, handletextpad=0.2)
    return axes


def _scatter(ax: Axes, pairs: list[np.ndarray], lines: tuple[float | None, float | None]) -> None:
    for points, shade, label in zip(pairs, (LIGHT, colour(0)), ("rejected", "accepted")):
        ax.plot(points[:, 0], points[:, 1], ".", color=shade, markersize=2.5, label=label, rasterized=True)
    both = np.concatenate(pairs)
    low, high = np.nanquantile(np.where(np.isfinite(both), both, np.nan), [0.005, 0.995], axis=0)
    near = pairs[1] if len(pairs[1]) else both
    low, high = np.minimum(low, near.min(axis=0)), np.maximum(high, near.max(axis=0))
    pad = 0.05 * (high - low) + 1e-12
    ax.set(xlim=(low[0] - pad[0], high[0] + pad[0]), ylim=(low[1] - pad[1], high[1] + pad[1]))
    truth_line(ax, *lines)
    few_ticks(ax)
