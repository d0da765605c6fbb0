"""Series with steps that are not known: what is padded changes nothing, and what is missing is not scored."""

from pathlib import Path

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import suffice as sf
from suffice.networks import SeriesDecoder, SeriesEncoder

SHIPPED = (3.1342439, 3.4249706, 3.1851282)  # of the model that lies beside the examples
X = jax.random.normal(jax.random.key(0), (40, 2))


def stirred(module):
    return jax.tree.map(lambda w: w + 0.2 * jax.random.normal(jax.random.key(w.size), w.shape), module)


def padded(x, length):
    more = jnp.concatenate([x, 7.0 * jnp.ones((length - len(x), *x.shape[1:]))])
    return {"x": more, "mask": jnp.arange(length) < len(x)}


def test_padding_changes_no_latent():
    encoder = stirred(SeriesEncoder(2, 3, channels=4, layers=2, segments=4, hidden=(8,), key=0))
    distribution = eqx.filter_jit(encoder.distribution)
    for whole, some in zip(distribution(X), distribution(padded(X, 64))):
        np.testing.assert_allclose(some, whole, atol=1e-5)
    everything = distribution({"x": X, "mask": jnp.ones(40, bool)})
    np.testing.assert_allclose(everything[0], distribution(X)[0], atol=1e-6)


def test_what_is_not_known_has_no_influence():
    encoder = stirred(SeriesEncoder(2, 3, channels=4, layers=2, segments=4, hidden=(8,), key=0))
    mask = jnp.ones(40, bool).at[jnp.array([5, 6, 20])].set(False)
    one, other = ({"x": X.at[5].set(v).at[20].set(-v), "mask": mask} for v in (3.0, jnp.nan))
    encode = eqx.filter_jit(encoder)
    np.testing.assert_allclose(encode(one), encode(other), atol=1e-6)
    assert np.isfinite(encode(other)).all()


def test_missing_steps_are_not_scored_and_padding_leaves_the_rest_as_it_was():
    wave = {"width": 4, "skips": 4, "dilations": (1, 2)}
    decoder = stirred(SeriesDecoder(2, 3, conditions=2, channels=4, segments=4, hidden=(8,), wavenet=wave, key=1))
    z = jnp.array([0.3, -1.0, 0.5])
    mask = jnp.ones(40, bool).at[jnp.array([5, 20])].set(False)
    log_probs = eqx.filter_jit(decoder.log_probs)
    log = log_probs({"x": X.at[5].set(jnp.nan), "mask": mask}, z)
    assert log[5] == log[20] == 0 and np.isfinite(log).all()
    np.testing.assert_allclose(log[:5], log_probs(X, z)[:5], rtol=1e-5, atol=1e-5)
    slope = jax.jit(jax.grad(lambda x: decoder.log_probs({"x": x, "mask": mask}, z).sum()))(X.at[5].set(jnp.nan))
    assert np.isfinite(slope).all()


def test_padding_changes_no_density():
    """Conditions and scale are stretched over what is known, as the encoder's segments are."""
    wave = {"width": 4, "skips": 4, "dilations": (1, 2)}
    decoder = stirred(SeriesDecoder(2, 3, conditions=2, channels=4, segments=4, hidden=(8,), wavenet=wave, key=1))
    z = jnp.array([0.3, -1.0, 0.5])
    log_probs = jax.jit(lambda x: decoder.log_probs(x, z))
    for n in (1, 3, 30, 40):
        log = log_probs(padded(X[:n], 64))
        np.testing.assert_allclose(log[:n], log_probs(X[:n]), rtol=1e-4, atol=1e-4)
        assert (log[n:] == 0).all()
    nothing = {"x": X, "mask": jnp.zeros(40, bool)}
    assert (log_probs(nothing) == 0).all()


def test_whole_series_have_the_densities_that_the_shipped_model_was_made_with():
    """Numbers of the model when it was trained: no change of the decoder may change them."""
    model = sf.load(Path(__file__).parents[2] / "examples" / "models" / "fractional_brownian.sf")
    x = jnp.asarray(1e-2 * np.sin(np.arange(399) ** 1.5), jnp.float32)
    log_probs, z = eqx.filter_jit(model.decoder.log_probs), eqx.filter_jit(model.summary)(x)
    log = log_probs(x, z)
    np.testing.assert_allclose(log[np.array([40, 200, 398])], SHIPPED, rtol=2e-5)
    made = log_probs(padded(x[:, None], 450), z)
    np.testing.assert_allclose(made[:399], log, atol=2e-4)


def test_a_mask_of_another_length_is_refused():
    encoder = SeriesEncoder(2, 3, key=0)
    with pytest.raises(ValueError, match="mask of a series of 40 steps"):
        encoder({"x": X, "mask": jnp.ones(39, bool)})
