"""Local classifier two-sample test: is the posterior right at this observation?

A classifier d(θ, s) is trained to tell true parameters from draws of their posteriors, over held-out simulations with
summaries s. Where q(θ | x) is right it can do no better than one half, at the observation too:

    t = mean over θ ~ q(θ | x_obs) of (d(θ, s_obs) − ½)²

(Linhart, Gramfort & Rodrigues 2023, arXiv:2306.03580, equation 8). The classifier's own noise is known from others,
trained on the same pairs with truth and draw of every second simulation exchanged, at random: were the posterior right
everywhere, none could tell these from the first, so that

    p = (1 + #{t_h ≥ t}) / (1 + H)

is uniform. All classifiers are trained side by side in one compiled call. Parameters are given in units of each
posterior's own mean and width, with their products: errors of place, width and correlation are then easy to see however
narrow posteriors are.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pandas as pd
from jaxtyping import Array, Float, PyTree

from ..core import as_key, KeyLike, kind_of, summary_rows
from ..networks import Stack
from ..posteriors import one_observation, posterior, RatioPosterior
from ..priors import AbstractPrior
from ..simulate import Simulations
from ..train import Fit
from ._draw import draw
from ._held_out import check_held_out, over_held_out, Part, region_names
from ._misspecification import of_observations
from ._rows import check_confidence, enough, finite

_WIDTH, _STEPS, _PAIRS, _DRAWS = 24, 150, 128, 1000
FEWEST = 200  # held-out simulations: from fewer a classifier learns nothing


class Local(NamedTuple):
    """What the classifier says of one region at the observation.

    `statistic` t; `null` `(h,)` those of exchanged pairs; and for each of its `parameters` by how many standard
    deviations the posterior sits too high (`shift`), and the width it has over that it should have (`width`).
    """

    parameters: tuple[str, ...]
    statistic: float
    null: np.ndarray
    shift: np.ndarray
    width: np.ndarray

    @property
    def p_value(self) -> float:
        """Share of null classifiers that see as much."""
        return float((1 + (self.null >= self.statistic).sum()) / (1 + len(self.null)))

    def __str__(self) -> str:
        places, sizes = np.abs(self.shift), np.abs(np.log(self.width))
        if places.max() > sizes.max():
            i = int(places.argmax())
            side = "high" if self.shift[i] > 0 else "low"
            return f"{self.parameters[i]} too {side} by about {places[i]:.1f} standard deviations"
        i = int(sizes.argmax())
        if sizes[i] < 0.05:
            return "of another shape"
        off = 1 - min(self.width[i], 1 / self.width[i])
        return f"{self.parameters[i]} too {'narrow' if self.width[i] < 1 else 'wide'} by about {100 * off:.0f} %"


@dataclass(frozen=True, eq=False)
class LocalC2st:
    """What `sf.checks.l_c2st` found.

    - `regions`: a `Local` for each group of parameters, called `names`.
    - `n`: how many held-out simulations the classifiers were trained on.
    - `confidence`: of the verdict, allowing for the number of groups.
    """

    regions: tuple[Local, ...]
    names: tuple[str, ...]
    n: int
    confidence: float = 0.95

    @property
    def p_value(self) -> Float[np.ndarray, " g"]:
        """One for each group of parameters."""
        return np.array([region.p_value for region in self.regions])

    @property
    def passed(self) -> bool:
        """Whether no group was found at fault."""
        return bool((self.p_value >= (1 - self.confidence) / len(self.regions)).all())

    def table(self) -> pd.DataFrame:
        """One row a group: statistic, its median under the null, p-value, whether it passed, and a verdict in words."""
        least = (1 - self.confidence) / len(self.regions)
        rows = [
            {
                "group": name,
                "statistic": region.statistic,
                "null": float(np.median(region.null)),
                "p": region.p_value,
                "passed": region.p_value >= least,
                "verdict": "right at this observation, as far as can be seen" if region.p_value >= least else
                f"wrong at this observation: {region}",
            }
            for name, region in zip(self.names, self.regions)
        ]  # fmt: skip
        return pd.DataFrame(rows)

    def plot(self, ax: Any = None) -> Any:
        """The statistic of each group among those of the null: `suffice.plots.l_c2st`."""
        return draw(self, ax)

    def __str__(self) -> str:
        head = f"L-C2ST, trained on {self.n} held-out simulations"
        return f"{head}\n{self.table().to_string(index=False, float_format=lambda v: f'{v:.3g}')}"


def l_c2st(
    fit: Fit,
    prior: AbstractPrior,
    sims: Simulations,
    x_obs: PyTree,
    *,
    features: Callable | None = None,
    nulls: int | None = None,
    confidence: float = 0.95,
    key: KeyLike = 0,
) -> LocalC2st:
    """Is the posterior of one observation right?

    **Arguments:**

    - `fit`: a fit that `sf.posterior` has a posterior for.
    - `prior`: the prior that the simulations were drawn from.
    - `sims`: simulations from this prior that the fit has not seen; the more, the smaller the errors that are seen.
    - `x_obs`: one observation, shaped as one simulation.
    - `features`: `x -> s`, what the classifier is told of the data; by default the summary of the fit. With another one
      the test sees as well what the summary has lost of it.
    - `nulls`: classifiers of exchanged pairs; by default 100, more where there are many groups.
    - `confidence`: of the verdict.
    - `key`: of draws, classifiers and exchanges.

    **Returns** a `LocalC2st`, with `.p_value`, `.table()` and `.plot()`.

    **Raises** `ValueError` for a wrong shape, features of the observation that are not finite, or fewer than 200
    simulations, those left out not counted. **Warns** where some are left out: failed ones, and those whose features
    are not finite.
    """
    check_held_out(fit, prior, sims)
    check_confidence(confidence)
    if len(sims) < FEWEST:
        raise ValueError(f"sims: at least {FEWEST} held-out simulations are needed to train on; got {len(sims)}")
    for_rows, for_test = jax.random.split(as_key(key))
    if features is not None and not callable(features):
        raise TypeError(f"features must be a function x -> s, but {kind_of(features)} came")
    summary = features or fit.objective.summary
    x_obs = one_observation(fit.example, x_obs)
    _observed(summary, x_obs)
    _nulls(nulls, confidence, 1)

    def told(part: Part) -> np.ndarray:
        drawn = [values[:, 0] for values in part.posterior.region_draws(1, key=part.key)]
        return pairs_of(part, drawn, summary)

    pairs, _ = over_held_out(told, fit, prior, sims, key=for_rows)
    settings = {"features": features, "nulls": nulls, "confidence": confidence, "key": for_test}
    return local_tests(pairs, fit, prior, x_obs, **settings)


def pairs_of(part: Part, drawn: list[np.ndarray], summary: Callable) -> Float[np.ndarray, "m c"]:
    """Truths and one draw of each region, in units of their posteriors, and summaries: what classifiers learn from."""
    truth = [part.theta[:, list(region)] for region in part.posterior.regions]
    units = _units(part.posterior)
    both = [(values - middle) / width for side in (truth, drawn) for values, (middle, width) in zip(side, units)]
    return np.concatenate([*both, summary_rows(summary, part.x)], axis=1)


def local_tests(
    pairs: Float[np.ndarray, "m c"],
    fit: Fit,
    prior: AbstractPrior,
    x_obs: PyTree,
    *,
    features: Callable | None = None,
    nulls: int | None = None,
    confidence: float = 0.95,
    key: KeyLike = 0,
) -> LocalC2st:
    """`l_c2st` from pairs of held-out simulations."""
    for_one, for_draws, for_training = jax.random.split(as_key(key), 3)
    one = posterior(fit, prior, x_obs, key=for_one)
    sizes = [len(region) for region in one.regions]
    nulls = _nulls(nulls, confidence, len(sizes))
    pairs = pairs[enough(finite([pairs]), "posteriors and features of sims")]
    if len(pairs) < FEWEST:
        raise ValueError(f"sims: {len(pairs)} have finite features, but at least {FEWEST} are needed to train on")
    s_obs = _observed(features or fit.objective.summary, x_obs)
    drawn = zip(one.region_draws(_DRAWS, key=for_draws), _units(one))
    asked = [(values[0] - middle) / width for values, (middle, width) in drawn]
    columns, total = np.split(np.arange(sum(sizes)), np.cumsum(sizes)[:-1]), sum(sizes)
    regions = []
    for g, own in enumerate(columns):
        parameters = tuple(_names(one)[i] for i in one.regions[g])
        known = (pairs[:, own], pairs[:, total + own], pairs[:, 2 * total :])
        regions.append(_local(parameters, *known, asked[g], s_obs, nulls, jax.random.fold_in(for_training, g)))
    return LocalC2st(tuple(regions), region_names(one), len(pairs), confidence)


def _observed(summary: Callable, x_obs: PyTree) -> np.ndarray:
    """The features of the observation."""
    return of_observations(summary, jax.tree.map(lambda leaf: leaf[None], x_obs), "features of x_obs are")[0]


def _nulls(nulls: int | None, confidence: float, groups: int) -> int:
    least = int(np.ceil(groups / (1 - confidence)))
    if nulls is None:
        return max(100, least)
    if nulls < least:
        raise ValueError(f"nulls must be at least {least} for a p-value small enough to be a verdict, but {nulls} came")
    return nulls


def _names(one: Any) -> tuple[str, ...]:
    return one.objective.names if isinstance(one, RatioPosterior) else one.names


def _units(found: Any) -> list[tuple[np.ndarray, np.ndarray]]:
    """Mean and standard deviation of each region's parameters, `(m, d)`, by which they are measured."""
    places = [[found.names.index(_names(found)[i]) for i in region] for region in found.regions]
    mean, std = (np.atleast_2d(values) for values in (found.mean, found.std))
    return [(mean[:, own], np.maximum(std[:, own], 1e-300)) for own in places]


