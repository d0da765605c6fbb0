"""Which latents are awake."""

import numpy as np
from matplotlib.axes import Axes

from ..checks import draw
from ..interpret import Latents
from ._style import colour, GREY, LIGHT, one, style


@draw.register
@style()
def latent_activity(latents: Latents, ax: Axes | None = None) -> Axes:
    """The price of each latent in nats a series, with the threshold from which it counts as active."""
    ax = one(ax)
    table = latents.activity()
    kl, spread = (table[name].to_numpy(np.float64) for name in ("kl", "var_mu"))
    shades = [colour(0) if active else LIGHT for active in table["active"]]
    ax.bar(table["latent"].astype(str), kl, color=shades, width=0.7)
    for i, (height, number) in enumerate(zip(np.maximum(kl, latents.threshold), spread)):  # clear of the threshold
        ax.annotate(f"{number:.2f}", (i, height), (0, 2), textcoords="offset points", ha="center", fontsize=7)
    ax.axhline(latents.threshold, color=GREY, linewidth=0.8, linestyle=":")
    ax.set(xlabel="latent (above the bar: variance of its mean)", ylabel="KL from the prior, nats a series")
    ax.set_ylim(0, 1.12 * max(float(kl.max()), latents.threshold))
    return ax
