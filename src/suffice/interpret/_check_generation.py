"""Do generated series look like the true ones? Within what the network looks back, and beyond."""

import dataclasses
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
from jaxtyping import Float

from ..checks import draw
from ..core import as_key, KeyLike
from ..objectives import Bottleneck
from ..simulate import Simulations
from ..train import Fit
from ._displacements import autocorrelation, ensemble_msd, msd_exponent, time_averaged_msd
from ._latents import bottleneck_of, latents
from ._relevance import some_rows

_BOOTSTRAP = 200


@dataclasses.dataclass(frozen=True, eq=False)
class Generation:
    """Statistics of `x`, true series of displacements, and of `generated`, from their latents.

    - `lags`: of the mean squared displacements and correlations; `receptive_field`: as far as the network looks back.
    """

    x: np.ndarray
    generated: np.ndarray
    lags: np.ndarray
    receptive_field: int
    level: float

    def table(self) -> pd.DataFrame:
        """A row a statistic: its value for both, and the interval of generated minus true, by bootstrap over pairs."""
        inside = self.lags[self.lags <= self.receptive_field]
        beyond = self.lags[self.lags >= self.receptive_field]
        rows = [self._row("mean", lambda x: x.mean()), self._row("log variance", lambda x: np.log(x.var()))]
        half = self.x.shape[1] // 2
        rows.append(self._row("log variance, later over earlier half", lambda x: _growth(x, half)))
        rows.append(self._row("autocorrelation at lag 1", lambda x: autocorrelation(x, [1])[0]))
        for name, lags in (("inside", inside), ("beyond", beyond)):
            if len(lags) >= 2:
                rows.append(self._row(f"MSD exponent, {name} the receptive field", _exponent(lags)))
        return pd.DataFrame(rows)

    def msd(self) -> pd.DataFrame:
        """Mean squared displacement of the ensemble and averaged over time, for both, at each lag."""
        columns = {"lag": self.lags}
        for name, x in (("true", self.x), ("generated", self.generated)):
            columns[f"ensemble_{name}"] = ensemble_msd(x, list(self.lags))
            columns[f"time_averaged_{name}"] = time_averaged_msd(x, list(self.lags)).mean(axis=0)
        return pd.DataFrame(columns)

    def plot(self, ax: Any = None) -> Any:
        """Mean squared displacement and autocorrelation of both: `suffice.plots.generation`."""
        return draw(self, ax)

    def _row(self, name: str, statistic: Callable[[np.ndarray], float]) -> dict[str, Any]:
        """Each true series is drawn together with the generated one of its latents."""
        rng, n = np.random.default_rng(0), len(self.x)
        true, made = float(statistic(self.x)), float(statistic(self.generated))
        apart = []
        for _ in range(_BOOTSTRAP):
            rows = rng.integers(0, n, n)
            apart.append(statistic(self.generated[rows]) - statistic(self.x[rows]))
        low, high = np.quantile(apart, [0.5 - self.level / 2, 0.5 + self.level / 2])
        return {"statistic": name, "true": true, "generated": made, "low": low, "high": high, "difference": made - true}


def check_generation(
    fit: Fit | Bottleneck, sims: Simulations, *, key: KeyLike = 0, n: int = 1000, level: float = 0.95
) -> Generation:
    """Generate a series from the latents of each of `n` held-out ones, as long, and compare the two ensembles.

    Latents are drawn from the posterior of each series, not taken as their means.

    **Arguments:** `sims`: held-out series of displacements, without masks.
    """
    model = bottleneck_of(fit)
    if isinstance(sims.x, dict):
        raise ValueError("series with masks cannot be compared in this way; give whole ones")
    sims = sims[some_rows(len(sims.theta), n)]
    found = latents(model, sims)
    for_noise, for_series = jax.random.split(as_key(key))
    noise = np.asarray(jax.random.normal(for_noise, found.mean.shape))
    z = found.mean + np.exp(0.5 * found.log_variance) * noise
    x = np.asarray(sims.x, np.float64)
    made = np.asarray(model.generate(jnp.asarray(z), x.shape[1], key=for_series), np.float64)
    return Generation(x, made, _lags(x.shape[1]), model.decoder.network.receptive_field, level)


def _lags(steps: int) -> np.ndarray:
    return np.unique(np.geomspace(1, max(2, steps // 2), 16).astype(int))


def _growth(x: Float[np.ndarray, "n t *d"], half: int) -> float:
    return float(np.log((x[:, half:] ** 2).mean() / (x[:, :half] ** 2).mean()))


def _exponent(lags: np.ndarray) -> Callable[[np.ndarray], float]:
    return lambda x: float(msd_exponent(ensemble_msd(x, list(lags)), list(lags)))
