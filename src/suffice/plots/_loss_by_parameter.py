"""Where a bottleneck loses: its gaps by parameter."""

import numpy as np
from matplotlib.axes import Axes

from ..checks import draw
from ..interpret import Benchmark
from ._style import colour, GREY, panels, style


@draw.register
@style()
def loss_by_parameter(benchmark: Benchmark, ax: Axes | np.ndarray | None = None) -> np.ndarray:
    """ELBO gap, and what the parameters alone would be worth, along each parameter; a panel for each."""
    axes = panels(ax, (1, len(benchmark.names)), (3.4, 2.8), sharey=True)
    for panel, name, log in zip(axes.flat, benchmark.names, benchmark.logarithms):
        table = benchmark.by(name)
        panel.axhline(0, color=GREY, linewidth=0.8)
        panel.plot(table[name], table["elbo_gap"], color=colour(0), label="ELBO gap")
        panel.plot(table[name], table["floor"] - table["known"], color=colour(1), linestyle="--", label="floor - known")
        if log:
            panel.set_xscale("log")
        panel.set_xlabel(name)
    axes.flat[0].set_ylabel("nats a scored step")
    axes.flat[0].legend()
    return axes
