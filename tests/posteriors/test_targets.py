"""Any quantity of a simulation can be what is inferred, or given, or drawn anew."""

import jax
import jax.numpy as jnp
import numpy as np
import numpyro.distributions as dist
import pytest

import suffice as sf

PRIOR = sf.Prior(a=dist.Normal(0, 1))


def simulator(key, theta, given=None):
    """A level, a latent value that it gives, and data with noise; a given latent replaces the drawn one."""
    for_latent, for_noise = jax.random.split(key)
    latent = theta[0] + 0.5 * jax.random.normal(for_latent, (2,))
    if given and "latent" in given:
        latent = given["latent"]
    return {"latent": latent, "x": latent + 0.5 * jax.random.normal(for_noise, (2,))}


def test_a_latent_quantity_is_inferred_like_a_parameter():
    sims = sf.simulate(PRIOR, simulator, 8000, key=0, progress=False).select(x="x", target="latent")
    assert sims.names == ("latent[0]", "latent[1]")
    prior = sf.EmpiricalPrior(sims.theta, sims.names)
    fit = sf.fit(sf.Ratio(sf.networks.Linear(2, 2, key=1)), sims, key=2, max_epochs=20, progress=False)
    x = np.array([1.0, -0.4], np.float32)
    found = sf.posterior(fit, prior, x)
    # latent ~ N(0, [[1.25, 1], [1, 1.25]]), x | latent ~ N(latent, 0.25).
    covariance = np.linalg.inv(np.linalg.inv([[1.25, 1.0], [1.0, 1.25]]) + np.eye(2) / 0.25)
    np.testing.assert_allclose(found.mean, covariance @ x / 0.25, atol=0.06)
    np.testing.assert_allclose(found.std, np.sqrt(np.diag(covariance)), rtol=0.08)


def test_only_the_noise_is_drawn_anew_on_stored_simulations():
    """`Renoised`: fresh noise on stored noiseless simulations inside the compiled step."""
    sims = sf.simulate(PRIOR, lambda key, theta: jnp.ones(3) * theta[0], 4000, key=0, progress=False)
    source = sf.Renoised(sims, lambda key, x: x + 0.5 * jax.random.normal(key, x.shape))
    fit = sf.fit(sf.Ratio(sf.networks.Linear(3, 1, key=1)), source, key=2, max_epochs=10, progress=False)
    found = sf.posterior(fit, PRIOR, np.array([0.5, 1.0, 0.9], np.float32))
    assert found.mean[0] == pytest.approx(2.4 / 0.25 / 13, abs=0.04)
    assert found.std[0] == pytest.approx(13**-0.5, rel=0.06)