def _local(
    parameters: tuple[str, ...],
    truth: np.ndarray,
    drawn: np.ndarray,
    s: np.ndarray,
    asked: np.ndarray,
    s_obs: np.ndarray,
    nulls: int,
    key: Array,
) -> Local:
    """Train the classifiers of one region and ask them at the observation."""
    middle, scale = s.mean(axis=0), np.maximum(s.std(axis=0), 1e-12)
    s, s_obs = (s - middle) / scale, (s_obs - middle) / scale
    at = _features(asked, np.broadcast_to(s_obs, (len(asked), len(s_obs))))
    logits = np.asarray(_classified(_features(truth, s), _features(drawn, s), at, nulls, key), np.float64)
    statistic = ((1 / (1 + np.exp(-logits)) - 0.5) ** 2).mean(axis=1)
    weights = np.exp(np.clip(logits[0], -10, 10))
    weights /= weights.sum()
    mean = weights @ asked
    should = np.sqrt(weights @ (asked - mean) ** 2)
    width = asked.std(axis=0)
    return Local(parameters, float(statistic[0]), statistic[1:], (asked.mean(axis=0) - mean) / width, width / should)


def _features(z: np.ndarray, s: np.ndarray) -> Array:
    """Parameters in their posterior's units, their products, and the data; far ones at five units."""
    z = np.clip(z, -5, 5)
    first, second = np.triu_indices(z.shape[1])
    return jnp.asarray(np.concatenate([z, (z[:, first] * z[:, second]) / 2, np.clip(s, -5, 5)], axis=1), float)


