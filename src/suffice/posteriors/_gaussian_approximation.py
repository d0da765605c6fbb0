"""The Gaussian approximation: a normal distribution about the estimate, times the prior.

p(θ | x) ∝ N(θ̂(x); θ, F⁻¹) π(θ): what Fisher information alone says, without one more simulation.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import equinox as eqx
import jax
import numpy as np
import scipy.stats
from jaxtyping import Float, PyTree

from ..core import KeyLike
from ..priors import AbstractPrior
from ._abstract import AbstractDensity
from ._adaptive import adaptive_draws
from ._arviz import as_arviz
from ._asked import as_points, check_share
from ._comparison import checked_fisher, estimates_of, observed_estimate
from ._weighted import Weighted

_DRAWS, _FEW = 100_000, 1000


class Grid(NamedTuple):
    """Densities on a grid: `axes`, one array a parameter; `likelihood` and `posterior` on their product."""

    axes: tuple[np.ndarray, ...]
    likelihood: np.ndarray
    posterior: np.ndarray


class GaussianPosterior(AbstractDensity):
    """N(θ; estimate, F⁻¹) times the prior, normalised."""

    prior: AbstractPrior
    estimate: Float[np.ndarray, " p"]
    covariance: Float[np.ndarray, "p p"]
    draws: Weighted
    names: tuple[str, ...] = eqx.field(static=True)

    @property
    def mean(self) -> np.ndarray:
        """Posterior means `(p,)`."""
        return self.draws.weights @ self.draws.theta

    @property
    def std(self) -> np.ndarray:
        """Posterior standard deviations `(p,)`."""
        return np.sqrt(self.draws.weights @ (self.draws.theta - self.mean) ** 2)

    @property
    def ess(self) -> float:
        """What the kept draws are worth in independent ones."""
        return self.draws.ess

    @property
    def acceptance(self) -> float:
        """Which share of the kept draws that is."""
        return self.draws.ess / len(self.draws.theta)

    def quantile(self, q: float) -> np.ndarray:
        """The value below which a share `q` of each parameter's mass lies, `(p,)`."""
        check_share(q)
        return np.quantile(self.sample(_DRAWS, key=0), q, axis=0)

    def log_prob(self, theta: Float[Any, "n p"]) -> np.ndarray:
        """Normalised log-density `(n,)`."""
        theta = as_points(theta, self.names)
        if not len(theta):
            return np.zeros(0)
        prior = np.asarray(self.prior.log_prob(theta), np.float64)
        return self._normal(theta) + prior - self.draws.log_mean_weight

    def sample(self, n: int, *, key: KeyLike) -> np.ndarray:
        """`n` draws `(n, p)`."""
        if n > _DRAWS // 4:
            return _weighted(self.prior, self.estimate, self.covariance, 4 * n).resample(n, key=key)
        return self.draws.resample(n, key=key)

    def to_arviz(self, n: int = 4000, *, key: KeyLike = 0) -> Any:
        """`n` draws as ArviZ data."""
        return as_arviz(self.names, self.sample(n, key=key))

    def grid(self, points: int = 100) -> Grid:
        """Likelihood and posterior on a grid of `points` a parameter, for at most three parameters.

        The axes reach five standard deviations from the estimate, or to the ends of the prior.
        """
        p = len(self.estimate)
        if p > 3:
            raise ValueError(f"a grid of {p} parameters is too large; draw samples instead")
        low, high = self.prior.box(1e-9)
        reach = 5 * np.sqrt(np.diag(self.covariance))
        ends = zip(np.maximum(low, self.estimate - reach), np.minimum(high, self.estimate + reach))
        axes = tuple(np.linspace(a, b, points) for a, b in ends)
        theta = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, p)
        shape = (points,) * p
        return Grid(axes, np.exp(self._normal(theta)).reshape(shape), np.exp(self.log_prob(theta)).reshape(shape))

    def _normal(self, theta: np.ndarray) -> np.ndarray:
        normal = scipy.stats.multivariate_normal(self.estimate, self.covariance)  # pyright: ignore[reportArgumentType]
        return np.atleast_1d(normal.logpdf(theta))


class GaussianApproximation(eqx.Module):
    """Posteriors from an estimate and a Fisher matrix alone.

    **Arguments:**

    - `prior`: over the parameters.
    - `estimate`: `x -> (p,)` for one example, such as `fit.objective.estimate`.
    - `fisher`: `(p, p)`, such as `sf.fisher_matrix(...)`.

    >>> import numpyro.distributions as dist
    >>> from suffice import Prior
    >>> method = GaussianApproximation(Prior(m=dist.Normal(0, 1)), lambda x: x.mean(keepdims=True), [[3.0]])
    >>> method.condition(np.ones(3)).mean.round(2).tolist()
    [0.75]
    """

    prior: AbstractPrior
    estimate: Callable
    fisher: Float[np.ndarray, "p p"]

    def __init__(self, prior: AbstractPrior, estimate: Callable, fisher: Any):
        self.prior, self.estimate, self.fisher = prior, estimate, checked_fisher(fisher, prior.dim)

    def condition(self, x_obs: PyTree) -> GaussianPosterior:
        """The posterior of one observation.

        **Raises** `ValueError` when the prior has no density at the estimate.
        """
        return self._about(observed_estimate(self.estimate, x_obs, self.prior.dim))

    def condition_many(self, x_obs: PyTree) -> list[GaussianPosterior]:
        """The posteriors of several observations, arrays with one leading axis more."""
        return [self._about(estimate) for estimate in estimates_of(self.estimate, jax.tree.map(np.asarray, x_obs))]

    def _about(self, estimate: np.ndarray) -> GaussianPosterior:
        inside = np.isfinite(np.asarray(self.prior.log_prob(estimate[None])))[0]
        if not inside:
            told = ", ".join(f"{name} = {value:.4g}" for name, value in zip(self.prior.names, estimate))
            raise ValueError(
                f"the prior has no density at the estimate {told}, so a Gaussian about it means little: widen the "
                "prior, train at a fiducial nearer to the data, or use sf.ABC or sf.PMC"
            )
        covariance = np.linalg.inv(self.fisher)
        draws = _weighted(self.prior, estimate, covariance, _DRAWS)
        names = tuple(self.prior.names)
        return GaussianPosterior(prior=self.prior, estimate=estimate, covariance=covariance, draws=draws, names=names)


def _weighted(prior: AbstractPrior, estimate: np.ndarray, covariance: np.ndarray, n: int) -> Weighted:
    """Draws of the Gaussian weighted by the prior; pairs of opposite draws, so that their mean is exact."""
    half = np.random.default_rng(0).standard_normal((n // 2, len(estimate))) @ np.linalg.cholesky(covariance).T
    theta = estimate + np.concatenate([half, -half])
    found = Weighted(theta, np.asarray(prior.log_prob(theta), np.float64))
    if np.isfinite(found.log_weights).any() and found.ess >= _FEW:
        return found
    # The prior is a sliver of the Gaussian: draws from there, weighted by the Gaussian.
    normal = scipy.stats.multivariate_normal(estimate, covariance)  # pyright: ignore[reportArgumentType]
    drawn = adaptive_draws(prior, lambda points: np.atleast_2d(normal.logpdf(points)), 1, n, key=0)
    return Weighted(drawn.theta[0], drawn.log_weight[0])
