"""Where a bottleneck of series starts: at the principal components of how large the series are along time.

    E_s = log root mean square of segment s,    E ≈ m + Σ_j √λ_j z_j v_j

The latents z_j that stand out of the noise of E are read off E by the encoder and give the decoder its scale. A decoder
that finds its latents useless at the start learns to do without them (posterior collapse); so it never does. What
given parameters say of E comes first, and the latents start at components of the rest.
"""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PyTree

from ..networks import knot_places, SeriesDecoder, SeriesEncoder

_ROWS = 4096
_ABOVE = 4.0  # a component's variance, in units of the median one


def started_series(
    encoder: SeriesEncoder, decoder: SeriesDecoder, x: PyTree, given: Float[np.ndarray, "n m"]
) -> tuple[SeriesEncoder, SeriesDecoder]:
    """Both from rows of training data and what is given of them; one that was trained stays as it is."""
    if (np.asarray(decoder.scale.bias) != 0).any():
        return encoder, decoder
    some = jax.tree.map(lambda leaf: leaf[:_ROWS], x)
    sizes = np.asarray(eqx.filter_jit(eqx.filter_vmap(encoder.log_sizes))(some), np.float64)
    mean = sizes.mean(axis=0)
    slopes = np.linalg.lstsq(given[:_ROWS], sizes - mean, rcond=None)[0]
    values, vectors = np.linalg.eigh(np.atleast_2d(np.cov((sizes - given[:_ROWS] @ slopes).T)))
    aside = np.eye(encoder.segments) - np.linalg.pinv(slopes) @ slopes  # what the encoder reads is free of the given
    noise = max(float(np.median(values)), 1e-8) if len(values) > 2 else 1e-2
    kept = [j for j in np.argsort(-values) if values[j] > _ABOVE * noise][: encoder.n_latent]
    k = encoder.n_latent
    weight, bias = np.zeros((2 * k, encoder.segments)), np.zeros(2 * k)
    out = np.zeros((len(decoder.scale.bias), decoder.n_latent))
    for i, j in enumerate(kept):
        direction = vectors[:, j] * np.sign(vectors[:, j].sum())
        weight[i] = aside @ direction / np.sqrt(values[j])
        bias[i] = -weight[i] @ mean
        bias[k + i] = np.log(noise / values[j])
        out[:, i] = np.sqrt(values[j]) * _at_knots(direction, len(out))
    for column, slope in enumerate(slopes):
        out[:, k + column] = _at_knots(slope, len(out))
    new_encoder = eqx.tree_at(lambda e: (e.direct.weight, e.direct.bias), encoder, (_as(weight), _as(bias)))
    new_decoder = eqx.tree_at(
        lambda d: (d.scale.weight, d.scale.bias), decoder, (_as(out), _as(_at_knots(mean, len(out))))
    )
    return new_encoder, new_decoder


def _at_knots(values: Float[np.ndarray, " segments"], knots: int) -> Float[np.ndarray, " knots"]:
    """Values at the middles of segments, carried to knots from the first step to the last."""
    middles = (np.arange(len(values)) + 0.5) / len(values)
    return np.interp(knot_places(knots), middles, values)


def _as(values: np.ndarray) -> Array:
    return jnp.asarray(values, float)
