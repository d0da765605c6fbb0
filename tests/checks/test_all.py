"""All checks at once, on posteriors whose faults are planted, and observations that were not simulated."""

import jax
import numpy as np
import pytest
from scipy import stats

import suffice as sf
from suffice.checks import width_of

SIMS = sf.Simulations(np.zeros((50, 2)), np.zeros((50, 2)))


@pytest.mark.parametrize(("bias", "width"), [(0.0, 1.0), (0.0, 0.8), (0.0, 1.3), (0.4, 1.0)])
def test_planted_faults_are_named_with_their_size(gaussian, bias, width):
    found = width_of(gaussian(6000, 1, bias=bias, width=width).ranks[:, 0])
    assert found.narrow == pytest.approx(1 - width, abs=1.5 * found.narrow_error + 0.01)
    assert found.shift == pytest.approx(bias, abs=1.5 * found.shift_error + 0.03)
    assert (abs(found.narrow) > found.narrow_error) == (width != 1) or abs(found.narrow) < 0.06
    told = str(found)
    assert ("narrow" in told) == (width < 1) and ("wide" in told) == (width > 1) and ("high" in told) == (bias > 0)


def test_one_pass_says_what_the_checks_say_one_by_one(regression):
    arguments = (regression.fit, regression.prior, regression.fresh)
    found = sf.checks.all(*arguments, key=0)
    table = found.table()
    assert set(table["check"]) == {"ranks", "coverage", "tarp"} and len(table) == 9
    alone = sf.checks.coverage(*arguments, key=0)
    np.testing.assert_allclose(found.coverage.levels, alone.levels, atol=1e-3)
    assert found.passed == table["passed"].all() and "held-out" in str(found)
    np.testing.assert_allclose(found.sbc.ranks, sf.checks.sbc(*arguments, key=0).ranks, atol=1e-3)


def test_a_wrong_prior_is_said_in_words(regression):
    corner = regression.prior.truncate(np.array([0.9, 0.9, 0.9]), np.ones(3))
    sims = sf.simulate(corner, regression.process, 300, key=0, progress=False)
    found = sf.checks.all(regression.fit, regression.prior, sims, key=0)
    assert not found.passed and found.table()["verdict"].str.contains("too").any()


def test_what_was_simulated_is_usual_and_what_was_not_is_found(regression):
    found = sf.checks.misspecification(regression.fit, regression.sims, regression.fresh.x, key=0)
    assert stats.kstest(found.p_value, "uniform").pvalue > 1e-3 and found.passed
    odd = np.asarray(regression.fresh.x[0]) + 3.0
    one = sf.checks.misspecification(regression.fit, regression.sims, odd, key=0)
    assert one.p_value[0] < 1e-3 and not one.passed and "unlike any" in str(one)
    assert one.plot().get_legend() is not None
    few = sf.checks.misspecification(lambda x: x[:5], regression.sims, odd)
    assert few.passed  # five neighbouring numbers are all shifted by what another parabola would do


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ({"width": 0.8}, "intervals too narrow by"),
        ({"width": 1.3}, "intervals too wide by"),
        ({"bias": 0.3}, "too high by 0."),
        ({"bias": -0.3}, "too low by 0."),
    ],
)
def test_planted_faults_of_a_fit_are_named_in_one_table(planted, fault, words):
    found = sf.checks.all(planted.fit(**fault), planted.prior, planted.sims, key=0)
    table = found.table()
    ranks = table[table["check"] == "ranks"]
    assert not ranks["passed"].any() and ranks["verdict"].str.contains(words).all()
    if "width" in fault:
        assert not table[table["check"] == "coverage"]["passed"].any()
        assert found.widths["theta[0]"].narrow == pytest.approx(1 - fault["width"], abs=0.06)
    else:
        assert found.widths["theta[0]"].shift == pytest.approx(fault["bias"], abs=0.08)


def test_an_observation_and_a_simulator_add_their_checks(planted):
    x = np.array([0.4, 0.1], np.float32)
    sims = planted.sims[np.arange(1000)]
    found = sf.checks.all(planted.fit(), planted.prior, sims, x_obs=x, simulator=planted.process, key=0)
    assert set(found.table()["check"]) == {"ranks", "coverage", "tarp", "distance", "l-c2st", "predictive"}
    assert found.passed == found.table()["passed"].all() and found.local.n == 1000
    far = sf.checks.all(planted.fit(), planted.prior, sims, x_obs=x + 9, key=0).table().set_index("check")
    assert not far["passed"]["distance"] and "unlike any simulation" in far["verdict"]["distance"]


def test_rows_are_gone_over_in_one_compiled_pass(planted):
    """However many rows there are, the posterior is traced as often."""

    def traced(n):
        jax.clear_caches()
        before = len(planted.traced)
        sf.checks.all(planted.fit(), planted.prior, planted.sims[np.arange(n)], key=0)
        return len(planted.traced) - before

    once = traced(500)
    assert 0 < once < 10 and traced(2000) == once


