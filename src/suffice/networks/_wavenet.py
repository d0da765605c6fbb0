"""A causal network along time (van den Oord et al. 2016, arXiv:1609.03499), conditioned on channels along it.

    u = Σ_j V_j h[t - j d] + U c[t],    h[t] ← h[t] + W (u_a σ(u_b)),    out = A relu(B relu(Σ skips))

for blocks of dilation d, u_a and u_b the two halves of u. What comes out at t depends on the series before t alone, and
of that on the last 2 + (k - 1) S Σ d steps, S times through the dilations.
"""

import math
from collections.abc import Sequence
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from ..core import as_key, check_whole, initial_normal, KeyLike
from ._layers import Dense


class CausalConvolution(eqx.Module):
    """Σ_j W_j x[t - shift - j dilation] + b along the first axis, as one matrix product.

    - `shift=1` leaves out the present.
    """

    weight: Float[Array, "taps_in n_out"]
    bias: Float[Array, " n_out"]
    kernel: int = eqx.field(static=True)
    dilation: int = eqx.field(static=True)
    shift: int = eqx.field(static=True)

    def __init__(self, n_in: int, n_out: int, *, kernel: int, dilation: int = 1, shift: int = 0, key: Array):
        check_whole(n_in=n_in, n_out=n_out, kernel=kernel, dilation=dilation)
        self.weight = initial_normal(key, (kernel * n_in, n_out), 1 / math.sqrt(kernel * n_in))
        self.bias = jnp.zeros(n_out)
        self.kernel, self.dilation, self.shift = kernel, dilation, shift

    @property
    def reach(self) -> int:
        """How many steps back it sees."""
        return self.shift + (self.kernel - 1) * self.dilation

    def __call__(
        self, x: Float[Array, "t n_in"], before: Float[Array, " n_in"] | float = 0.0
    ) -> Float[Array, "t n_out"]:
        """With `before` in place of what came before the first step."""
        start = jnp.broadcast_to(jnp.asarray(before, x.dtype), (self.reach, x.shape[1]))
        padded = jnp.concatenate([start, x])
        ends = [self.reach - self.shift - j * self.dilation for j in range(self.kernel)]
        taps = [jax.lax.slice_in_dim(padded, at, at + len(x)) for at in ends]
        return jnp.concatenate(taps, axis=1) @ self.weight + self.bias

    def at(self, past: Float[Array, "reach n_in"], now: Float[Array, " n_in"], t: Array) -> Float[Array, " n_out"]:
        """Step `t`, from the input of that step and a ring of those before it, that of step s at `s` modulo its length.

        With `shift=1`, the ring holds what it sees and `now` is not looked at.
        """
        back = [self.shift + j * self.dilation for j in range(self.kernel)]
        rows = [now if k == 0 else past[(t - k) % self.reach] for k in back]
        return jnp.concatenate(rows) @ self.weight + self.bias


class Block(eqx.Module):
    """A gated block; what it adds to its input, and what it gives to the output."""

    gate: CausalConvolution
    condition: Dense
    onward: Dense
    skip: Dense

    def __init__(self, width: int, skips: int, conditions: int, *, kernel: int, dilation: int, key: Array):
        keys = jax.random.split(key, 4)
        self.gate = CausalConvolution(width, 2 * width, kernel=kernel, dilation=dilation, key=keys[0])
        self.condition = Dense(conditions, 2 * width, key=keys[1])
        self.onward = Dense(width, width, key=keys[2])
        self.skip = Dense(width, skips, key=keys[3])

    def finish(self, h: Float[Array, "*t width"], u: Float[Array, "*t width2"]) -> tuple[Array, Array]:
        """From the input and what the gate sees: the next input, and the share of the output."""
        a, b = jnp.split(u, 2, axis=-1)
        weight = jnp.concatenate([self.onward.weight, self.skip.weight])  # one product rather than two
        both = (a * jax.nn.sigmoid(b)) @ weight.T
        onward, skip = jnp.split(both, [h.shape[-1]], axis=-1)
        return h + onward + self.onward.bias, skip + self.skip.bias


