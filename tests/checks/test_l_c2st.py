"""The local test on posteriors that are known: exact ones pass, planted faults are found where they are."""

import warnings

import jax.numpy as jnp
import numpy as np
import pytest

import suffice as sf

RIGHT, WRONG = np.array([-0.4, 0.1], np.float32), np.array([0.4, 0.1], np.float32)


def ask(planted, x=WRONG, n=2000, key=0, nulls=40, **fault):
    found = sf.checks.l_c2st(planted.fit(**fault), planted.prior, planted.sims[np.arange(n)], x, nulls=nulls, key=key)
    return found, found.table()


@pytest.mark.parametrize("key", [0, 1])
def test_an_exact_posterior_passes(planted, key):
    found, table = ask(planted, key=key)
    assert found.passed and found.p_value[0] > 0.05 and "as far as can be seen" in table["verdict"][0]


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ({"bias": 0.5}, "too high by about 0."),
        ({"bias": -0.5}, "too low by about 0."),
        ({"width": 0.65}, "too narrow by about"),
        ({"width": 1.5}, "too wide by about"),
    ],
)
def test_planted_faults_are_found_and_named(planted, fault, words):
    found, table = ask(planted, **fault)
    assert not found.passed and words in table["verdict"][0] and words in str(found)
    (region,) = found.regions
    if "bias" in fault:
        np.testing.assert_allclose(region.shift, fault["bias"], atol=0.25)
    else:
        np.testing.assert_allclose(np.log(region.width), np.log(fault["width"]), atol=0.25)


def test_a_fault_at_some_observations_is_found_at_those(planted):
    fault = {"bias": 0.9, "everywhere": False}
    there, elsewhere = (ask(planted, x, **fault)[0] for x in (WRONG, RIGHT))
    assert not there.passed
    assert abs(elsewhere.regions[0].shift).max() < 0.4 * there.regions[0].shift.max()


def test_p_values_of_exact_posteriors_are_spread_evenly(planted):
    """Of the null, the statistic is one more of the same kind."""
    p = np.array([ask(planted, n=250, nulls=20, key=key)[0].p_value[0] for key in range(20)])
    assert 0.3 < p.mean() < 0.7 and (p < 0.1).sum() <= 6


def test_groups_of_a_ratio_are_asked_one_by_one(regression):
    found = sf.checks.l_c2st(regression.fit, regression.prior, regression.fresh, regression.fresh.x[0], key=0)
    assert len(found.table()) == 3 and found.names == ("z[0]", "z[1]", "z[2]")
    assert found.plot().get_legend() is not None


def test_rows_whose_features_are_not_finite_are_left_out_and_counted(planted):
    x, sims = WRONG, planted.sims[np.arange(500)]
    lost = int((np.asarray(sims.x)[:, 0] < -0.8).sum())
    with pytest.warns(UserWarning, match=f"{lost} of 500 rows failed or are not finite and are left out"):
        found = sf.checks.l_c2st(
            planted.fit(), planted.prior, sims, x, features=lambda x: jnp.where(x[0] < -0.8, jnp.nan, x), nulls=20
        )
    assert 0 < lost < 250 and found.n == 500 - lost


@pytest.mark.parametrize(
    ("features", "message"),
    [
        (lambda x: jnp.where(x[0] < 0.35, jnp.nan, x), "rows failed or are not finite; a check on the rest"),
        (lambda x: jnp.where(x[0] < 0.5, jnp.nan, x), "features of x_obs are not finite"),
        (lambda x: jnp.where(x[0] < 0.0, jnp.nan, x), "have finite features, but at least 200 are needed"),
        (3, "features must be a function"),
    ],
)
def test_features_that_are_not_finite_give_no_verdict(planted, features, message, unchecked):
    with pytest.raises((ValueError, TypeError), match=message), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of those left out
        sf.checks.l_c2st(planted.fit(), planted.prior, planted.sims[np.arange(300)], WRONG, features=features)


def test_bad_input_is_refused(planted, unchecked):
    fit, prior, sims = planted.fit(), planted.prior, planted.sims
    with pytest.raises(ValueError, match="at least 200 held-out simulations"):
        sf.checks.l_c2st(fit, prior, sims[np.arange(50)], RIGHT)
    with pytest.raises(ValueError, match="x_obs must be one observation"):
        sf.checks.l_c2st(fit, prior, sims, np.stack([RIGHT, WRONG]))
    with pytest.raises(ValueError, match="nulls must be at least 20"):
        sf.checks.l_c2st(fit, prior, sims, RIGHT, nulls=10)
    with pytest.raises(ValueError, match="x_obs must have the shape"):
        sf.checks.l_c2st(fit, prior, sims, np.zeros(3))
