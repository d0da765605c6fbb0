"""Flow matching posterior estimation: parameters as noise that a learned velocity carries to its place.

    L = E |v(z_t, t, f(x)) − (z − (1 − σ) ε)|²,   z_t = t z + (1 − (1 − σ) t) ε,   ε ~ N(0, 1),   t ~ U(0, 1)

(Lipman et al. 2023, arXiv:2210.02747; Dax et al. 2023, arXiv:2305.17161). A draw is ε carried along v from t = 0 to 1;
its density follows from the divergence of v. A network without constraints serves as v, which is what pays where
parameters are many; where they are few, `sf.Flow` is faster to draw from. z are the parameters on the prior's
unconstrained space, relative to the linear-Gaussian posterior.
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
from ..train import flat_summary
from ._from_gaussian import AbstractFromGaussian, replaced
from ._gaussian_start import GaussianStart
from ._parameters import begin, check_parameters, refuse_other_parameters

_SMALLEST = 1e-3
_WAVES = 6


class FlowMatching(AbstractFromGaussian):
    """A summary and the velocity that carries noise to the posterior, learned together.

    **Arguments:**

    - `summary`: `x -> s` for one example: a network of `sf.networks`, any Equinox module or function.
    - `prior`: the prior of the simulations; the posterior has its support.
    - `width`, `depth`: of the network that is the velocity.
    - `steps`: of Runge-Kutta (fourth order) from noise to parameters.

    The velocity comes to be when a fit starts, since the data say how many summaries there are.
    """

    summary: Callable
    prior: Frozen
    start_at: GaussianStart | None
    velocity: Stack | None
    width: int = eqx.field(static=True)
    depth: int = eqx.field(static=True)
    steps: int = eqx.field(static=True)
    monitor: ClassVar[str] = "loss"

    def __init__(self, summary: Callable, prior: AbstractPrior, *, width: int = 128, depth: int = 4, steps: int = 24):
        check_parameters(summary, prior, "sf.FlowMatching")
        check_whole(width=width, depth=depth, steps=steps)
        self.summary, self.prior, self.velocity = summary, Frozen(prior), None
        self.start_at = None
        self.width, self.depth, self.steps = width, depth, steps

    def start(self, rows: Any, *, names: tuple[str, ...], key: Array) -> "FlowMatching":
        if self.velocity is not None:
            refuse_other_parameters(self.prior.value, rows.theta, names)
            return self
        begun = begin(self.summary, self.prior.value, rows, names, like=self.start_at)
        n_in = sum(begun.sizes) + 2 * _WAVES + 1
        sizes = {"width": self.width, "depth": self.depth, "residual": True}
        velocity = Stack(n_in, begun.sizes[1], key=key, last=0.0, **sizes)
        where = lambda o: (o.summary, o.start_at, o.velocity)  # noqa: E731
        return eqx.tree_at(where, self, (begun.summary, begun.start, velocity), is_leaf=replaced)

    def loss(self, batch: PyTree, *, key: Array, step: Array) -> tuple[Array, dict[str, Array]]:
        u = self.prior.value.to_unconstrained(batch.theta)
        s = jax.vmap(flat_summary(self.summary))(batch.x)
        n, (for_time, for_noise) = len(u), jax.random.split(key)
        # Times spread evenly over the batch: a smaller variance for the same mean.
        times = (jnp.arange(n) + jax.random.uniform(for_time)) / n
        noise = jax.random.normal(for_noise, u.shape)

        def one(u: Array, s: Array, t: Array, start: Array) -> Array:
            z, _ = self.begun(s, u)
            at = t * z + (1 - (1 - _SMALLEST) * t) * start
            return ((self.speed(at, t, self.begun.features(s)) - z + (1 - _SMALLEST) * start) ** 2).mean()

        return jax.vmap(one)(u, s, times, noise).mean(), {}

    def speed(self, z: Float[Array, " p"], t: Array, context: Float[Array, " k"]) -> Float[Array, " p"]:
        """The velocity at a place and time: that of a standard normal target, and what the network adds."""
        if self.velocity is None:
            raise ValueError("this velocity has not been trained: pass it to sf.fit, and use fit.objective")
        spread = (1 - (1 - _SMALLEST) * t) ** 2 + t**2
        normal = (t - (1 - _SMALLEST) * (1 - (1 - _SMALLEST) * t)) / spread * z
        angle = jnp.pi * t * jnp.arange(1, _WAVES + 1)
        features = jnp.concatenate([z, context, t[None], jnp.sin(angle), jnp.cos(angle)])
        return normal + self.velocity(features)

    def draw(self, s: Float[Array, " k"], *, key: Array) -> tuple[Float[Array, " p"], Float[Array, ""]]:
        z = jax.random.normal(key, (self.prior.value.dim,))
        end, volume = self._carried(z, s, forward=True)
        u, log_det = self.begun.inverse(s, end)
        return u, jax.scipy.stats.norm.logpdf(z).sum() - volume + log_det

    def log_density(self, s: Float[Array, " k"], u: Float[Array, " p"]) -> Float[Array, ""]:
        z, log_det = self.begun(s, u)
        start, volume = self._carried(z, s, forward=False)
        return jax.scipy.stats.norm.logpdf(start).sum() + volume + log_det

    def _carried(self, z: Array, s: Array, *, forward: bool) -> tuple[Array, Array]:
        """Where the velocity takes z, from noise to parameters or back, and the integral of its divergence."""
        context = self.begun.features(s)
        step = (1.0 if forward else -1.0) / self.steps

        def slope(z: Array, t: Array) -> tuple[Array, Array]:
            jacobian = jax.jacfwd(lambda z: self.speed(z, t, context))(z)
            return self.speed(z, t, context), jnp.trace(jacobian)

        def advance(state: tuple[Array, Array], index: Array) -> tuple[tuple[Array, Array], None]:
            z, volume = state
            t = index * step if forward else 1 + index * step
            k1, d1 = slope(z, t)
            k2, d2 = slope(z + step / 2 * k1, t + step / 2)
            k3, d3 = slope(z + step / 2 * k2, t + step / 2)
            k4, d4 = slope(z + step * k3, t + step)
            return (z + step / 6 * (k1 + 2 * k2 + 2 * k3 + k4), volume + step / 6 * (d1 + 2 * d2 + 2 * d3 + d4)), None

        (end, volume), _ = jax.lax.scan(advance, (z, jnp.zeros(())), jnp.arange(self.steps, dtype=z.dtype))
        return end, volume