class WaveNet(eqx.Module):
    """Parameters of each step of a series from the steps before it and from conditions.

    **Arguments:**

    - `n_in`, `n_out`: numbers of a step, and of what is said of it.
    - `n_conditions`: channels of the condition along time.
    - `width`, `skips`: channels inside, and of what the blocks give to the output.
    - `dilations`, `stacks`: of the blocks; all dilations `stacks` times, each with weights of its own.
    - `kernel`: steps that a block sees, `dilation` apart.
    - `key`: keyword-only; a seed or a JAX key.

    >>> import jax.numpy as jnp
    >>> network = WaveNet(1, 2, 6, key=0)
    >>> network(jnp.ones((40, 1)), jnp.ones((40, 6))).shape, network.receptive_field
    ((40, 2), 32)
    """

    enter: Dense
    first: CausalConvolution
    blocks: tuple[Block, ...]
    middle: Dense
    last: Dense
    start: Float[Array, " width"]

    def __init__(
        self,
        n_in: int,
        n_out: int,
        n_conditions: int,
        *,
        width: int = 16,
        skips: int = 16,
        dilations: Sequence[int] = (1, 2, 4, 8),
        stacks: int = 1,
        kernel: int = 3,
        key: KeyLike,
    ):
        check_whole(n_in=n_in, n_out=n_out, n_conditions=n_conditions, width=width, skips=skips, stacks=stacks)
        keys = jax.random.split(as_key(key), 4 + stacks * len(dilations))
        self.enter = Dense(n_in, width, key=keys[0])
        self.first = CausalConvolution(width, width, kernel=2, shift=1, key=keys[1])
        sizes = {"kernel": kernel}
        self.blocks = tuple(
            Block(width, skips, n_conditions, dilation=dilation, key=own, **sizes)
            for dilation, own in zip(tuple(dilations) * stacks, keys[4:])
        )
        self.middle = Dense(skips, skips, key=keys[2], scale=math.sqrt(2.0))
        self.last = Dense(skips, n_out, key=keys[3], scale=0.1)
        self.start = jnp.zeros(width)

    @property
    def receptive_field(self) -> int:
        """How many steps before a step decide what is said of it."""
        return self.first.reach + sum(block.gate.reach for block in self.blocks)

    def __call__(self, x: Float[Array, "t n_in"], c: Float[Array, "t m"]) -> Float[Array, "t n_out"]:
        h = self.first(self.enter(x), self.start)
        total = jnp.zeros((len(x), self.middle.weight.shape[1]))
        for block in self.blocks:
            h, skip = block.finish(h, block.gate(h) + block.condition(c))
            total = total + skip
        return self._out(total)

    def _out(self, total: Float[Array, "*t skips"]) -> Float[Array, "*t n_out"]:
        return self.last(jax.nn.relu(self.middle(jax.nn.relu(total))))

    def fresh_cache(self) -> Any:
        """What a generation remembers before its first step: how many there were, and the last inputs of each layer.

        They lie in rings, so that a step writes one of them and moves none.
        """
        width = len(self.start)
        begin = jnp.broadcast_to(self.start, (self.first.reach, width))
        return jnp.zeros((), int), begin, tuple(jnp.zeros((block.gate.reach, width)) for block in self.blocks)

    def predict(self, cache: Any, c: Float[Array, " m"]) -> tuple[Any, Float[Array, " n_out"]]:
        """What is said of the next step, from the cache, in time that does not grow with the receptive field."""
        t, seen, pasts = cache
        h = self.first.at(seen, self.start, t)
        total, kept = jnp.zeros(self.middle.weight.shape[1]), []
        for block, past in zip(self.blocks, pasts):
            u = block.gate.at(past, h, t) + block.condition(c)
            kept.append(past.at[t % len(past)].set(h) if len(past) else past)
            h, skip = block.finish(h, u)
            total = total + skip
        return (t, seen, tuple(kept)), self._out(total)

    def observe(self, cache: Any, x: Float[Array, " n_in"]) -> Any:
        """The cache after the step was drawn."""
        t, seen, pasts = cache
        return t + 1, seen.at[t % len(seen)].set(self.enter(x)), pasts
