"""The mean of a normal distribution with known spread, in several dimensions.

    x ~ N(θ, s² 1),   θ ~ N(0, s² 1)   or   θ ~ U(-1, 1)ᵏ,   s² = 0.1,   k = 10

Tasks T.1 and T.2 of Lueckmann et al. (2021), arXiv:2101.04653. The posterior is N(x / 2, s²/2 1) for the normal prior
(conjugate), and N(x, s² 1) cut off at the box, one dimension by itself, for the uniform one.
"""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import numpyro.distributions as dist
from jaxtyping import Array, Float
from scipy import stats

from ...core import as_key, KeyLike
from ...priors import Prior
from ._process import AbstractProcess, registry

_SPREAD = float(np.sqrt(0.1))


@registry.register("normal_mean")
class NormalMean(AbstractProcess):
    """As many parameters as numbers; knows its posterior.

    **Arguments:**

    - `dim`: how many.
    - `uniform`: a uniform prior on [-1, 1] rather than a normal one of the spread of the data.

    >>> NormalMean().exact_sample(np.zeros(10), 5, key=0).shape
    (5, 10)
    """

    dim: int = eqx.field(static=True)
    uniform: bool = eqx.field(static=True)

    def __init__(self, dim: int = 10, uniform: bool = False):
        if dim < 1:
            raise ValueError(f"dim must be at least 1, but {dim!r} came; pass 10")
        self.dim, self.uniform = int(dim), bool(uniform)

    @property
    def prior(self) -> Prior:
        """`theta[0]`, …: normal, or uniform in [-1, 1]."""
        one = dist.Uniform(-1, 1) if self.uniform else dist.Normal(0, _SPREAD)
        return Prior(theta=one.expand([self.dim]))

    def __call__(self, key: Array, theta: Float[Array | np.ndarray, " dim"]) -> Float[Array, " dim"]:
        """Simulate once."""
        return jnp.asarray(theta) + _SPREAD * jax.random.normal(key, (self.dim,))

    def log_likelihood(self, theta: Float[Array | np.ndarray, " dim"], x: Float[Array | np.ndarray, " dim"]) -> Array:
        """log p(x | θ)."""
        return jax.scipy.stats.norm.logpdf(x, theta, _SPREAD).sum()

    def exact_sample(self, x: Float[Array | np.ndarray, " dim"], n: int, *, key: KeyLike) -> Float[np.ndarray, "n dim"]:
        """`n` independent draws of the posterior."""
        rng = np.random.default_rng(np.asarray(jax.random.key_data(as_key(key))).ravel())
        x = np.asarray(x, np.float64)
        if not self.uniform:
            return 0.5 * x + _SPREAD / np.sqrt(2) * rng.standard_normal((n, self.dim))
        low, high = ((end - x) / _SPREAD for end in (-1.0, 1.0))
        draws = stats.truncnorm.rvs(low, high, loc=x, scale=_SPREAD, size=(n, self.dim), random_state=rng)
        return np.asarray(draws)


@registry.register("two_spreads")
class TwoSpreads(AbstractProcess):
    """A mean seen either well or badly: x ~ ½ N(θ, 1) + ½ N(θ, 0.01 1), θ ~ U(-10, 10)².

    Task T.7 of the same benchmark (Sisson, Fan & Tanaka 2007).

    >>> TwoSpreads().exact_sample(np.array([0.0, 9.9]), 5, key=0).shape
    (5, 2)
    """

    @property
    def prior(self) -> Prior:
        """Uniform in [-10, 10]²: `theta[0]`, `theta[1]`."""
        return Prior(theta=dist.Uniform(-10, 10).expand([2]))

    def __call__(self, key: Array, theta: Float[Array | np.ndarray, "2"]) -> Float[Array, "2"]:
        """Simulate once."""
        for_which, for_noise = jax.random.split(key)
        spread = jnp.where(jax.random.bernoulli(for_which), 1.0, 0.1)
        return jnp.asarray(theta) + spread * jax.random.normal(for_noise, (2,))

    def log_likelihood(self, theta: Float[Array | np.ndarray, "2"], x: Float[Array | np.ndarray, "2"]) -> Array:
        """log p(x | θ)."""
        each = [jax.scipy.stats.norm.logpdf(x, theta, spread).sum() for spread in (1.0, 0.1)]
        return jax.nn.logsumexp(jnp.stack(each)) - jnp.log(2.0)

    def exact_sample(self, x: Float[Array | np.ndarray, "2"], n: int, *, key: KeyLike) -> Float[np.ndarray, "n 2"]:
        """`n` independent draws of the posterior: either normal, by its mass inside the box, cut off there."""
        rng = np.random.default_rng(np.asarray(jax.random.key_data(as_key(key))).ravel())
        x = np.asarray(x, np.float64)
        ends = [((-10.0 - x) / spread, (10.0 - x) / spread) for spread in (1.0, 0.1)]
        mass = np.array([(stats.norm.cdf(high) - stats.norm.cdf(low)).prod() for low, high in ends])
        wide = rng.random(n) < mass[0] / mass.sum()
        draws = [
            stats.truncnorm.rvs(low, high, loc=x, scale=spread, size=(n, 2), random_state=rng)
            for (low, high), spread in zip(ends, (1.0, 0.1))
        ]
        return np.where(wide[:, None], *draws)
