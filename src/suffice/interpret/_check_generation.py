"""Do generated series look like the true ones? Within what the network looks back, and beyond."""

import dataclasses
from collections.abc import Callable
from typing import Any

import jax
import numpy as np
import pandas as pd
from jaxtyping import Float

from ..checks import draw
from ..core import as_key, KeyLike
from ..objectives import Bottleneck
from ..simulate import Simulations
from ..train import Fit
from ._displacements import autocorrelation, ensemble_msd, msd_exponent, time_averaged_msd
from ._groups import column_of, groups_of, some_rows
from ._latents import bottleneck_of, latents, refuse_other_parameters

_BOOTSTRAP = 200
_STEPS = 48
_OF_A_GROUP = 20  # series, of which a drift is looked at


@dataclasses.dataclass(frozen=True, eq=False)
class Generation:
    """Statistics of `x`, true series of displacements, and of `generated`, from their latents.

    Both are divided by the root mean square of the true one, so that large series do not outweigh the others.

    - `theta`, `names`: parameters of the true ones; `first`: steps left out at the start of both.
    - `before`: those steps, true and generated; positions, whose drift is looked at, begin with them.
    - `lags`: of the mean squared displacements and correlations; `receptive_field`: as far as the network looks back.
    """

    x: np.ndarray
    generated: np.ndarray
    theta: np.ndarray
    names: tuple[str, ...]
    lags: np.ndarray
    receptive_field: int
    first: int
    level: float
    before: tuple[np.ndarray, np.ndarray] | None = None

    def table(self) -> pd.DataFrame:
        """A row a statistic: its value for both, and the interval of generated minus true, by bootstrap over pairs."""
        half, positions = self.x.shape[1] // 2, self._positions()
        rows = [self._row("mean", lambda x: x.mean()), self._row("log variance", lambda x: np.log((x**2).mean()))]
        rows.append(self._row("log variance, later over earlier half", lambda x: _growth(x, half)))
        rows.append(self._row("autocorrelation at lag 1", lambda x: autocorrelation(x, [1])[0]))
        rows.append(self._row("drift: mean position over its spread, largest", _drift, positions))
        for name, column in zip(self.names, self.theta.T):
            groups = groups_of(column)
            if np.unique(groups, return_counts=True)[1].min() >= _OF_A_GROUP:
                rows.append(self._row(f"drift of series of one {name}, largest", _drift, positions, groups))
        for name, lags in self._ranges():
            rows.append(self._row(f"MSD exponent, {name} the receptive field", _exponent(lags, None)))
        return pd.DataFrame(rows)

    def exponents(self, by: str, *, ensemble: bool = False) -> pd.DataFrame:
        """MSD exponents inside and beyond the receptive field, a row for each value of a parameter.

        **Arguments:** `by`: its name; `ensemble`: of the ensemble from the first position, rather than averaged over
        time; needed where the process does not forget its origin, which is `first` steps back then.
        """
        column = groups_of(column_of(self.theta, self.names, by))
        found = []
        for value in np.unique(column):
            rows = column == value
            row: dict[str, Any] = {by: float(value), "n": int(rows.sum())}
            for name, lags in self._ranges():
                exponent = _exponent(lags, self.first if ensemble else None)
                row[f"{name}_true"] = exponent(self.x[rows])
                row[f"{name}_generated"] = exponent(self.generated[rows])
            found.append(row)
        return pd.DataFrame(found)

    def drift(self, by: str) -> pd.DataFrame:
        """Largest mean position, in units of the spread of positions at that step, a row for each value of a parameter.

        Positions begin with the first step, whether training scored it or not. A mean over all series hides what drifts
        one way at small values and the other way at large ones. By chance it is a few of `chance`, one over the root of
        the number of series.
        """
        column, found = groups_of(column_of(self.theta, self.names, by)), []
        true, made = self._positions()
        for value in np.unique(column):
            rows = column == value
            row = {by: float(value), "n": int(rows.sum()), "true": _drift(true[rows]), "generated": _drift(made[rows])}
            found.append(row | {"chance": 1 / np.sqrt(rows.sum())})
        return pd.DataFrame(found)

    def msd(self) -> pd.DataFrame:
        """Mean squared displacement of the ensemble and averaged over time, for both, at each lag."""
        columns, lags = {"lag": self.lags}, [int(lag) for lag in self.lags]
        for name, x in (("true", self.x), ("generated", self.generated)):
            columns[f"ensemble_{name}"] = ensemble_msd(x, lags)
            columns[f"time_averaged_{name}"] = time_averaged_msd(x, lags).mean(axis=0)
        return pd.DataFrame(columns)

    def _positions(self) -> tuple[np.ndarray, np.ndarray]:
        """At some of the steps, more of them early."""
        parts = zip(self.before or (self.x[:, :0], self.generated[:, :0]), (self.x, self.generated))
        whole = [np.cumsum(np.concatenate(pair, axis=1), axis=1) for pair in parts]
        steps = np.unique(np.geomspace(1, whole[0].shape[1], _STEPS).astype(int)) - 1
        return whole[0][:, steps], whole[1][:, steps]

    def _ranges(self) -> list[tuple[str, np.ndarray]]:
        inside, beyond = self.lags[self.lags <= self.receptive_field], self.lags[self.lags >= self.receptive_field]
        return [(name, lags) for name, lags in (("inside", inside), ("beyond", beyond)) if len(lags) >= 2]

    def plot(self, ax: Any = None) -> Any:
        """Mean squared displacement and autocorrelation of both: `suffice.plots.generation`."""
        return draw(self, ax)

    def _row(
        self,
        name: str,
        statistic: Callable[[np.ndarray], float],
        of: tuple[np.ndarray, np.ndarray] | None = None,
        groups: np.ndarray | None = None,
    ) -> dict[str, Any]:
        """Each true series is drawn together with the generated one of its latents; the largest of all groups."""
        pair = of or (self.x, self.generated)
        rng, n = np.random.default_rng(0), len(self.x)

        def both(rows: np.ndarray) -> np.ndarray:
            parts = [rows] if groups is None else [rows[groups[rows] == g] for g in np.unique(groups[rows])]
            return np.array([max(float(statistic(x[part])) for part in parts) for x in pair])

        true, made = both(np.arange(n))
        apart = np.array([np.subtract(*both(rng.integers(0, n, n))[::-1]) for _ in range(_BOOTSTRAP)])
        low, high = np.quantile(apart, [0.5 - self.level / 2, 0.5 + self.level / 2])
        return {"statistic": name, "true": true, "generated": made, "low": low, "high": high, "difference": made - true}


