"""Fractional Brownian motion: stationary displacements that remember, of mean squared displacement 2 D t^α.

    γ_k = D (|k+1|^α - 2 |k|^α + |k-1|^α)

the covariance of displacements k steps apart (Mandelbrot & Van Ness 1968, doi:10.1137/1010093). For α < 1 they turn
back, for α > 1 they go on, and α = 1 is Brownian motion.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import numpyro.distributions as dist

from ...priors import Prior
from ._process import registry
from ._stationary import AbstractStationaryTrajectory


@registry.register("fractional_brownian")
class FractionalBrownian(AbstractStationaryTrajectory):
    """`steps` displacements; parameters `alpha` in [0.2, 1.8] and `D`, log-uniform from 1e-5 to 1e-2."""

    domain: ClassVar[Mapping[str, tuple[float, float]]] = {"alpha": (0.0, 2.0), "D": (0.0, np.inf)}

    @property
    def prior(self) -> Prior:
        return Prior(alpha=dist.Uniform(0.2, 1.8), D=dist.LogUniform(1e-5, 1e-2))

    def autocovariance(self, shape: Any, n: int, xp: Any) -> Any:
        """γ_k / D at lags below n, without differences of large numbers: k^α ((1+1/k)^α + (1-1/k)^α - 2)."""
        k = np.arange(2, max(n, 2)) * 1.0
        far = xp.exp(shape * np.log(k)) * (xp.expm1(shape * np.log1p(1 / k)) + xp.expm1(shape * np.log1p(-1 / k)))
        near = xp.stack([2.0 * xp.ones_like(shape), 2.0**shape - 2.0])
        return xp.concatenate([near, far])[:n]
