"""Simulating with JAX: known noise, seeds by row, failures, given values."""

import subprocess
import sys

import jax
import jax.numpy as jnp
import numpy as np
import numpyro.distributions as dist
import pytest
from scipy import stats

import suffice as sf
from suffice.simulate._tracing import try_tracing

PRIOR = sf.Prior(a=dist.Uniform(-1, 1), z=dist.Normal(0, 1).expand([2]))
QUIET = {"progress": False}


def line(key, theta):
    return theta[0] + theta[1:].sum() + 0.1 * jax.random.normal(key, (5,))


def parts(key, theta, given=None):
    given = given or {}
    signal = given.get("signal", theta[0] * jnp.arange(4.0))
    noise = jax.random.normal(key, (4,))
    return {"signal": signal, "noise": noise, "x": signal + noise, "count": jnp.int32(3)}


def test_simulations_are_prior_and_noise():
    sims = sf.simulate(PRIOR, line, 20_000, key=0, **QUIET)
    assert sims.theta.shape == (20_000, 3) and sims.x.shape == (20_000, 5) and sims.names == PRIOR.names
    residual = (sims.x - sims.theta.sum(axis=1, keepdims=True)) / 0.1
    assert stats.kstest(residual.ravel()[:20_000], "norm").pvalue > 1e-3
    assert stats.kstest(sims.theta[:, 0], stats.uniform(-1, 2).cdf).pvalue > 1e-3
    assert len(np.unique(residual[:, 0])) > 19_000  # a key of its own for each row


def test_a_row_depends_on_the_key_and_its_number_alone():
    one = sf.simulate(PRIOR, line, 1500, key=3, **QUIET)
    for n, chunk in ((1500, 64), (1100, 1024), (1499, 5000)):
        other = sf.simulate(PRIOR, line, n, key=3, chunk=chunk, **QUIET)
        np.testing.assert_array_equal(other.theta, one.theta[:n])
        np.testing.assert_allclose(other.x, one.x[:n], rtol=1e-6)
    assert not np.array_equal(sf.simulate(PRIOR, line, 1500, key=4, **QUIET).x, one.x)


def test_named_arrays_and_given_values():
    sims = sf.simulate(PRIOR, parts, 50, key=0, given={"a": 0.5, "z": [1.0, -1.0]}, **QUIET)
    np.testing.assert_array_equal(sims.theta, np.tile([0.5, 1.0, -1.0], (50, 1)).astype(np.float32))
    np.testing.assert_allclose(sims.x["signal"], np.tile(0.5 * np.arange(4), (50, 1)))
    assert sims.x["count"].dtype == np.int32
    signal = np.array([1.0, 2.0, 3.0, 4.0], np.float32)
    fixed = sf.simulate(PRIOR, parts, 50, key=0, given={"signal": signal}, **QUIET)
    np.testing.assert_allclose(fixed.x["x"] - fixed.x["noise"], np.tile(signal, (50, 1)), atol=1e-6)
    free = sf.simulate(PRIOR, parts, 50, key=0, **QUIET)
    np.testing.assert_array_equal(free.x["noise"], fixed.x["noise"])


def test_rows_that_are_not_finite_are_reported():
    def root(key, theta):
        return jnp.sqrt(theta[0] + 0.8) * jnp.ones(3)

    with pytest.warns(UserWarning, match="gave non-finite numbers; first, row .*biased") as caught:
        sims = sf.simulate(PRIOR, root, 2000, key=0, **QUIET)
    bad = sims.theta[:, 0] < -0.8
    np.testing.assert_array_equal(sims.failures.rows, np.flatnonzero(bad))
    assert 100 < bad.sum() < 300 and f"{bad.sum()} of 2000" in str(caught[0].message)
    assert caught[0].filename == __file__


def test_more_than_half_failing_is_an_error():
    with pytest.raises(ValueError, match=r"More than half.*narrow the prior"):
        sf.simulate(PRIOR, lambda key, theta: jnp.log(theta[:1] - 0.2), 300, key=0, **QUIET)


def test_failing_rows_can_be_tried_again_with_other_noise():
    def sometimes(key, theta):
        return jnp.where(jax.random.uniform(key) < 0.3, jnp.nan, theta)

    with pytest.warns(UserWarning, match="failed"):
        once = sf.simulate(PRIOR, sometimes, 3000, key=0, **QUIET)
    with pytest.warns(UserWarning, match="failed"):
        thrice = sf.simulate(PRIOR, sometimes, 3000, key=0, retries=2, **QUIET)
    assert len(once.failures) / 3000 == pytest.approx(0.3, abs=0.04)
    assert len(thrice.failures) / 3000 == pytest.approx(0.027, abs=0.012)
    good = once.status == 0
    np.testing.assert_array_equal(thrice.x[good], once.x[good])