def check_generation(
    fit: Fit | Bottleneck,
    sims: Simulations,
    *,
    key: KeyLike = 0,
    n: int = 1000,
    first: int | None = None,
    level: float = 0.95,
) -> Generation:
    """Generate a series from the latents of each of `n` held-out ones, as long, and compare the two ensembles.

    Latents are drawn from the posterior of each series, not taken as their means.

    **Arguments:** `sims`: held-out series of displacements, without masks; `first`: steps at the start that are not
    looked at, those that training did not score unless told.
    """
    model = bottleneck_of(fit)
    first = _refuse(model, sims, n, first)
    sims = sims[some_rows(len(sims.theta), n)]
    found = latents(model, sims)
    for_noise, for_series = jax.random.split(as_key(key))
    noise = np.asarray(jax.random.normal(for_noise, found.mean.shape))
    z = found.mean + np.exp(0.5 * found.log_variance) * noise
    x = np.asarray(sims.x, np.float64)
    made = np.asarray(model.generate(z, x.shape[1], key=for_series, theta=found.theta), np.float64)
    size = np.sqrt((x**2).mean(axis=tuple(range(1, x.ndim)), keepdims=True)) + 1e-300
    lags = np.unique(np.geomspace(1, max(2, (x.shape[1] - first) // 2), 16).astype(int))
    field = model.decoder.network.receptive_field
    x, made = x / size, made / size
    before = (x[:, :first], made[:, :first])
    return Generation(x[:, first:], made[:, first:], found.theta, found.names, lags, field, first, level, before)


def _refuse(model: Bottleneck, sims: Simulations, n: int, first: int | None) -> int:
    """How many steps are left out at the start."""
    if isinstance(sims.x, dict):
        raise ValueError("series with masks cannot be compared in this way; give whole ones")
    if n < 2 or len(sims.theta) < 2:
        raise ValueError(f"at least 2 series are compared, but n is {n} and {len(sims.theta)} simulations came")
    refuse_other_parameters(model, sims.names)
    most = np.shape(sims.x)[1] - 3
    if first is None and model.skip > most:
        raise ValueError(
            f"series of {most + 3} steps came, but the first {model.skip} are left out, which training did not score; "
            "give longer series, or say with first= how many to leave out"
        )
    first = model.skip if first is None else first
    if not 0 <= first <= most:
        raise ValueError(f"first must be from 0 to {most}, but {first} came")
    return first


def _drift(positions: Float[np.ndarray, "n t *d"]) -> float:
    """Over all steps and dimensions, the largest |mean position| / standard deviation of positions."""
    return float((np.abs(positions.mean(axis=0)) / (positions.std(axis=0) + 1e-300)).max())


def _growth(x: Float[np.ndarray, "n t *d"], half: int) -> float:
    return float(np.log((x[:, half:] ** 2).mean() / (x[:, :half] ** 2).mean()))


def _exponent(lags: np.ndarray, origin: int | None) -> Callable[[np.ndarray], float]:
    """Of the ensemble from its first position where there is an origin, else averaged over time."""
    steps = [int(lag) for lag in lags]
    if origin is not None:
        return lambda x: float(msd_exponent(ensemble_msd(x, steps), steps, origin))
    return lambda x: float(msd_exponent(time_averaged_msd(x, steps).mean(axis=0), steps))
