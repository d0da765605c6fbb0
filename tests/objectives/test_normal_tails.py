"""Logarithms of the normal distribution function and their inverse, against scipy's in double precision."""

import jax
import jax.numpy as jnp
import numpy as np
from scipy.special import log_ndtr, ndtri_exp

from suffice.objectives._normal_tails import log_cdf, quantile_of_log


def test_both_are_exact_to_eight_digits_in_double_precision():
    with jax.enable_x64(True):
        x = np.linspace(-12, 12, 4001)
        assert np.allclose(log_cdf(jnp.asarray(x)), log_ndtr(x), rtol=1e-8, atol=1e-8)
        log_p = -np.geomspace(np.log(2), 84, 4001)
        assert np.allclose(quantile_of_log(jnp.asarray(log_p)), ndtri_exp(log_p), rtol=1e-8, atol=1e-8)


def test_both_are_exact_in_single_precision():
    x = np.linspace(-12, 12, 4001, dtype=np.float32)
    assert np.allclose(log_cdf(jnp.asarray(x)), log_ndtr(x.astype(float)), rtol=6e-7, atol=1.5e-6)
    log_p = -np.geomspace(np.log(2), 84, 4001).astype(np.float32)
    assert np.allclose(quantile_of_log(jnp.asarray(log_p)), ndtri_exp(log_p.astype(float)), rtol=1e-6, atol=1e-6)


def test_derivatives_are_those_of_the_functions():
    with jax.enable_x64(True):
        for function, at in ((log_cdf, (-8.0, -0.5, 3.0)), (quantile_of_log, (-60.0, -5.0, -0.7))):
            for x in at:
                step = 1e-4 * abs(x)
                low, here, high = jnp.asarray(x) + step * jnp.arange(-1.0, 2.0)
                found = jax.grad(function)(here)
                assert np.isclose(found, (function(high) - function(low)) / (2 * step), rtol=1e-4)


def test_far_away_nothing_is_lost():
    assert log_cdf(jnp.array([-jnp.inf, jnp.inf])).tolist() == [-jnp.inf, 0]
    assert quantile_of_log(jnp.log(0.5)) == 0
