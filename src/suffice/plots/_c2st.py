"""What a classifier got right, fold by fold."""

import numpy as np
from matplotlib.axes import Axes

from ..checks import C2st, draw
from ._style import one, style


@draw.register(C2st)
@style()
def c2st(result: C2st, ax: Axes | None = None) -> Axes:
    """Share of draws that the classifier put in the right set, each fold a point, beside chance.

    **Arguments:** `result` of `sf.checks.c2st`; `ax` to draw in, a new figure when None.

    **Returns** the axes.

    >>> from suffice.checks import c2st as test
    >>> rng = np.random.default_rng(0)
    >>> c2st(test(rng.normal(size=(200, 1)), rng.normal(size=(200, 1)))).get_ylabel()
    'share told apart (400 draws)'
    """
    ax = one(ax)
    folds = np.arange(1, len(result.folds) + 1)
    chance = 1.96 * 0.5 / np.sqrt(result.n / len(folds))
    ax.axhspan(0.5 - chance, 0.5 + chance, color="0.88", label="95 % of chance, one fold")
    ax.axhline(0.5, color="0.5", linewidth=1)
    ax.axhline(result.accuracy, color="C0", linewidth=1, linestyle="--", label=f"mean {result.accuracy:.3f}")
    ax.plot(folds, result.folds, "o", color="C0", label="fold")
    ax.set(xlabel="fold", ylabel=f"share told apart ({result.n} draws)", xticks=folds)
    ax.set_ylim(min(0.45, result.folds.min() - 0.02), max(0.6, min(1.02, result.folds.max() + 0.05)))
    ax.legend(loc="upper right")
    return ax