@eqx.filter_jit
def _classified(truth: Array, drawn: Array, asked: Array, nulls: int, key: Array) -> Array:
    """Logits `(1 + nulls, n)` of classifiers at `asked`; the first is told which of each pair is the truth."""
    for_start, for_exchange, for_batches = jax.random.split(key, 3)
    start = Stack(truth.shape[1], 1, width=_WIDTH, depth=2, last=0.0, key=for_start)
    exchanged = jax.random.rademacher(for_exchange, (nulls, len(truth)), truth.dtype)
    sign = jnp.concatenate([jnp.ones((1, len(truth)), truth.dtype), exchanged])
    batches = jax.random.randint(for_batches, (_STEPS, min(_PAIRS, len(truth))), 0, len(truth))
    optimiser = optax.adamw(optax.cosine_decay_schedule(3e-3, _STEPS), weight_decay=1e-2)
    learned, fixed = eqx.partition(start, eqx.is_inexact_array)

    def one(sign: Array) -> Array:
        def loss(learned: Any, rows: Array) -> Array:
            network = jax.vmap(eqx.combine(learned, fixed))
            apart = [sign[rows] * network(part[rows])[:, 0] for part in (truth, drawn)]
            return (jax.nn.softplus(-apart[0]) + jax.nn.softplus(apart[1])).mean()

        def step(state: Any, rows: Array) -> tuple[Any, None]:
            learned, memory = state
            updates, memory = optimiser.update(jax.grad(loss)(learned, rows), memory, learned)
            return (optax.apply_updates(learned, updates), memory), None

        (end, _), _ = jax.lax.scan(step, (learned, optimiser.init(learned)), batches)
        return jax.vmap(eqx.combine(end, fixed))(asked)[:, 0]

    return jax.vmap(one)(sign)
