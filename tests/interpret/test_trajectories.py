"""Statistics of trajectories of known exponents, and maximum likelihood beside its Cramér-Rao bound."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from suffice.interpret import autocorrelation, ensemble_msd, maximum_likelihood, msd_exponent, time_averaged_msd
from suffice.simulate.processes import Brownian, FractionalBrownian, LevyWalk, ScaledBrownian


def simulated(process, theta, n, seed=0):
    keys = jax.random.split(jax.random.key(seed), n)
    return np.asarray(jax.jit(jax.vmap(process, (0, None)))(keys, jnp.asarray(theta, float)))


LAGS = [1, 2, 4, 8, 16, 32]


@pytest.mark.parametrize("alpha", [0.5, 1.5])
def test_fractional_motion_has_its_exponent_in_both_averages(alpha):
    x = simulated(FractionalBrownian(200, dims=2), [alpha, 0.3], 4000)
    exact = 2 * 2 * 0.3 * np.array(LAGS) ** alpha
    np.testing.assert_allclose(time_averaged_msd(x, LAGS).mean(axis=0), exact, rtol=0.05)
    np.testing.assert_allclose(ensemble_msd(x, LAGS), exact, rtol=0.1)
    assert msd_exponent(ensemble_msd(x, LAGS), LAGS) == pytest.approx(alpha, abs=0.05)
    known = (2**alpha - 2) / 2
    np.testing.assert_allclose(autocorrelation(x, [0, 1]), [1, known], atol=0.01)


def test_a_scaled_motion_that_began_earlier_needs_its_origin():
    x = simulated(ScaledBrownian(200, origin=34), [0.4, 0.3], 20_000)
    msd = ensemble_msd(x, LAGS)
    assert msd_exponent(msd, LAGS, origin=34) == pytest.approx(0.4, abs=0.1)
    assert msd_exponent(msd, LAGS) > 0.7  # biased where the origin is not taken into account
    slow = time_averaged_msd(simulated(ScaledBrownian(200), [0.4, 0.3], 2000), LAGS).mean(axis=0)
    assert msd_exponent(slow, LAGS) == pytest.approx(1, abs=0.15)  # averaged over time it looks normal


@pytest.mark.parametrize("noise", [0.0, 0.5])
def test_maximum_likelihood_is_as_good_as_can_be(noise):
    process, theta = FractionalBrownian(100, noise=noise), np.array([0.8, 0.5])
    x = simulated(process, theta, 400)
    found = maximum_likelihood(process, x, [0.05, 0.01], [1.95, 10.0])
    error = found - theta
    bound = process.cramer_rao(theta)
    spread = np.sqrt((error**2).mean(axis=0))
    assert (spread < 1.35 * bound).all() and (spread > 0.85 * bound).all()
    assert np.abs(error.mean(axis=0) / bound).max() < 0.35


def test_the_estimate_of_brownian_motion_is_its_mean_square():
    x = simulated(Brownian(50), [0.2], 30)
    found = maximum_likelihood(Brownian(50), x, [1e-3], [10.0], points=81)[:, 0]
    np.testing.assert_allclose(found, (x**2).mean(axis=1) / 2, rtol=0.01)


def test_lags_may_be_an_array():
    x = np.ones((2, 10))
    for statistic in (time_averaged_msd, ensemble_msd, autocorrelation):
        np.testing.assert_array_equal(statistic(x, np.arange(1, 5)), statistic(x, [1, 2, 3, 4]))


def test_what_makes_no_sense_is_refused():
    with pytest.raises(ValueError, match="lags must be from 1 to 10"):
        time_averaged_msd(np.ones((2, 10)), [11])
    with pytest.raises(ValueError, match="lags must be from 0 to 9"):
        autocorrelation(np.ones((2, 10)), [10])
    with pytest.raises(ValueError, match="not finite"):
        ensemble_msd(np.full((2, 10), np.nan), [1])
    with pytest.raises(ValueError, match="displacements"):
        ensemble_msd(np.ones(10), [1])
    with pytest.raises(ValueError, match="above zero"):
        msd_exponent(np.zeros(2), [1, 2])
    with pytest.raises(ValueError, match="below high"):
        maximum_likelihood(Brownian(5), np.ones((1, 5)), [1.0], [0.5])
    with pytest.raises(ValueError, match=r"theta must be \(1,\), but \(\) came"):
        maximum_likelihood(Brownian(5), np.ones((1, 5)), 0.1, 0.5)
    with pytest.raises(TypeError, match="likelihood is known, but a LevyWalk came"):
        maximum_likelihood(LevyWalk(5), np.ones((1, 5)), [0.1], [0.5])
    with pytest.raises(ValueError, match="masks"):
        ensemble_msd({"x": np.ones((2, 10)), "mask": np.ones((2, 10))}, [1])
    with pytest.raises(ValueError, match="points"):
        maximum_likelihood(Brownian(5), np.ones((1, 5)), [0.1], [0.5], points=2)
