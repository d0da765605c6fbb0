"""Replicated data: the right model makes such data, a wrong one is found by what it cannot make."""

import jax
import jax.numpy as jnp
import numpy as np
import numpyro.distributions as dist
import pytest

import suffice as sf

TIMES = 40


class Exact(sf.posteriors.AbstractPosterior):
    """Of the mean of 40 numbers of spread one, with a wide prior: N(mean of x, 1 / 40)."""

    x: np.ndarray
    names: tuple[str, ...] = ("mean",)

    def sample(self, n, *, key):
        return self.x.mean() + np.asarray(jax.random.normal(sf.core.as_key(key), (n, 1))) / np.sqrt(TIMES)


def simulator(key, theta):
    return theta[0] + jax.random.normal(key, (TIMES,))


def outside_of_jax(rng, theta):
    return theta[0] + rng.normal(size=TIMES)


def observed(seed, noise=lambda rng: rng.normal(size=TIMES)):
    return (2.0 + noise(np.random.default_rng(seed))).astype(np.float32)


def ask(x, **arguments):
    return sf.checks.posterior_predictive(Exact(x), simulator, x, **({"n": 400, "key": 0} | arguments))


def test_p_values_are_those_of_the_predictive_distribution():
    """Of the largest of 40 normal numbers about their mean, whose distribution is known from many."""
    x = observed(3)
    found = ask(x, quantities={"largest": jnp.max, "by numpy": lambda x: np.partition(x, -1)[-1]}, n=2000)
    rng = np.random.default_rng(0)
    known = (x.mean() + rng.normal(size=(20_000, 1)) / np.sqrt(TIMES) + rng.normal(size=(20_000, TIMES))).max(axis=1)
    exact = 2 * min((known <= x.max()).mean(), (known >= x.max()).mean())
    np.testing.assert_allclose(found.p_value, exact, atol=0.05)
    assert list(found.table()["quantity"]) == ["largest", "by numpy"]


def test_the_right_model_passes_and_its_own_mean_is_in_the_middle():
    passed = []
    for seed in range(12):
        found = ask(observed(seed))
        passed.append(found.passed)
        assert found.p_value[0] > 0.8  # the posterior was made from the mean
    assert np.mean(passed) >= 0.8 and found.table()["verdict"][0] == "as in replicated data"


def test_a_wrong_model_is_found_by_what_it_cannot_make():
    found = ask(observed(0, lambda rng: rng.standard_t(1.5, size=TIMES)))
    table = found.table().set_index("quantity")
    assert not found.passed and table["passed"]["mean of x"] and not table["passed"]["std of x"]
    assert "higher than in 100.0 %" in table["verdict"]["std of x"] and "does not make" in str(found)
    assert found.plot().get_legend() is not None
    small = ask(observed(0, lambda rng: 0.2 * rng.normal(size=TIMES)))
    assert "lower than in" in small.table().set_index("quantity")["verdict"]["std of x"]


def test_of_a_fit_its_summaries_are_asked_too(regression):
    x = regression.fresh.x[0]
    found = sf.checks.posterior_predictive(regression.fit, regression.process, x, prior=regression.prior, n=200, key=0)
    assert found.passed and list(found.names[-3:]) == ["summary 0", "summary 1", "summary 2"]


def test_simulations_that_fail_are_left_out_and_counted():
    def failing(key, theta):
        x = simulator(key, theta)
        return jnp.where(x[0] > 3.0, jnp.nan, x)

    with pytest.warns(UserWarning, match="not finite"):
        found = sf.checks.posterior_predictive(Exact(observed(0)), failing, observed(0), n=400)
    assert 250 < len(found.replicated) < 400 and found.passed


def test_a_simulator_outside_of_jax():
    x = observed(0)
    assert sf.checks.posterior_predictive(Exact(x), outside_of_jax, x, n=60, workers=1).passed


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n": 10}, "at least 50 replications"),
        ({"confidence": 2.0}, "confidence"),
        ({"quantities": {}}, "at least one name"),
        ({"quantities": [jnp.max]}, "at least one name to a function x -> number, such as"),
        ({"quantities": {"all": lambda x: x}}, "'all' must give one number"),
        ({"quantities": {"log": lambda x: jnp.log(-jnp.abs(x[0]))}}, "'log' of the observation is not finite"),
    ],
)
def test_bad_input_is_refused(arguments, message, unchecked):
    with pytest.raises(ValueError, match=message):
        ask(observed(0), **arguments)


@pytest.mark.parametrize(
    ("x", "made", "message"),
    [
        (np.zeros(TIMES - 1), simulator, r"shape of one simulation, \(40,\)"),
        ({"x": np.zeros(TIMES)}, simulator, "built like the simulations"),
        (np.zeros(TIMES) * 1j, simulator, "real numbers"),
        (np.full(TIMES, np.nan), outside_of_jax, "40 non-finite"),
        (np.zeros(TIMES - 1), outside_of_jax, r"shape of one simulation, \(40,\)"),
        (np.zeros(TIMES), 3, "simulator must be a function"),
    ],
)
def test_an_observation_that_is_none_is_refused(x, made, message, unchecked):
    with pytest.raises((ValueError, TypeError), match=message):
        sf.checks.posterior_predictive(Exact(observed(0)), made, x, n=60, key=0)


def test_a_fit_without_a_prior_is_refused(regression, unchecked):
    with pytest.raises(ValueError, match="needs the prior as well"):
        sf.checks.posterior_predictive(regression.fit, regression.process, regression.fresh.x[0])
    with pytest.raises(ValueError, match="one observation"):
        many = sf.posterior(regression.fit, regression.prior, regression.fresh.x[:3])
        sf.checks.posterior_predictive(many, regression.process, regression.fresh.x[0])


def test_prior_of_the_wrong_parameters_is_refused(regression, unchecked):
    other = sf.Prior(a=dist.Normal(0, 1))
    with pytest.raises(ValueError, match="the prior has the parameters a"):
        sf.checks.posterior_predictive(regression.fit, regression.process, regression.fresh.x[0], prior=other)
