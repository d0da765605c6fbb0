"""One and the same posterior estimate for every summary, so that what differs is the summary.

    log q(θ_g | s) = log N(T(z; f); 0, 1) + log |∂T/∂z| + log |∂z/∂θ_g|

for each parameter by itself and for all together. z is what the linear-Gaussian start leaves of the parameters
(`objectives/_gaussian_start.py`), f what a small flow is told of the summary. All of it is made once, before training,
and filled up to the same size, so that the flows of all summaries train side by side in one compiled call.

The mean of log q(θ_g | s) − log p(θ_g) over held-out rows is a lower bound of I(θ_g; s) (Barber & Agakov 2003).
"""

from collections.abc import Callable
from typing import Any, ClassVar, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PyTree
from scipy import stats

from ..information import Marginals
from ..networks import ConditionalFlow, moments
from ..objectives import better_start, gaussian_start, GaussianStart
from ..priors import AbstractPrior
from ..simulate import Batch
from ..train import AbstractObjective, AbstractSource, Arrays, fit_members, Split

_SKEWED, _HEAVY = 1.0, 3.0
_POINTS = 64
PROBABILITIES = (np.arange(_POINTS) + 0.5) / _POINTS
_SMALL: dict[str, Any] = {"layers": 1, "knots": 6, "width": 16, "depth": 1}
_JOINT: dict[str, Any] = {"layers": 1, "knots": 6, "width": 24, "depth": 1}


class FlowOnFeatures(AbstractObjective):
    """log q(z | f) of rows in which z and f stand ready."""

    summary: Callable
    flow: ConditionalFlow
    monitor: ClassVar[str] = "loss"
    judge_start: ClassVar[bool] = True

    def start(self, rows: Any, *, names: tuple[str, ...], key: Array) -> "FlowOnFeatures":
        return self

    def finish(self, held_out: AbstractSource, *, key: Array) -> "FlowOnFeatures":
        return self

    def loss(self, batch: PyTree, *, key: Array, step: Array) -> tuple[Array, dict[str, Array]]:
        return -jax.vmap(self.flow.log_prob)(batch.theta, batch.x).mean(), {}


class Contexts(NamedTuple):
    """Of each summary the columns that a start is made of, and the features of a flow, of one size for all."""

    columns: list[np.ndarray]
    features: list[np.ndarray]


class Group(NamedTuple):
    """Some parameters: for each summary a start and a flow, and one number for each test row.

    `terms` `(summaries, rows)` hold log q(θ_g | s) − log p(θ_g).
    """

    index: tuple[int, ...]
    prior: AbstractPrior
    starts: list[GaussianStart]
    flows: list[ConditionalFlow]
    terms: Float[np.ndarray, "s m"]


def contexts_of(
    summaries: list[Float[np.ndarray, "n _"]],
    theta: Float[np.ndarray, "n p"],
    prior: AbstractPrior,
    train: np.ndarray,
) -> Contexts:
    """Standardised columns, with normal scores of skewed or heavy-tailed ones; places and widths of all parameters."""
    columns = [_columns(s, train) for s in summaries]
    u = np.asarray(prior.to_unconstrained(theta), np.float64)
    told = [_features(_begun(own, theta, u, prior, train), own) for own in columns]
    widest = max(own.shape[1] for own in told)
    return Contexts(columns, [np.pad(own, ((0, 0), (0, widest - own.shape[1]))) for own in told])


def learn(
    contexts: Contexts,
    index: tuple[int, ...],
    theta: Float[np.ndarray, "n p"],
    prior: AbstractPrior,
    split: Split,
    *,
    key: Array,
    **options: Any,
) -> Group:
    """Densities of the parameters `index` given each summary, and what they say of the test rows."""
    own = prior if len(index) == prior.dim else prior.subset(index)
    part = theta[:, list(index)]
    u = np.asarray(own.to_unconstrained(jnp.asarray(part, float)), np.float64)
    starts = [_begun(columns, part, u, own, split.train) for columns in contexts.columns]
    placed = [_placed(start, columns, u) for start, columns in zip(starts, contexts.columns)]
    sizes = (contexts.features[0].shape[1], len(index))
    flow = ConditionalFlow(*sizes, **(_SMALL if len(index) == 1 else _JOINT), key=key)
    sources = [_sources(z, f, split, prior.names) for (z, _), f in zip(placed, contexts.features)]
    members = [FlowOnFeatures(_as_it_is, flow) for _ in sources]
    settings = {"learning_rate": 4e-3, "max_epochs": 100, "patience": 12, "progress": False} | options
    fits = fit_members(members, sources, key=key, **settings)
    flows = [fit.flow for fit in fits.objectives]
    base = np.asarray(own.log_prob_unconstrained(jnp.asarray(u[split.test], float)), np.float64)
    terms = [
        _log_prob(flow, z[split.test], f[split.test]) + log_det[split.test] - base
        for flow, (z, log_det), f in zip(flows, placed, contexts.features)
    ]
    return Group(index, own, starts, flows, np.stack(terms))