def needs_numpy(key, theta):
    return np.sin(theta)


def uses_generator(rng, theta):
    return theta + rng.normal(size=3)


def frozen_noise(key, theta):
    return theta + np.random.normal(size=3)  # noqa: NPY002


@pytest.mark.parametrize(
    ("simulator", "reason"),
    [
        (needs_numpy, "TracerArrayConversionError"),
        (uses_generator, "normal"),
        (lambda rng, theta: 1.0 if theta[0] > 0 else 0.0, "TracerBoolConversionError"),
        (frozen_noise, "other constants each time"),
        (lambda key, theta: np.random.normal(size=3), "depends on neither"),  # noqa: NPY002
        (lambda key, theta: jnp.ones(3), "depends on neither"),
    ],
)
def test_what_cannot_be_traced_is_told_from_what_can(simulator, reason):
    assert reason in try_tracing(simulator, 3).reason


@pytest.mark.parametrize("simulator", [line, parts, jax.jit(line), lambda key, theta: theta * np.arange(3.0)])
def test_what_can_be_traced(simulator):
    assert try_tracing(simulator, 3).example is not None


def test_sf_simulate_is_a_function_whatever_was_imported_first():
    code = (
        "import suffice.simulate, suffice as sf; sf.simulate.processes.LinearRegression; print(callable(sf.simulate))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "True"


def test_a_bar_is_shown_on_standard_error(capsys):
    sf.simulate(PRIOR, line, 64, key=0)
    out, err = capsys.readouterr()
    assert out == "" and "simulate" in err and "64/64" in err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"prior": dist.Normal(0, 1)}, "prior must be an sf.Prior"),
        ({"simulator": 3}, "simulator must be a function"),
        ({"n": 0}, "n must be a whole number of at least 1, but 0 came"),
        ({"n": 2.5}, "n must be a whole number"),
        ({"chunk": 0}, "chunk must"),
        ({"retries": -1}, "retries must"),
        ({"workers": "two"}, "workers must"),
        ({"timeout": 0.0}, "timeout must be a positive"),
        ({"timeout": 1.0}, "timeout is for simulators that run in processes"),
        ({"simulator": needs_numpy, "workers": 0}, "cannot be traced by JAX .TracerArray"),
        ({"simulator": lambda key, theta: (theta, theta)}, "one array of numbers or a dict"),
        ({"simulator": lambda key, theta: {"x": (theta, theta)}}, "one array of numbers or a dict"),
        ({"given": {"a": 3.0}}, "outside of the prior: a=3"),
        ({"given": {"a": [0.1, 0.2]}}, "needs one number or 1"),
        ({"given": {"z": np.nan}}, "must be finite"),
        ({"given": {"signal": 1.0}}, "no parameter of the prior .a, z"),
        ({"store": "sims.npz"}, "ends in .zarr"),
        ({"key": "seed"}, "key must be"),
        ({"key": 2**70}, r"a seed must lie between -2\*\*63"),
    ],
)
@pytest.mark.usefixtures("unchecked")
def test_bad_input_is_refused_before_any_simulation(arguments, message):
    settings = {"prior": PRIOR, "simulator": line, "n": 10, "key": 0, **QUIET} | arguments
    with pytest.raises((ValueError, TypeError), match=message):
        sf.simulate(**settings)


def test_given_parameters_are_simulated_in_their_order():
    theta = np.arange(6.0).reshape(3, 2)
    for simulator, workers in ((lambda key, t: 2 * t + 0 * jax.random.normal(key), None), (lambda rng, t: 2 * t, 1)):
        sims = sf.simulate_at(theta, simulator, key=0, names=("a", "b"), workers=workers, progress=False)
        np.testing.assert_allclose(sims.x, 2 * theta)
        np.testing.assert_allclose(sims.theta, theta)
        assert sims.names == ("a", "b")


def test_a_simulator_of_nothing_is_a_failure_of_each_row():
    with pytest.raises(ValueError, match="returned an empty dict"):
        sf.simulate(PRIOR, lambda rng, theta: {}, 4, key=0, workers=1, **QUIET)
