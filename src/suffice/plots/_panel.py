"""One panel of a posterior: the density of one parameter, or the credible regions of two."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.ticker import MaxNLocator

from ._density import Curve, height, Surface
from ._style import TRUTH

CREDIBLE = (0.68, 0.95)


def draw_curve(ax: Axes, curve: Curve, colour: str, line: str = "-", alpha: float = 1.0) -> None:
    """The density as a line, its 95 % and 68 % highest-density regions shaded lighter and darker."""
    x, y = (np.concatenate([a[:1], a, a[-1:]]) for a in curve)
    for end in (0, -1):  # a density cut off by the prior goes down to zero
        y[end] = 0.0 if y[end] > 0.01 * y.max() else y[end]
    ax.plot(x, y, color=colour, linestyle=line)
    for level, shade in zip(CREDIBLE[::-1], (0.18, 0.3)):
        inside = curve.density >= height(curve.density, curve.weights, level)
        ax.fill_between(curve.grid, curve.density, where=inside, color=colour, alpha=alpha * shade, linewidth=0)


def draw_surface(ax: Axes, surface: Surface, colour: str, line: str = "-", alpha: float = 1.0) -> None:
    """The 68 % and 95 % highest-density regions of two parameters."""
    mass = surface.density * np.outer(np.gradient(surface.x), np.gradient(surface.y))
    low, high = (height(surface.density, mass, level) for level in CREDIBLE[::-1])
    if not low < high:  # a posterior narrower than the grid: one cell holds it all
        low, high = 0.05 * surface.density.max(), 0.32 * surface.density.max()
    x, y, z = _closed(surface)
    top = surface.density.max() * 1.001 + 1e-300
    shades = [to_rgba(colour, alpha * shade) for shade in (0.22, 0.5)]
    ax.contourf(x, y, z, levels=[low, high, top], colors=shades)
    ax.contour(x, y, z, levels=[low, high], colors=[colour], linewidths=1.0, linestyles=line)


def _closed(surface: Surface) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The surface with a rim of zeros, so that contours close where the prior cuts them off."""
    x, y = (np.concatenate([[a[0] - 1e-3 * np.ptp(a)], a, [a[-1] + 1e-3 * np.ptp(a)]]) for a in surface[:2])
    return x, y, np.pad(surface.density, 1).T


def limits(curves: list[Curve], truth: float | None) -> tuple[float, float]:
    """Range that shows every curve where it is more than a thousandth of its peak, and the truth."""
    ends = [] if truth is None else [truth]
    for curve in curves:
        seen = curve.grid[curve.density > 1e-3 * curve.density.max()]
        ends += [seen[0], seen[-1]]
    low, high = min(ends), max(ends)
    pad = 0.04 * (high - low) or 1e-3 * max(abs(low), 1.0)
    return float(low - pad), float(high + pad)


def truth_line(ax: Axes, x: float | None, y: float | None = None) -> None:
    """Thin dashed lines at the true values."""
    kwargs = {"color": TRUTH, "linewidth": 0.9, "linestyle": (0, (4, 2)), "zorder": 3}
    if x is not None:
        ax.axvline(x, **kwargs)
    if y is not None:
        ax.axhline(y, **kwargs)


def few_ticks(ax: Axes, x: bool = True, y: bool = True, n: int = 3) -> None:
    """At most n + 1 ticks on the axes named, none of them at the edge."""
    if x:
        ax.xaxis.set_major_locator(MaxNLocator(n, prune="both"))
    if y:
        ax.yaxis.set_major_locator(MaxNLocator(n, prune="both"))


def mean_and_std(mean: float, std: float) -> str:
    """Mean and standard deviation, to two digits of the latter.

    >>> print(mean_and_std(1.234, 0.5), mean_and_std(-0.001, 1.0), sep=", ")
    1.23 ± 0.50, 0.0 ± 1.0
    """
    if not 1e-3 < std < 1e5:
        return f"{mean:.3g} ± {std:.2g}"
    digits = max(0, 1 - int(np.floor(np.log10(std))))
    mean = round(mean, digits) + 0.0  # no minus before a zero
    return f"{mean:.{digits}f} ± {std:.{digits}f}"
