"""A variational bottleneck for series: few latents that keep what a short memory cannot know.

    min E[-Σ_t log p(x_t | x_{<t}, z)] + β Σ_i KL(q(z_i | x) || N(0, 1)),    z ~ q(z | x) = N(μ(x), σ²(x)),

per scored step. With β = 1 it is the evidence lower bound of a variational autoencoder (Kingma & Welling 2014,
arXiv:1312.6114) with an autoregressive decoder of short receptive field (Fernández-Fernández et al. 2024,
arXiv:2307.11608). Parameters are never shown to it.
"""

import math
from collections.abc import Sequence
from typing import Any, ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer
from jaxtyping import Array, Float, PyTree

from ..core import as_key, chunked_map, chunked_mean, Frozen, has_own_memory, KeyLike
from ..networks import SeriesDecoder, SeriesEncoder
from ..train import AbstractObjective, AbstractSource
from ._known import known_parameters
from ._schedule import Schedule
from ._series_start import started_series

_CHUNK = 4  # what is computed for so few series stays in the cache of a CPU


class Bottleneck(AbstractObjective):
    """Learns latents of trajectories, or of other series.

    **Arguments:**

    - `encoder`, `decoder`: of the same numbers a step and the same latents.
    - `beta`: price of a nat of the latents, 1 for the evidence lower bound; or a `Schedule` of the step.
    - `given`: names of parameters that are known of each series: the decoder, made for as many more latents, sees them
      beside the latents, which then say the rest.
    - `skip`: steps at the start that are not scored, as many as the decoder looks back unless told; 0 scores all, the
      first ones from a learned start.

    **History:** `nll`, -log p of a scored step, and `kl`, both in nats a scored step, so that `nll + kl` is minus the
    evidence lower bound; `kl_0`, `kl_1`, … of each latent, in nats a series.
    """

    summary: SeriesEncoder
    decoder: SeriesDecoder
    beta: float | Schedule
    skip: int = eqx.field(static=True)
    chunk: int | None = eqx.field(static=True)
    given: tuple[str, ...] = eqx.field(static=True)
    known: Frozen | None
    monitor: ClassVar[str] = "loss"

    def __init__(
        self,
        encoder: Any,
        decoder: Any,
        *,
        beta: Any = 1.0,
        skip: Any = None,
        chunk: int | None = None,
        given: Sequence[str] = (),
    ):
        _refuse(encoder, decoder, beta, skip, given)
        field = decoder.network.receptive_field
        self.summary, self.decoder, self.skip = encoder, decoder, field if skip is None else int(skip)
        self.chunk, self.given, self.known = chunk, tuple(given), None
        self.beta = beta if isinstance(beta, Schedule) else float(beta)

    def parameters_learned(self, names: tuple[str, ...]) -> tuple[str, ...]:
        """Only those that are given: it never sees the others, which may as well be the same for all series."""
        return self.given

    def start(self, rows: Any, *, names: tuple[str, ...], key: Array) -> "Bottleneck":
        """The first latents start as the principal components of the sizes along time; see `_series_start.py`."""
        length = jax.tree.leaves(rows.x)[0].shape[1]
        if length <= self.skip:
            raise ValueError(
                f"trajectories of {length} steps came, of which {self.skip} are not scored; give longer ones or skip "
                "fewer"
            )
        known, told = self.known, np.zeros((len(rows.theta), 0))
        if self.given:
            known = known or Frozen(known_parameters(self.given, names, np.asarray(rows.theta, np.float64)))
            told = np.asarray(jax.vmap(known.value)(jnp.asarray(rows.theta, float)), np.float64)
        encoder, decoder = started_series(self.summary, self.decoder, rows.x, told)
        if encoder is self.summary and decoder is self.decoder and known is self.known:
            return self
        where = lambda f: (f.summary, f.decoder, f.known)  # noqa: E731
        return eqx.tree_at(where, self, (encoder, decoder, known), is_leaf=lambda node: node is None)

    def code(self, z: Float[Array, " k"], theta: Float[Array, " p"] | None) -> Float[Array, " m"]:
        """What the decoder sees: latents, and after them the parameters that are given of this series."""
        if not self.given:
            return z
        if self.known is None or theta is None:
            raise ValueError(f"this bottleneck is given {', '.join(self.given)}: train it, and give it theta too")
        return jnp.concatenate([z, self.known.value(theta)])

    def loss(self, batch: PyTree, *, key: Array, step: Array) -> tuple[Array, dict[str, Array]]:
        length, scored = _scored(batch.x, self.skip)
        beta = self.beta(step) if isinstance(self.beta, Schedule) else self.beta

        def one(model: Bottleneck, row: tuple[PyTree, Array, Array | None]) -> tuple[Array, tuple[Array, Array]]:
            x, own, theta = row
            mean, log_variance = model.summary.distribution(x)
            z = mean + jnp.exp(0.5 * log_variance) * jax.random.normal(own, mean.shape)
            kl = 0.5 * (mean**2 + jnp.exp(log_variance) - 1 - log_variance)
            nll = -model.decoder.log_probs(x, model.code(z, theta))[model.skip :].sum() / scored
            return nll + beta * kl.sum() / scored, (nll, kl)

        keys = jax.random.split(key, length)
        rows = (batch.x, keys, batch.theta if self.given else None)
        loss, (nll, each) = chunked_mean(one, self, rows, chunk=self.chunk or _chunk_here())
        return loss, {"nll": nll, "kl": each.sum() / scored} | {f"kl_{i}": each[i] for i in range(len(each))}

    def finish(self, held_out: AbstractSource, *, key: Array) -> "Bottleneck":
        return self

    def generate(self, z: Any, steps: Any, *, key: KeyLike, theta: Any = None) -> Float[Array, "n steps *n_in"]:
        """A series for each of n latent vectors, in one compiled scan: `(n, steps)`, or `(n, steps, n_in)`.

        - `z`: latents `(n, k)`; `steps`: how long the series are, as many as are wanted.
        - `theta`: parameters `(n, p)`, of a bottleneck that is given some of them.

        **Raises:** `ValueError` for latents that are not `(n, k)` or not finite, `steps` that are not a whole number
        from 1, or `theta` that does not belong to them.
        """
        self._refuse_codes(z, steps, theta)
        codes = jax.vmap(self.code)(jnp.asarray(z, float), None if theta is None else jnp.asarray(theta, float))
        return _generated(self.decoder, codes, int(steps), as_key(key))

    def _refuse_codes(self, z: Any, steps: Any, theta: Any) -> None:
        k = self.summary.n_latent
        if np.ndim(z) != 2 or np.shape(z)[1] != k or not len(z):
            raise ValueError(f"z must be (n, {k}), one row a series and one number a latent, but {np.shape(z)} came")
        if not isinstance(z, Tracer) and not np.isfinite(z).all():
            raise ValueError("z holds latents that are not finite; leave those rows out")
        if not isinstance(steps, int | np.integer) or steps < 1:
            raise ValueError(f"steps must be a whole number, at least 1, but {steps} came")
        if theta is not None and (np.ndim(theta) != 2 or len(theta) != len(z)):
            raise ValueError(f"theta must be ({len(z)}, p), one row for each of z, but {np.shape(theta)} came")


