"""Masked autoregressive layers whose inverse, one number after the other, computes no number twice.

A layer maps x_i by a bijection whose parameters a masked network (Germain et al. 2015, arXiv:1502.03509) gives from
x_1 … x_{i−1}. Inverted, x_i is known only after those before it. To run the whole network for each i costs p times a
pass of it; here the first layer's sums grow by the column of the number just found, and of the last layer only the
rows of x_i are computed. The permutations between layers are those of flowjax.
"""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from flowjax.bijections import Chain, Flip, Invert, MaskedAutoregressive, Permute, Scan
from flowjax.distributions import AbstractDistribution, Transformed
from jaxtyping import Array, Float


class OneByOne(MaskedAutoregressive):
    """flowjax's layer, its inverse in p steps of what each needs."""

    def inverse_and_log_det(
        self, y: Float[Array, " p"], condition: Float[Array, " k"] | None = None
    ) -> tuple[Float[Array, " p"], Float[Array, ""]]:
        network: Any = self.masked_autoregressive_mlp
        p, (first, *between, last) = len(y), network.layers
        sums = first.bias if condition is None else first.bias + first.weight[:, p:] @ condition
        weights, biases = last.weight.reshape(p, -1, last.weight.shape[-1]), last.bias.reshape(p, -1)

        def step(sums: Array, own: Any) -> tuple[Array, Any]:
            number, column, weight, bias = own
            hidden = network.activation(sums)
            for layer in between:
                hidden = network.activation(layer(hidden))
            found, log_det = self.transformer_constructor(weight @ hidden + bias).inverse_and_log_det(number)
            return sums + column * found, (found, log_det)

        _, (x, log_dets) = jax.lax.scan(step, sums, (y, first.weight[:, :p].T, weights, biases))
        return x, log_dets.sum()


def autoregressive_flow(key: Array, *, base_dist: AbstractDistribution, flow_layers: int, **layer: Any) -> Transformed:
    """What `flowjax.flows.masked_autoregressive_flow` makes, of these layers: fast in log-densities."""
    make: Any = OneByOne
    dim = base_dist.shape[-1]

    def made(own: Array) -> Any:
        of_layer, of_order = jax.random.split(own)
        bijection = make(of_layer, dim=dim, **layer)
        if dim == 1:
            return bijection
        order = Flip((dim,)) if dim == 2 else Permute(jax.random.permutation(of_order, jnp.arange(dim)))
        return Chain([bijection, order])

    return Transformed(base_dist, Invert(Scan(eqx.filter_vmap(made)(jax.random.split(key, flow_layers)))))
