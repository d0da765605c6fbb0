"""Training curves."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from ._style import colour, GREY, one, style


@style()
def history(fit: Any, ax: Axes | None = None) -> Axes:
    """Training and held-out loss by epoch, the best epoch marked, falls of the learning rate dotted.

    **Arguments:**

    - `fit`: what `sf.fit` returned, or its history as a data frame with the columns `epoch`,
      `train_loss`, `valid_loss` and `learning_rate`; of several fits side by side, as in the details of
      `sf.estimate_mi`, the mean of the members is drawn, one that has ended staying where it was.
    - `ax`: axes to draw in; a new figure when None.

    When the first epochs are far above all others, the axis shows the others.

    **Returns** the axes. **Raises** `ValueError` for a history without epochs or without losses.

    >>> losses = {"train_loss": [3.0, 2.0, 1.5], "valid_loss": [3.0, 2.2, 2.1]}
    >>> history(pd.DataFrame({"epoch": [1, 2, 3]} | losses)).get_xlabel()
    'epoch'
    """
    frame = _mean_of_members(fit if isinstance(fit, pd.DataFrame) else fit.history)
    drawn = [c for c in ("train_loss", "valid_loss") if c in frame]
    if len(frame) == 0 or not drawn:
        raise ValueError(
            f"history must have rows and a column train_loss or valid_loss; got {len(frame)} rows of "
            f"{', '.join(map(str, frame.columns)) or 'no columns'}"
        )
    ax = one(ax)
    epoch = frame["epoch"] if "epoch" in frame else np.arange(1, len(frame) + 1)
    names = {"train_loss": "training", "valid_loss": "held out"}
    for k, column in enumerate(drawn):
        ax.plot(epoch, frame[column], color=colour(k), marker="." if len(frame) < 3 else None, label=names[column])
    _mark_best(ax, np.asarray(epoch), frame)
    _mark_drops(ax, np.asarray(epoch), frame)
    _zoom(ax, frame[drawn].to_numpy(dtype=float))
    ax.set(xlabel="epoch", ylabel="loss (nats)")
    ax.legend(loc="best", frameon=True, framealpha=0.9, edgecolor="none")
    return ax


def _mean_of_members(frame: pd.DataFrame) -> pd.DataFrame:
    """Of what was trained first, where several things were trained one after the other."""
    for name in ("model", "stage"):
        if name in frame:
            frame = pd.DataFrame(frame[frame[name] == frame[name].iloc[0]])
    if "member" not in frame:
        return frame
    columns = {}
    for name in ("train_loss", "valid_loss"):
        columns[name] = frame.pivot_table(index="epoch", columns="member", values=name).ffill().mean(axis=1)
    return pd.DataFrame(columns).reset_index()


def _mark_best(ax: Axes, epoch: np.ndarray, frame: pd.DataFrame) -> None:
    if "valid_loss" not in frame or not np.isfinite(frame["valid_loss"]).any():
        return
    best = int(np.nanargmin(frame["valid_loss"]))
    value = float(frame["valid_loss"].iloc[best])
    place = f"at epoch {epoch[best]:.0f}" if epoch[best] else "before the first epoch"
    label = f"best: {value:.4g} {place}"
    ax.plot(epoch[best], value, "o", color=colour(1), markersize=5, markeredgecolor="white", label=label, zorder=4)


def _mark_drops(ax: Axes, epoch: np.ndarray, frame: pd.DataFrame) -> None:
    if "learning_rate" not in frame:
        return
    drops = np.flatnonzero(np.diff(frame["learning_rate"]) < 0) + 1
    smooth = len(drops) > 0.3 * len(frame)  # a schedule, not steps: lines at each epoch would say nothing
    for k, drop in enumerate([] if smooth else drops):
        label = "learning rate falls" if k == 0 else None
        ax.axvline(epoch[drop], color=GREY, linestyle=":", linewidth=0.9, label=label, zorder=0)


def _zoom(ax: Axes, losses: np.ndarray) -> None:
    """Let the first tenth of the epochs run off the top when they would flatten all the others."""
    settled = losses[len(losses) // 10 :]
    finite, settled = losses[np.isfinite(losses)], settled[np.isfinite(settled)]
    if not len(settled) or np.ptp(settled) == 0 or np.ptp(finite) < 3 * np.ptp(settled):
        return
    spread = np.ptp(settled)
    ax.set_ylim(settled.min() - 0.06 * spread, settled.max() + 0.35 * spread)
