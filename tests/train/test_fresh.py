"""Fits from simulations drawn anew for every batch."""

import jax
import jax.numpy as jnp
import numpy as np

import suffice as sf
from suffice.simulate.processes import LinearRegression


def test_a_fresh_source_brings_the_names_and_the_exact_posterior():
    process = LinearRegression(bins=20)
    source = sf.Fresh(process.prior, process, steps=100)
    objective = sf.Ratio(sf.networks.Linear(20, 3, key=0))
    fit = sf.fit(objective, source, key=0, max_epochs=5, progress=False)
    x = process(jax.random.key(1), jnp.array([0.1, -0.2, 0.3]))
    found = sf.posterior(fit, process.prior, x)
    mean, std = process.exact_mean_std(x)
    assert fit.names == found.names == ("z[0]", "z[1]", "z[2]")
    np.testing.assert_array_less(np.abs(found.mean - mean) / std, 0.5)
    np.testing.assert_allclose(found.std / std, 1, atol=0.2)


def test_new_noise_on_stored_rows_keeps_the_names():
    process = LinearRegression()
    source = sf.Renoised(sf.Fresh(process.prior, process), lambda key, x: x + jax.random.normal(key, x.shape))
    assert source.names == ("z[0]", "z[1]", "z[2]")
