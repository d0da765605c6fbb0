"""Neural posterior estimation with a learned summary.

    L = −E [log q(θ | f(x)) − log p(θ)]

for pairs of parameters and data (Papamakarios & Murray 2016, arXiv:1605.06376; Greenberg et al. 2019,
arXiv:1905.07488): minus a lower bound on the mutual information of parameters and summary (Barber & Agakov 2003), so
that summary and posterior are learned by one loss. q is a normalising flow on the prior's unconstrained space, where
uniform, normal and log-normal priors are normal and no mass can leave the prior. It begins at the linear-Gaussian
posterior, the regression of the parameters on the summary, there or in the parameters themselves and cut off at the
ends of the prior, and learns what is left.
"""

from collections.abc import Callable
from typing import Any, ClassVar

import equinox as eqx
from jaxtyping import Array, Float, PyTree

from ..core import Frozen
from ..networks import ConditionalFlow
from ..priors import AbstractPrior
from ._abstract_density import minus_information
from ._from_gaussian import AbstractFromGaussian, replaced
from ._gaussian_start import GaussianStart
from ._parameters import begin, check_parameters, refuse_other_parameters


class Flow(AbstractFromGaussian):
    """A summary and the density of the parameters given it, learned together.

    **Arguments:**

    - `summary`: `x -> s` for one example: a network of `sf.networks`, any Equinox module or function.
    - `prior`: the prior of the simulations; the posterior has its support.
    - `kind`: `"autoregressive"` is the more accurate, `"coupling"` draws faster where parameters are many.
    - `layers`, `knots`: splines one after the other, and pieces of each.
    - `width`, `depth`: of the perceptrons that give their knots.

    The flow comes to be when a fit starts, since the data say how many summaries there are.

    >>> import numpyro.distributions as dist
    >>> from suffice import networks, Prior
    >>> objective = Flow(networks.MLP(4, 2, key=0), Prior(a=dist.Normal(0, 1), b=dist.Uniform(0, 1)))
    >>> objective.names
    ('a', 'b')
    """

    summary: Callable
    prior: Frozen
    start_at: GaussianStart | None
    flow: ConditionalFlow | None
    options: tuple[tuple[str, Any], ...] = eqx.field(static=True)
    monitor: ClassVar[str] = "loss"
    decay_by_overfitting: ClassVar[bool] = True

    def __init__(
        self,
        summary: Callable,
        prior: AbstractPrior,
        *,
        kind: str = "autoregressive",
        layers: int = 5,
        knots: int = 8,
        width: int = 64,
        depth: int = 2,
    ):
        check_parameters(summary, prior, "sf.Flow")
        self.summary, self.prior, self.flow = summary, Frozen(prior), None
        self.start_at = None
        self.options = tuple({"kind": kind, "layers": layers, "knots": knots, "width": width, "depth": depth}.items())
        ConditionalFlow.checked(1, prior.dim, **dict(self.options))

    def start(self, rows: Any, *, names: tuple[str, ...], key: Array) -> "Flow":
        if self.flow is not None:
            refuse_other_parameters(self.prior.value, rows.theta, names)
            return self
        begun = begin(self.summary, self.prior.value, rows, names, like=self.start_at)
        flow = ConditionalFlow(*begun.sizes, **dict(self.options), key=key)
        where = lambda o: (o.summary, o.start_at, o.flow)  # noqa: E731
        return eqx.tree_at(where, self, (begun.summary, begun.start, flow), is_leaf=replaced)

    def loss(self, batch: PyTree, *, key: Array, step: Array) -> tuple[Array, dict[str, Array]]:
        return minus_information(self, self.summary, batch), {}

    def log_density(self, s: Float[Array, " k"], u: Float[Array, " p"]) -> Float[Array, ""]:
        z, log_det = self.begun(s, u)
        return self.trained.log_prob(z, self.begun.features(s)) + log_det

    def draw(self, s: Float[Array, " k"], *, key: Array) -> tuple[Float[Array, " p"], Float[Array, ""]]:
        z, density = self.trained.sample_and_log_prob(self.begun.features(s), key=key)
        u, log_det = self.begun.inverse(s, z)
        return u, density + log_det

    @property
    def trained(self) -> ConditionalFlow:
        """The flow, once a fit has made it."""
        if self.flow is None:
            raise ValueError("this flow has not been trained: pass it to sf.fit, and use fit.objective")
        return self.flow
