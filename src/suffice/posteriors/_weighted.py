"""Weighted draws, and what they are worth."""

import dataclasses

import jax
import numpy as np

from ..core import as_key, KeyLike, warn


@dataclasses.dataclass(frozen=True)
class Weighted:
    """Draws `theta` `(n, p)` with log-weights `(n,)`.

    >>> import numpy as np
    >>> float(Weighted(np.zeros((4, 1)), np.zeros(4)).ess)
    4.0
    """

    theta: np.ndarray
    log_weights: np.ndarray

    @property
    def weights(self) -> np.ndarray:
        """Weights that sum to one."""
        weights = np.exp(self.log_weights - self.log_weights.max())
        return weights / weights.sum()

    @property
    def ess(self) -> float:
        """Kish's effective sample size, (Σ w)² / Σ w²."""
        return float(1.0 / (self.weights**2).sum())

    @property
    def log_mean_weight(self) -> float:
        """log of the mean weight: the evidence, when the draws are the prior's."""
        peak = self.log_weights.max()
        return float(peak + np.log(np.exp(self.log_weights - peak).mean()))

    def resample(self, n: int, *, key: KeyLike) -> np.ndarray:
        """`n` draws with equal weights (systematic resampling), in random order."""
        if not np.isfinite(self.log_weights).any():
            raise ValueError("no draw has any weight, so there is nothing to draw from")
        generator = np.random.default_rng(np.asarray(jax.random.key_data(as_key(key))).ravel())
        places = (generator.random() + np.arange(n)) / n
        chosen = np.searchsorted(np.cumsum(self.weights), places).clip(max=len(self.theta) - 1)
        return self.theta[generator.permutation(chosen)]

    def reject(self, *, key: KeyLike) -> np.ndarray:
        """Exact independent draws: each is kept with probability weight / largest weight."""
        generator = np.random.default_rng(np.asarray(jax.random.key_data(as_key(key))).ravel())
        keep = np.log(generator.random(len(self.theta))) < self.log_weights - self.log_weights.max()
        return self.theta[keep]

    def warn_if_few(self, wanted: float = 200.0) -> None:
        """Warn when the draws are worth fewer than `wanted` independent ones."""
        if self.ess < wanted:
            warn(
                f"{len(self.theta)} weighted draws are worth only {self.ess:.0f} independent ones: the posterior "
                "is much narrower than the prior. Draw more, or narrow the prior first with sf.truncate or sf.rounds",
            )
