"""One form for whatever a posterior is given as: curves of one parameter, surfaces of two."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import jax
import numpy as np

from ..posteriors import AbstractPosterior, Joint, Marginal, RatioPosterior
from ._density import Curve, curve_of, refined, Surface, surface_of

_DRAWS = 10_000


@dataclasses.dataclass(frozen=True, eq=False)
class Source:
    """A posterior to draw.

    - `names`: of the parameters.
    - `curves`, `surfaces`: densities on grids, by parameter and by pair of parameters.
    - `blocks`: samples of some parameters together, by their indices.
    - `moments`: mean and standard deviation of each parameter.
    """

    names: tuple[str, ...]
    curves: dict[int, Curve]
    surfaces: dict[tuple[int, int], Surface]
    blocks: dict[tuple[int, ...], np.ndarray]
    moments: list[tuple[float, float]]

    def curve(self, i: int) -> Curve:
        """Density of parameter i."""
        if i in self.curves:
            return self.curves[i]
        block = next(block for block in self.blocks if i in block)
        return curve_of(self.blocks[block][:, block.index(i)])

    def surface(self, i: int, j: int) -> Surface | None:
        """Density of parameters i (first axis) and j; None when they are not known together."""
        if (i, j) in self.surfaces:
            return self.surfaces[i, j]
        for block, samples in self.blocks.items():
            if i in block and j in block:
                return surface_of(samples[:, block.index(i)], samples[:, block.index(j)])
        return None


def as_sources(posteriors: Any, names: Sequence[str] | None) -> list[Source]:
    """The posteriors given, one or a list of them, over the same parameters.

    **Raises** `ValueError` when they have different parameters, `TypeError` for anything else.
    """
    several = list(posteriors) if isinstance(posteriors, list | tuple) else [posteriors]
    if not several:
        raise ValueError("posteriors is empty: pass samples of shape (n, p), a posterior, or a list of them")
    sources = [_renamed(_source(p), names) for p in several]
    for source in sources[1:]:
        if len(source.names) != len(sources[0].names):
            raise ValueError(
                f"posteriors must have the same parameters to be overlaid: one has "
                f"{', '.join(sources[0].names)}, another {', '.join(source.names)}"
            )
    named = next((s for s in sources if not _numbered(s)), sources[0])
    for source in sources:
        if source.names != named.names and not _numbered(source):
            raise ValueError(
                f"posteriors must have the same parameters, in the same order, to be overlaid: one has "
                f"{', '.join(named.names)}, another {', '.join(source.names)}"
            )
    return [dataclasses.replace(source, names=named.names) for source in sources]


def from_parts(
    names: tuple[str, ...],
    groups: Sequence[tuple[str, ...]],
    parts: Sequence[Marginal | Joint],
    moments: list[tuple[float, float]],
) -> Source:
    """The posterior of one observation by its groups: grids where there are any, else weighted draws."""
    curves: dict[int, Curve] = {}
    surfaces: dict[tuple[int, int], Surface] = {}
    blocks: dict[tuple[int, ...], np.ndarray] = {}
    for group, part in sorted(zip(groups, parts), key=lambda pair: len(pair[0])):
        columns = tuple(names.index(name) for name in group)
        if isinstance(part, Joint):
            blocks[columns] = part.weighted().resample(_DRAWS, key=0)
            continue
        for axis, column in enumerate(columns):
            curves.setdefault(column, _curve(part, axis))
        if len(columns) == 2:
            surface = refined(Surface(part.grid[0], part.grid[1], part.density[0]))
            first, second = columns
            surfaces[first, second] = surface
            surfaces[second, first] = Surface(surface.y, surface.x, surface.density.T)
    return Source(names, curves, surfaces, blocks, moments)


def _curve(part: Marginal, axis: int) -> Curve:
    density = part.along(axis)
    if not part.classes:
        return Curve(part.grid[axis], density)
    # A step for each class, drawn with enough points to look like one.
    return Curve(np.linspace(-0.5, len(density) - 0.5, 100 * len(density)), np.repeat(density, 100))


def _source(posterior: Any) -> Source:
    if isinstance(posterior, Source):
        return posterior
    if isinstance(posterior, np.ndarray | jax.Array):
        return _from_samples(np.asarray(posterior, dtype=float))
    if isinstance(posterior, RatioPosterior):
        return _from_ratios(posterior)
    if isinstance(posterior, AbstractPosterior):
        samples = np.asarray(posterior.sample(_DRAWS, key=0), dtype=float)
        return dataclasses.replace(_from_samples(samples), names=posterior.names)
    raise TypeError(
        f"posteriors must be samples (an array of shape (n, p)), a posterior, or a list of them; got a "
        f"{type(posterior).__name__}"
    )


def _from_ratios(posterior: RatioPosterior) -> Source:
    if not posterior.single:
        raise ValueError(
            "posteriors: this one is of several observations at once; draw one of them: sf.posterior(fit, prior, x[0])"
        )
    if posterior.chain is not None:
        samples = np.asarray(posterior.sample(_DRAWS, key=0), dtype=float)
        return dataclasses.replace(_from_samples(samples), names=posterior.names)
    moments = list(zip(posterior.mean.tolist(), posterior.std.tolist()))
    return from_parts(posterior.names, posterior.groups, posterior.parts, moments)


def _from_samples(samples: np.ndarray) -> Source:
    if samples.ndim != 2 or len(samples) < 2 or samples.shape[1] == 0:
        raise ValueError(f"samples must have shape (n, p) with at least two rows; got {samples.shape}")
    if not np.isfinite(samples).all():
        bad = int((~np.isfinite(samples)).any(axis=1).sum())
        raise ValueError(f"samples: {bad} of {len(samples)} rows are not finite; leave them out first")
    p = samples.shape[1]
    moments = list(zip(samples.mean(axis=0).tolist(), samples.std(axis=0).tolist()))
    return Source(_numbers(p), {}, {}, {tuple(range(p)): samples}, moments)


def _renamed(source: Source, names: Sequence[str] | None) -> Source:
    if names is None:
        return source
    if len(names) != len(source.names):
        raise ValueError(f"names must be {len(source.names)}, one for each parameter; got {len(names)}")
    return dataclasses.replace(source, names=tuple(names))


def _numbers(p: int) -> tuple[str, ...]:
    return tuple(f"theta[{i}]" for i in range(p))


def _numbered(source: Source) -> bool:
    """Whether the names are only stand-ins, which those of another posterior replace."""
    return source.names == _numbers(len(source.names))