def _refuse(encoder: Any, decoder: Any, beta: Any, skip: Any, given: Sequence[str]) -> None:
    for name, part, kind in (("encoder", encoder, SeriesEncoder), ("decoder", decoder, SeriesDecoder)):
        if not isinstance(part, kind):
            raise TypeError(
                f"{name} must be a sf.networks.{kind.__name__}, made for series of any length, but a "
                f"{type(part).__name__} came"
            )
    if (encoder.n_in, encoder.n_latent + len(given)) != (decoder.n_in, decoder.n_latent):
        more = f" and {len(given)} given parameters" if given else ""
        raise ValueError(
            f"encoder and decoder must be of the same numbers a step and latents, but {encoder.n_in} and "
            f"{encoder.n_latent}{more}, {decoder.n_in} and {decoder.n_latent} came"
        )
    if skip is not None and (not isinstance(skip, int | np.integer) or skip < 0):
        raise ValueError(f"skip must be a whole number of steps and must not be negative, but {skip} came")
    prices = beta.values if isinstance(beta, Schedule) else (beta,)
    if not all(isinstance(price, float | int | np.number) and 0 <= price < math.inf for price in prices):
        raise ValueError(
            f"beta must be finite and must not be negative, a number or a sf.objectives.Schedule, but {beta} came"
        )


def _chunk_here() -> int | None:
    """Series at once: few where they stay in the cache of a core, else all."""
    return None if has_own_memory() else _CHUNK


def _scored(x: PyTree, skip: int) -> tuple[int, Array | float]:
    """How many series there are, and how many steps of one are scored on average."""
    if not isinstance(x, dict):
        return len(x), float(x.shape[1] - skip)
    return len(x["mask"]), (x["mask"][:, skip:] != 0).sum(axis=1).mean().clip(1)


@eqx.filter_jit
def _generated(decoder: SeriesDecoder, z: Array, steps: int, key: Array) -> Array:
    given = chunked_map(lambda one: decoder.conditions(one, steps), z, chunk=_chunk_here())
    x = jax.vmap(lambda one, own: decoder.draw(one, key=own))(given, jax.random.split(key, len(z)))
    return x[..., 0] if decoder.n_in == 1 else x
