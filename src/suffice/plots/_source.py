"""One form for whatever a posterior is given as: curves of one parameter, surfaces of two."""

from collections.abc import Sequence
from typing import Any

import jax
import numpy as np

from ._density import Curve, curve_of, refined, Surface, surface_of


class Source:
    """A posterior to draw: `curve(i)` and `surface(i, j)` of its parameters, None where it has none."""

    def __init__(self, names: tuple[str, ...], curves: dict, surfaces: dict, samples: np.ndarray | None):
        self.names = names
        self._curves, self._surfaces, self._samples = curves, surfaces, samples

    def curve(self, i: int) -> Curve | None:
        """Density of parameter i."""
        if i in self._curves:
            return self._curves[i]
        return None if self._samples is None else curve_of(self._samples[:, i])

    def moments(self, i: int) -> tuple[float, float] | None:
        """Mean and standard deviation of parameter i, from the samples themselves where there are any."""
        if self._samples is not None:
            return float(self._samples[:, i].mean()), float(self._samples[:, i].std())
        curve = self.curve(i)
        return None if curve is None else curve.moments

    def surface(self, i: int, j: int) -> Surface | None:
        """Density of parameters i (first axis) and j."""
        if (i, j) in self._surfaces:
            return self._surfaces[i, j]
        return None if self._samples is None else surface_of(self._samples[:, i], self._samples[:, j])


def as_sources(posteriors: Any, names: Sequence[str] | None) -> list[Source]:
    """The posteriors given, one or a list of them, over the same parameters.

    **Raises** `ValueError` when they have different parameters.
    """
    several = list(posteriors) if isinstance(posteriors, list | tuple) else [posteriors]
    if not several:
        raise ValueError("posteriors is empty: pass samples of shape (n, p), a posterior, or a list of them")
    sources = [_source(p, None if names is None else tuple(names)) for p in several]
    for source in sources[1:]:
        if source.names != sources[0].names:
            raise ValueError(
                f"posteriors must have the same parameters to be overlaid: one has "
                f"{', '.join(sources[0].names)}, another {', '.join(source.names)}"
            )
    return sources


def _source(posterior: Any, names: tuple[str, ...] | None) -> Source:
    if isinstance(posterior, np.ndarray | jax.Array):
        return _from_samples(np.asarray(posterior, dtype=float), names)
    return _from_grids(posterior, names)


def _from_samples(samples: np.ndarray, names: tuple[str, ...] | None) -> Source:
    if samples.ndim != 2 or len(samples) < 2:
        raise ValueError(f"samples must have shape (n, p) with at least two rows; got {samples.shape}")
    if not np.isfinite(samples).all():
        bad = int((~np.isfinite(samples)).any(axis=1).sum())
        raise ValueError(f"samples: {bad} of {len(samples)} rows are not finite; leave them out first")
    names = tuple(f"theta[{i}]" for i in range(samples.shape[1])) if names is None else names
    if len(names) != samples.shape[1]:
        raise ValueError(
            f"names must be {samples.shape[1]}, one for each column of samples; got {len(names)}"
        )
    return Source(names, {}, {}, samples)


def _from_grids(posterior: Any, names: tuple[str, ...] | None) -> Source:
    """The noise-free marginals of a posterior that has them, by group of one or two parameters."""
    curves: dict[int, Curve] = {}
    surfaces: dict[tuple[int, int], Surface] = {}
    for group in posterior.groups:
        if len(group) > 2:
            continue
        marginal = posterior.marginal(group)
        axes, density = [np.asarray(a) for a in marginal.grid], np.asarray(marginal.density)
        if density.ndim != len(group):
            raise ValueError(
                "this posterior is a batch of several observations; draw one of them: "
                "posterior(fit, prior, x[0])"
            )
        if len(group) == 1:
            curves[group[0]] = Curve(axes[0], density)
        else:
            surface = refined(Surface(axes[0], axes[1], density))
            surfaces[group] = surface
            surfaces[group[::-1]] = Surface(surface.y, surface.x, surface.density.T)
    return Source(posterior.names if names is None else names, _integrated(surfaces) | curves, surfaces, None)


def _integrated(surfaces: dict[tuple[int, int], Surface]) -> dict[int, Curve]:
    """Curves of parameters that are known only together with another one."""
    return {i: Curve(s.x, s.density @ np.gradient(s.y)) for (i, _), s in surfaces.items()}
