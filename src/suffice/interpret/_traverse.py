"""Trajectories generated while one latent moves and the others stay."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import jax
import numpy as np
from jaxtyping import Float

from ..checks import draw
from ..core import as_key, KeyLike
from ..objectives import Bottleneck
from ..train import Fit
from ._latents import bottleneck_of

_VALUES = (-2.0, -1.0, 0.0, 1.0, 2.0)


@dataclasses.dataclass(frozen=True, eq=False)
class Traversal:
    """`x` `(values, n, steps, ...)`: n series for each of the `values` of latent number `latent`."""

    latent: int
    values: tuple[float, ...]
    x: np.ndarray

    def plot(self, ax: Any = None) -> Any:
        """Series of each value: `suffice.plots.traversal`."""
        return draw(self, ax)


def traverse(
    fit: Fit | Bottleneck,
    latent: int,
    *,
    steps: int,
    key: KeyLike = 0,
    values: Sequence[float] = _VALUES,
    theta: Float[np.ndarray, " p"] | None = None,
    others: Float[np.ndarray, " k"] | None = None,
    n: int = 100,
) -> Traversal:
    """Generate with one latent at each of `values`.

    **Arguments:**

    - `latent`: its number; `steps`: length of what is generated.
    - `values`: in units of the prior of latents, N(0, 1).
    - `others`: values of all latents `(k,)`, of which that one is replaced; zeros unless given.
    - `theta`: parameters of all of them, where the bottleneck is given some.
    - `n`: series for each value.
    """
    model = bottleneck_of(fit)
    k = model.summary.n_latent
    if not 0 <= latent < k:
        raise ValueError(f"latent must be from 0 to {k - 1}, but {latent} came")
    if steps < 1 or n < 1 or not len(values):
        raise ValueError(f"steps, n and the number of values must be at least 1; {steps}, {n}, {len(values)} came")
    base = np.zeros(k) if others is None else np.asarray(others, np.float64)
    if base.shape != (k,):
        raise ValueError(f"others must be ({k},), one value a latent, but {base.shape} came")
    known = None if theta is None else np.tile(np.asarray(theta, np.float64), (len(values) * n, 1))
    z = np.repeat(np.tile(base, (len(values), 1)), n, axis=0)
    z[:, latent] = np.repeat(values, n)
    x = np.asarray(model.generate(z, steps, key=jax.random.fold_in(as_key(key), latent), theta=known))
    return Traversal(latent, tuple(float(v) for v in values), x.reshape(len(values), n, *x.shape[1:]))