def quantiles(group: Group, which: int, contexts: Contexts, rows: np.ndarray) -> Float[np.ndarray, "m q"]:
    """Quantiles of a single parameter's posterior at `PROBABILITIES`, for some rows."""
    noise = jnp.asarray(stats.norm.ppf(PROBABILITIES)[:, None], float)
    columns, features = (jnp.asarray(part[which][rows], float) for part in contexts)
    u = np.asarray(_at_noise(group.flows[which], group.starts[which], columns, features, noise))
    theta = group.prior.from_unconstrained(u.reshape(-1, 1))
    return np.asarray(theta, np.float64).reshape(len(rows), -1)


def _as_it_is(x: PyTree) -> PyTree:
    return x


def _columns(s: np.ndarray, train: np.ndarray) -> np.ndarray:
    mean, scale = moments(s[train], s.shape[1:])
    z = (s - mean) / scale
    odd = (np.abs((z[train] ** 3).mean(axis=0)) > _SKEWED) | ((z[train] ** 4).mean(axis=0) - 3 > _HEAVY)
    if not odd.any():
        return z
    return np.column_stack([z, Marginals.fit(s[train][:, odd], (True,) * int(odd.sum()), "ranks")(s[:, odd])])


def _begun(
    columns: np.ndarray, theta: np.ndarray, u: np.ndarray, prior: AbstractPrior, train: np.ndarray
) -> GaussianStart:
    s, u = columns[train], u[train]
    starts = [gaussian_start(s, u, theta[train], prior), gaussian_start(s, u, widths=False)]
    return starts[better_start(starts, [s, s], u)]


def _sources(z: np.ndarray, features: np.ndarray, split: Split, names: tuple[str, ...]) -> tuple[Arrays, Arrays]:
    size = int(np.clip(len(split.train) // 12, 32, 1024))
    data = Batch(jnp.asarray(z, float), jnp.asarray(features, float))
    valid = Arrays(data, split.valid, batch_size=len(split.valid), shuffle=False, names=names)
    return Arrays(data, split.train, batch_size=size, names=names), valid


def _features(start: GaussianStart, columns: np.ndarray) -> np.ndarray:
    return np.asarray(_features_of(start, jnp.asarray(columns, float)), np.float64)


def _placed(start: GaussianStart, columns: np.ndarray, u: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    z, log_det = _placed_of(start, jnp.asarray(columns, float), jnp.asarray(u, float))
    return np.asarray(z, np.float64), np.asarray(log_det, np.float64)


def _log_prob(flow: ConditionalFlow, z: np.ndarray, features: np.ndarray) -> np.ndarray:
    return np.asarray(_log_prob_of(flow, jnp.asarray(z, float), jnp.asarray(features, float)), np.float64)


@eqx.filter_jit
def _features_of(start: GaussianStart, columns: Array) -> Array:
    return jax.vmap(start.features)(columns)


@eqx.filter_jit
def _placed_of(start: GaussianStart, columns: Array, u: Array) -> tuple[Array, Array]:
    return jax.vmap(start)(columns, u)


@eqx.filter_jit
def _log_prob_of(flow: ConditionalFlow, z: Array, features: Array) -> Array:
    return jax.vmap(flow.log_prob)(z, features)


@eqx.filter_jit
def _at_noise(flow: ConditionalFlow, start: GaussianStart, columns: Array, features: Array, noise: Array) -> Array:
    def row(own: tuple[Array, Array]) -> Array:
        return jax.vmap(lambda e: start.inverse(own[0], flow.transform(e, own[1]))[0])(noise)

    return jax.lax.map(row, (columns, features), batch_size=256)
