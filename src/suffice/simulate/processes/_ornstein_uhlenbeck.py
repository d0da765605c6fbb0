"""The Ornstein-Uhlenbeck process: a particle that diffuses and is drawn back to the origin at a rate κ.

    dr = -κ r dt + √(2 D) dW,    γ_k = (D / κ) (2 e^(-κ|k|) - e^(-κ|k-1|) - e^(-κ|k+1|))

the covariance of its displacements k steps apart, once its position has its stationary variance D / κ
(Uhlenbeck & Ornstein 1930, doi:10.1103/PhysRev.36.823).
"""

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import numpyro.distributions as dist

from ...priors import Prior
from ._process import registry
from ._stationary import AbstractStationaryTrajectory


@registry.register("ornstein_uhlenbeck")
class OrnsteinUhlenbeck(AbstractStationaryTrajectory):
    """`steps` displacements; parameters `rate`, log-uniform from 0.01 to 1, and `D`, log-uniform from 1e-5 to 1e-2."""

    domain: ClassVar[Mapping[str, tuple[float, float]]] = {"rate": (0.0, np.inf), "D": (0.0, np.inf)}

    @property
    def prior(self) -> Prior:
        return Prior(rate=dist.LogUniform(0.01, 1.0), D=dist.LogUniform(1e-5, 1e-2))

    def autocovariance(self, shape: Any, n: int, xp: Any) -> Any:
        """γ_k / D: at lag zero 2 (1 - e^-κ) / κ, at others -e^(-κ(k-1)) (1 - e^-κ)² / κ."""
        fall = -xp.expm1(-shape)
        first = (2 * fall / shape) * xp.ones(1)
        return xp.concatenate([first, -xp.exp(-shape * np.arange(n - 1)) * fall**2 / shape])
