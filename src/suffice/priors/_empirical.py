"""The prior of a file of simulations, when only its draws are known."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float
from scipy import ndimage, stats

from ..core import as_key, check_whole, KeyLike
from ._abstract import AbstractPrior, Points, Vector
from ._interval import from_real, log_jacobian, to_real
from ._of_rows import of_rows

_KNOTS = 512
_MOST_CLASSES = 50  # as many as sf.estimate_mi takes whole numbers for classes
_DRAWS_A_VALUE = 10


class EmpiricalPrior(AbstractPrior):
    """Draws `theta` `(n, p)` that stand for a prior.

    Each parameter's density is a kernel estimate, reflected at the smallest and the largest
    draw, so it ends where the draws end; it is made for the logarithm of a parameter that is
    positive and skew. The joint density is the product of these: parameters that depend on
    each other in the prior are drawn so, but their dependence is not in `log_prob`.

    **Arguments:**

    - `theta`, `names`: the draws, and what their columns are called.
    - `discrete`: for each parameter the number of its classes, which are numbered from 0, or `None` for a continuous
      one. Unless told, a column that holds the whole numbers from 0 to k - 1 (at most 50 of them, and ten draws of
      each on average) is one of k classes, whose density is their probability.

    **Raises** `ValueError` for few draws, constant ones, and a few whole numbers that are no classes numbered from 0.

    >>> theta = np.column_stack([np.random.default_rng(0).normal(size=200), np.arange(200) % 2])
    >>> prior = EmpiricalPrior(theta, ("mass", "model"))
    >>> prior.discrete, np.exp(prior.marginal_log_prob((1,), np.array([[0.0], [1.0]]))).round(3).tolist()
    ((None, 2), [0.5, 0.5])
    """

    theta: Float[Array, "n p"]
    knots: Float[Array, "b p"]
    log_density: Float[Array, "b p"]
    names: tuple[str, ...] = eqx.field(static=True)
    classes: tuple[int | None, ...] = eqx.field(static=True)

    def __init__(
        self,
        theta: Points,
        names: tuple[str, ...] | None = None,
        *,
        discrete: tuple[int | None, ...] | None = None,
    ):
        theta = np.asarray(theta, np.float64)
        if theta.ndim != 2 or len(theta) < 20 or not np.isfinite(theta).all():
            raise ValueError(f"theta must be at least 20 finite draws of shape (n, p), but {theta.shape} came")
        called = tuple(names) if names else tuple(f"theta[{i}]" for i in range(theta.shape[1]))
        if len(called) != theta.shape[1]:
            raise ValueError(f"names must be {theta.shape[1]}, one for each column of theta, but {len(called)} came")
        for name, column in zip(called, theta.T):
            if np.ptp(column) <= 1e-12 * max(1e-300, np.abs(column).max()):
                raise ValueError(f"theta: {name!r} is constant, so there is nothing to infer; leave it out of theta")
        if discrete is None:
            discrete = tuple(_classes(name, column) for name, column in zip(called, theta.T))
        if len(discrete) != len(called):
            raise ValueError(f"discrete must be {len(called)}, one for each column of theta, but {discrete} came")
        self.theta, self.classes = jnp.asarray(theta, float), discrete
        estimates = [_shares(c, own) if c else _kernel_estimate(own) for c, own in zip(discrete, theta.T)]
        self.knots = jnp.asarray(np.stack([knots for knots, _ in estimates], axis=1), float)
        self.log_density = jnp.asarray(np.stack([density for _, density in estimates], axis=1), float)
        self.names = called

    @property
    def discrete(self) -> tuple[int | None, ...]:
        return self.classes

    def sample(self, n: int, *, key: KeyLike) -> Float[Array, "n p"]:
        check_whole(n=n)
        return self.theta[jax.random.choice(as_key(key), len(self.theta), (n,))]

    def log_prob(self, theta: Points) -> Float[Array, " n"]:
        return self._log_prob_of(tuple(range(len(self.names))), theta)

    def truncate(self, low: Vector, high: Vector) -> "EmpiricalPrior":
        inside = np.asarray(((self.theta >= jnp.asarray(low)) & (self.theta <= jnp.asarray(high))).all(axis=1))
        if inside.sum() < 20:
            raise ValueError(
                f"the box holds {inside.sum()} of the draws that stand for the prior; at least 20 are needed"
            )
        return EmpiricalPrior(np.asarray(self.theta)[inside], self.names, discrete=self.classes)

    def contains(self, theta: Points) -> Bool[Array, " n"]:
        return of_rows(_contains, self, theta)

    def box(self, mass: float = 1e-6) -> tuple[np.ndarray, np.ndarray]:
        return np.asarray(self.knots[0], np.float64), np.asarray(self.knots[-1], np.float64)

    def marginal_log_prob(self, index: tuple[int, ...], points: Float[Array | np.ndarray, "n d"]) -> Float[Array, " n"]:
        if len(index) == 1 or not self._dependent(index):
            return self._log_prob_of(tuple(index), points)
        drawn = np.asarray(self.theta, np.float64)[:20_000, list(index)]
        return jnp.asarray(stats.gaussian_kde(drawn.T).logpdf(np.asarray(points, np.float64).T), float)

    def subset(self, index: tuple[int, ...]) -> "EmpiricalPrior":
        names, classes = tuple(self.names[i] for i in index), tuple(self.classes[i] for i in index)
        return EmpiricalPrior(np.asarray(self.theta)[:, list(index)], names, discrete=classes)

    def to_unconstrained(self, theta: Points) -> Float[Array, "n p"]:
        return of_rows(_to_unconstrained, self, theta)

    def from_unconstrained(self, u: Points) -> Float[Array, "n p"]:
        return of_rows(_from_unconstrained, self, u)

    def log_prob_unconstrained(self, u: Points) -> Float[Array, " n"]:
        return of_rows(_log_prob_unconstrained, self, u)

    def describe(self) -> str:
        told = [
            name if not classes else f"{name} ({classes} classes)" for name, classes in zip(self.names, self.classes)
        ]
        return f"{', '.join(told)} ~ as in {len(self.theta)} draws"

    def _dependent(self, index: tuple[int, ...]) -> bool:
        """Whether rank correlations between the parameters are beyond what independent draws show."""
        ranks = np.argsort(np.argsort(np.asarray(self.theta)[:, list(index)], axis=0), axis=0)
        correlation = np.corrcoef(ranks, rowvar=False) - np.eye(len(index))
        return bool(np.abs(correlation).max() > 4 / np.sqrt(len(ranks)))

    def _log_prob_of(self, index: tuple[int, ...], points: Points) -> Float[Array, " n"]:
        return of_rows(lambda prior, some: _log_prob(prior, index, some), self, points)


@eqx.filter_jit
def _log_prob(prior: EmpiricalPrior, index: tuple[int, ...], points: Array) -> Array:
    def column(i: int, values: Array) -> Array:
        knots = prior.knots[:, i]
        density = jnp.interp(values, knots, prior.log_density[:, i])
        return jnp.where((values >= knots[0]) & (values <= knots[-1]), density, -jnp.inf)

    return jnp.stack([column(i, points[:, k]) for k, i in enumerate(index)]).sum(axis=0)


@eqx.filter_jit
def _contains(prior: EmpiricalPrior, theta: Array) -> Array:
    return jnp.isfinite(prior.log_prob(theta))


@eqx.filter_jit
def _to_unconstrained(prior: EmpiricalPrior, theta: Array) -> Array:
    return to_real(theta, prior.knots[0], prior.knots[-1])


@eqx.filter_jit
def _from_unconstrained(prior: EmpiricalPrior, u: Array) -> Array:
    return from_real(u, prior.knots[0], prior.knots[-1])


@eqx.filter_jit
def _log_prob_unconstrained(prior: EmpiricalPrior, u: Array) -> Array:
    jacobian = log_jacobian(u, prior.knots[0], prior.knots[-1]).sum(axis=1)
    return prior.log_prob(prior.from_unconstrained(u)) + jacobian


def _classes(name: str, draws: np.ndarray) -> int | None:
    """How many classes a column holds; `None` of a continuous one."""
    values = np.unique(draws)
    if len(values) > min(_MOST_CLASSES, len(draws) / _DRAWS_A_VALUE) or (values != np.round(values)).any():
        return None
    if not np.array_equal(values, np.arange(len(values))):
        raise ValueError(
            f"theta: {name!r} holds only {len(values)} whole numbers, from {values[0]:g} to {values[-1]:g}, which are "
            f"neither classes numbered from 0 nor a continuous parameter: number them from 0 to {len(values) - 1}, or "
            "draw it from a continuous prior"
        )
    return len(values)


def _shares(classes: int, draws: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Knots around the class numbers, and the log-probability of the nearest class at them."""
    counts = np.bincount(np.round(draws).astype(int), minlength=classes)
    if len(counts) > classes:
        raise ValueError(f"discrete: a column of {classes} classes holds the number {draws.max():g}")
    knots = np.linspace(-0.5, classes - 0.5, _KNOTS)
    nearest = np.clip(np.round(knots).astype(int), 0, classes - 1)
    return knots, np.log(np.maximum(counts, 1e-12) / len(draws))[nearest]


def _kernel_estimate(draws: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Knots between the smallest and the largest draw, and the log-density at them."""
    logarithmic = draws.min() > 0 and abs(stats.skew(np.log(draws))) < abs(stats.skew(draws)) - 0.5
    u = np.log(draws) if logarithmic else draws
    low, high = u.min(), max(u.max(), u.min() + 1e-9 * max(1.0, abs(u.min())))
    counts, edges = np.histogram(u, bins=_KNOTS, range=(low, high))
    # Silverman's rule, with the interquartile range against heavy tails.
    spread = min(u.std(), np.subtract(*np.quantile(u, [0.75, 0.25])) / 1.349 or u.std())
    width = 0.9 * spread * len(u) ** -0.2 / (edges[1] - edges[0])
    smooth = ndimage.gaussian_filter1d(counts.astype(np.float64), max(width, 0.5), mode="reflect")
    middles = 0.5 * (edges[1:] + edges[:-1])
    # The first and the last knot stand at the ends, so that the support is that of the draws.
    middles[0], middles[-1] = low, high
    density = np.log(np.maximum(smooth, 1e-12) / (smooth.sum() * (edges[1] - edges[0])))
    return (np.exp(middles), density - middles) if logarithmic else (middles, density)
