"""Losses that tell joint pairs from shuffled ones; at their optimum the logit is the log-ratio.

All take `logits` `(..., 1 + K)`: the log-ratio of a context with its own parameters first,
then with the parameters of K other rows.

- `bce`: binary cross-entropy (NRE-A; Hermans, Begy & Louppe 2020, arXiv:1903.04057).
- `nre_c`: multi-class, with the class "none of them" (Miller, Weniger & Forré 2022,
  arXiv:2210.06170), which keeps the ratio normalised.
- `imbalance`: the balancing condition of BNRE (Delaunoy et al. 2022, arXiv:2208.13624),
  zero where E_joint[σ] + E_marginal[σ] = 1.
"""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float


def bce(logits: Float[Array, "*rows k"]) -> Float[Array, " *rows"]:
    """softplus(−f₊) + mean softplus(f₋); 2 ln 2 where nothing is known."""
    return jax.nn.softplus(-logits[..., 0]) + jax.nn.softplus(logits[..., 1:]).mean(axis=-1)


def nre_c(logits: Float[Array, "*rows k"], gamma: float) -> Float[Array, " *rows"]:
    """The multi-class loss with odds `gamma` of "one is joint" against "none is".

    With K candidates, −[γ log(γ r₁ / (K + γ Σ r)) + log(K / (K + γ Σ r'))] / (1 + γ), where
    the first candidates hold the joint pair and the second ones only shuffled pairs.
    """
    candidates = logits.shape[-1] - 1
    if candidates < 2:
        raise ValueError("loss='nre-c' needs negatives of at least 2")
    log_k, log_gamma = jnp.log(candidates), jnp.log(gamma)

    def log_total(group: Array) -> Array:
        return jnp.logaddexp(log_k, log_gamma + jax.nn.logsumexp(group, axis=-1))

    joint = log_gamma + logits[..., 0] - log_total(logits[..., :-1])
    none = log_k - log_total(logits[..., 1:])
    return -(gamma * joint + none) / (1 + gamma)


def imbalance(logits: Float[Array, "rows *groups k"]) -> Float[Array, " *groups"]:
    """(mean over rows of σ(f₊) + σ(f₋) − 1)²."""
    own = jax.nn.sigmoid(logits[..., 0]).mean(axis=0)
    other = jax.nn.sigmoid(logits[..., 1:]).mean(axis=(0, -1))
    return (own + other - 1.0) ** 2
