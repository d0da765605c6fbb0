"""Training for Fisher information: det F, and how near the covariance is to the identity."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from ._style import colour, GREY, panels, style, TRUTH

_NAMES = {"train": "training", "valid": "held out"}


@style()
def fisher_history(
    fit: Any, known: float | int | None = None, *, ax: np.ndarray | Sequence[Axes] | None = None
) -> np.ndarray:
    """det F by epoch on the training and the held-out part, and the regulariser's Λ beside it.

    Where the training part goes on rising and the held-out part falls, the fit learns its simulations by heart.

    **Arguments:**

    - `fit`: of a `sf.Fisher`, or its history as a data frame.
    - `known`: det F of the data, where it is known, as a line.
    - `ax`: two axes to draw in; a new figure when None.

    **Returns** an array of two axes. **Raises** `ValueError` for a history without det F.

    >>> history = pd.DataFrame({"epoch": [1, 2], "train_det_F": [3.0, 4.0], "train_lambda": [1.0, 0.1]})
    >>> fisher_history(history, known=5.0)[0].get_ylabel()
    'det F'
    """
    frame = fit if isinstance(fit, pd.DataFrame) else fit.history
    if not len(frame) or "train_det_F" not in frame:
        raise ValueError(
            f"history must be that of a Fisher objective, with train_det_F; got {', '.join(frame) or 'no'} columns"
        )
    axes = panels(ax, (1, 2), (3.4, 2.6)).ravel()
    epoch = np.asarray(frame["epoch"]) if "epoch" in frame else np.arange(1, len(frame) + 1)
    for k, part in enumerate(_NAMES):
        if f"{part}_det_F" not in frame:
            continue
        axes[0].plot(epoch, frame[f"{part}_det_F"], color=colour(k), label=_NAMES[part])
        axes[1].plot(epoch, np.maximum(frame[f"{part}_lambda"], 1e-8), color=colour(k), label=_NAMES[part])
    if "valid_minus_log_det" in frame:
        best = int(np.nanargmin(frame["valid_minus_log_det"]))
        axes[0].axvline(epoch[best], color=GREY, linestyle=":", linewidth=0.9, label="kept", zorder=0)
    if known is not None:
        axes[0].axhline(known, color=TRUTH, linestyle="--", linewidth=0.9, label="known")
    _range(axes[0], frame, known)
    axes[0].set(xlabel="epoch", ylabel="det F")
    axes[1].set(xlabel="epoch", ylabel="Λ", yscale="log")
    axes[0].legend()
    return axes


def _range(ax: Axes, frame: pd.DataFrame, known: float | int | None) -> None:
    """From zero to a little above what matters: an overfitted training part may run off the top."""
    held = frame["valid_det_F"] if "valid_det_F" in frame else frame["train_det_F"]
    top = max(float(np.nanmax(held)), known or 0.0)
    highest = max(top, float(np.nanmax(frame["train_det_F"])))
    ax.set_ylim(0, 1.08 * min(highest, 2.5 * top))
