"""What the decoder predicts of each step, beside the data and the law."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from ._style import colour, GREY, one, style, TRUTH

_POINTS = 16


@style()
def output_variance(table: pd.DataFrame, ax: Axes | None = None, *, law: Any = None, first: int = 0) -> Axes:
    """Predicted variance of each step, the part of it that the mean foretells, the data's, and a law.

    **Arguments:** `table`: what `sf.interpret.outputs` gives; `law`: variance of each step by theory, `2 D(t)` for
    scaled Brownian motion (`process.exact_variances(theta)`); `first`: steps at the start that were not scored.

    What lies close together on the logarithmic axis is averaged, 16 points to a factor of ten.
    """
    ax = one(ax)
    known = table.assign(law=np.nan if law is None else np.asarray(law, np.float64))
    near = np.floor(_POINTS * np.log10(known["step"].to_numpy(np.float64)))
    mean = pd.DataFrame(known.groupby(near).mean())
    t = mean["step"]
    ax.plot(t, mean["seen"], color=GREY, linewidth=1.0, label="data")
    if law is not None:
        ax.plot(t, mean["law"], color=TRUTH, linestyle="--", label="law")
    ax.plot(t, mean["variance"], color=colour(0), label="predicted")
    ax.plot(t, mean["mean_variance"], color=colour(1), linewidth=1.0, label="of the predicted mean")
    if first:
        ax.axvspan(0, first, color=GREY, alpha=0.15, linewidth=0)
    ax.set(xlabel="step", ylabel="variance of a displacement", xscale="log", yscale="log")
    ax.legend()
    return ax
