"""A normal posterior with a learned summary: mean and covariance from a network.

    L = −E [log N(u; μ(s), Σ(s)) − log p(u)],   s = f(x)

for parameters u on the prior's unconstrained space, Σ a full covariance (mixture density networks with one component:
Bishop 1994; as a posterior: Papamakarios & Murray 2016, arXiv:1605.06376). Where posteriors are normal there, this is
all that a flow could learn; elsewhere it is the normal one of the smallest Kullback-Leibler divergence from the
posterior, which has its mean and covariance. It begins at the linear-Gaussian posterior, in u, or in the parameters and
cut off at the ends of the prior (then it is a normal density so cut), and a network learns what depends on the summary
beyond that:

    z = A u + b (the start),   w = L(s) z − m(s) ~ N(0, 1),   L lower triangular with a positive diagonal.
"""

from collections.abc import Callable
from typing import Any, ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PyTree

from ..core import check_whole, Frozen
from ..networks import Stack
from ..priors import AbstractPrior
from ._abstract_density import minus_information
from ._from_gaussian import AbstractFromGaussian, replaced
from ._gaussian_start import GaussianStart
from ._parameters import begin, check_parameters, refuse_other_parameters


class Gaussian(AbstractFromGaussian):
    """A summary and a normal density of the parameters given it, learned together.

    **Arguments:**

    - `summary`: `x -> s` for one example: a network of `sf.networks`, any Equinox module or function.
    - `prior`: the prior of the simulations; the posterior has its support.
    - `width`, `depth`: of the perceptron that gives mean and covariance.

    The perceptron comes to be when a fit starts, since the data say how many summaries there are.

    >>> import numpyro.distributions as dist
    >>> from suffice import networks, Prior
    >>> Gaussian(networks.MLP(4, 2, key=0), Prior(a=dist.Normal(0, 1), b=dist.Uniform(0, 1))).names
    ('a', 'b')
    """

    summary: Callable
    prior: Frozen
    start_at: GaussianStart | None
    network: Stack | None
    width: int = eqx.field(static=True)
    depth: int = eqx.field(static=True)
    monitor: ClassVar[str] = "loss"

    def __init__(self, summary: Callable, prior: AbstractPrior, *, width: int = 64, depth: int = 2):
        check_parameters(summary, prior, "sf.Gaussian")
        check_whole(width=width, depth=depth)
        self.summary, self.prior, self.network = summary, Frozen(prior), None
        self.start_at = None
        self.width, self.depth = width, depth

    def start(self, rows: Any, *, names: tuple[str, ...], key: Array) -> "Gaussian":
        if self.network is not None:
            refuse_other_parameters(self.prior.value, rows.theta, names)
            return self
        begun = begin(self.summary, self.prior.value, rows, names, like=self.start_at)
        n_in, p = begun.sizes
        network = Stack(n_in, p + p * (p + 1) // 2, width=self.width, depth=self.depth, last=0.0, key=key)
        where = lambda o: (o.summary, o.start_at, o.network)  # noqa: E731
        return eqx.tree_at(where, self, (begun.summary, begun.start, network), is_leaf=replaced)

    def loss(self, batch: PyTree, *, key: Array, step: Array) -> tuple[Array, dict[str, Array]]:
        return minus_information(self, self.summary, batch), {}

    def log_density(self, s: Float[Array, " k"], u: Float[Array, " p"]) -> Float[Array, ""]:
        z, log_det = self.begun(s, u)
        middle, factor = self._whitening(s)
        w = factor @ z - middle
        return jax.scipy.stats.norm.logpdf(w).sum() + jnp.log(jnp.diag(factor)).sum() + log_det

    def draw(self, s: Float[Array, " k"], *, key: Array) -> tuple[Float[Array, " p"], Float[Array, ""]]:
        w = jax.random.normal(key, (self.prior.value.dim,))
        middle, factor = self._whitening(s)
        u, log_det = self.begun.inverse(s, jax.scipy.linalg.solve_triangular(factor, w + middle, lower=True))
        return u, jax.scipy.stats.norm.logpdf(w).sum() + jnp.log(jnp.diag(factor)).sum() + log_det

    def moments(self, s: Float[Array, " k"]) -> tuple[Float[Array, " p"], Float[Array, "p p"]]:
        """Mean and covariance of the parameters on the unconstrained space, given a summary.

        Of a density that is cut off at the ends of the prior, where z = 0 lies, and the covariance of the map made
        linear there.
        """
        middle, factor = self._whitening(s)
        mean, _ = self.begun.inverse(s, jax.scipy.linalg.solve_triangular(factor, middle, lower=True))
        whiten = factor @ jax.jacfwd(lambda u: self.begun(s, u)[0])(mean)
        return mean, jnp.linalg.inv(whiten.T @ whiten)

    def _whitening(self, s: Float[Array, " k"]) -> tuple[Float[Array, " p"], Float[Array, "p p"]]:
        """m and L."""
        if self.network is None:
            raise ValueError("this Gaussian has not been trained: pass it to sf.fit, and use fit.objective")
        p = self.prior.value.dim
        found = self.network(self.begun.features(s))
        below = jnp.zeros((p, p)).at[jnp.tril_indices(p, -1)].set(found[2 * p :])
        return found[:p], below + jnp.diag(jnp.exp(found[p : 2 * p]))