def test_rows_that_are_missing_or_not_finite_are_left_out(planted):
    x = np.array(planted.sims.x[:600])
    x[:30, 1], x[30:40] = np.nan, np.inf
    sims = sf.Simulations(planted.sims.theta[:600], x, names=planted.prior.names)
    with pytest.warns(UserWarning, match="40 of 600 rows failed or are not finite"):
        found = sf.checks.all(planted.fit(), planted.prior, sims, x_obs=np.array([0.4, 0.1], np.float32), key=0)
    assert found.coverage.n == found.sbc.n == found.tarp.n == found.local.n == 560
    x[:400] = np.nan
    sims = sf.Simulations(planted.sims.theta[:600], x, names=planted.prior.names)
    with pytest.raises(ValueError, match="400 of 600 rows failed"):
        sf.checks.all(planted.fit(), planted.prior, sims, key=0)


def test_few_rows_cannot_find_a_fault_and_say_so(planted, unchecked):
    with pytest.raises(ValueError, match=r"3 held-out simulations cannot show any fault; pass at least 100"):
        sf.checks.all(planted.fit(width=0.5), planted.prior, planted.sims[np.arange(3)])
    found = sf.checks.all(planted.fit(), planted.prior, planted.sims[np.arange(30)], key=0)
    assert not found.enough and "30 held-out simulations: too few to find any but a gross fault" in str(found)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"x_obs": np.zeros((2, 2))}, "one observation"),
        ({"x_obs": np.full(2, np.nan)}, "2 non-finite"),
        ({"x_obs": np.zeros(3)}, "shape of one simulation"),
        ({"x_obs": "text"}, "real numbers"),
        ({"x_obs": np.zeros(2), "simulator": 3}, "simulator must be a function"),
        ({"draws": 0}, "draws must be a whole number"),
        ({"confidence": 1.0}, "confidence"),
        ({"sims": None}, "sims must be sf.Simulations .* but a NoneType came"),
        ({"sims": (np.zeros((200, 2)), np.zeros((200, 2)))}, "sims must be sf.Simulations .* but a tuple came"),
        ({"prior": SIMS}, "prior must be the sf.Prior of the simulations, but a Simulations came"),
        ({"sims": SIMS, "x_obs": np.zeros(2)}, "100 simulations are needed .* whether x_obs is; got 50"),
    ],
)
def test_what_is_refused_is_refused_before_rows_are_gone_over(planted, change, message, unchecked):
    before = len(planted.traced)
    with pytest.raises((ValueError, TypeError), match=message):
        sf.checks.all(planted.fit(), **({"prior": planted.prior, "sims": planted.sims} | change))
    assert len(planted.traced) == before


def test_distances_of_a_summary_in_numpy_and_of_a_list(planted):
    x = [0.4, 0.1]
    in_jax = sf.checks.misspecification(lambda x: x**2, planted.sims[np.arange(400)], x)
    in_numpy = sf.checks.misspecification(lambda x: np.power(np.asarray(x), 2), planted.sims[np.arange(400)], x)
    np.testing.assert_allclose(in_numpy.p_value, in_jax.p_value, atol=0.01)


@pytest.mark.parametrize(
    ("summary", "sims", "x", "message"),
    [
        (lambda x: x, 400, np.full(2, np.nan), "2 non-finite"),
        (lambda x: x, 400, np.zeros(2) * 1j, "real numbers"),
        (lambda x: x, 0, np.zeros(2), "at least 100 simulations .* got 0"),
        (lambda x: np.ones(2), 400, np.zeros(2), "the same for all simulations"),
        (lambda x: x @ np.ones(7), 400, np.zeros(2), "cannot be computed of row 0"),
        (lambda x: x / 0, 400, np.zeros(2), "summary of the observation is not finite"),
        ("text", 400, np.zeros(2), "must be a fit, or a summary"),
    ],
)
def test_distances_that_cannot_be_told_are_refused_in_a_sentence(planted, summary, sims, x, message, unchecked):
    with pytest.raises((ValueError, TypeError), match=message):
        sf.checks.misspecification(summary, planted.sims[np.arange(sims)], x)


def test_simulations_of_other_data_than_the_fit_are_refused(planted):
    other = sf.Simulations(np.zeros((200, 2)), np.zeros((200, 3)), names=planted.prior.names)
    with pytest.raises(ValueError, match="data as the fit was trained on"):
        sf.checks.misspecification(planted.fit(), other, np.zeros(3))


def test_bad_input_is_refused(regression, unchecked):
    with pytest.raises(ValueError, match="at least 100"):
        sf.checks.misspecification(regression.fit, regression.sims[np.arange(50)], regression.fresh.x[0])
    with pytest.raises(ValueError, match="shape of one simulation"):
        sf.checks.misspecification(regression.fit, regression.sims, np.zeros(7))
    with pytest.raises(ValueError, match="pass x_obs as well"):
        sf.checks.all(regression.fit, regression.prior, regression.fresh, simulator=regression.process)
    with pytest.raises(ValueError, match="confidence"):
        sf.checks.misspecification(regression.fit, regression.sims, regression.fresh.x[0], confidence=2.0)
