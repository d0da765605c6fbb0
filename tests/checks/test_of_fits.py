"""Checks of a trained fit: what is right passes, what is wrong is found, bad input is refused."""

import numpy as np
import numpyro.distributions as dist
import pytest

import suffice as sf


def test_a_good_fit_passes_all_checks(regression):
    arguments = (regression.fit, regression.prior, regression.fresh)
    assert sf.checks.coverage(*arguments, key=0).table()["inside"].mean() > 0.7
    assert (sf.checks.sbc(*arguments, key=0).table()[["ks_p", "chi2_p"]].to_numpy() > 1e-4).all()
    assert len(sf.checks.tarp(*arguments, key=0).table()) >= 3


@pytest.mark.parametrize("marginals", ["joint", pytest.param("autoregressive", marks=pytest.mark.slow)])
def test_groups_and_chains_are_checked_as_one(correlated, marginals):
    sims = sf.simulate(correlated.prior, correlated.simulator, 300, key=7, progress=False)
    table = sf.checks.coverage(correlated.fit(marginals), correlated.prior, sims, key=0).table()
    assert set(table["group"]) == {"a, b"}
    assert (np.abs(table["empirical"] - table["nominal"]) < 0.09).all()


def test_another_prior_than_that_of_the_simulations_is_found(regression):
    """Simulations of a corner of the box, judged with the whole box: the means are pulled off."""
    corner = regression.prior.truncate(np.array([0.9, 0.9, 0.9]), np.ones(3))
    sims = sf.simulate(corner, regression.process, 400, key=0, progress=False)
    ranks = sf.checks.sbc(regression.fit, regression.prior, sims, key=0).table()
    assert (ranks["ks_p"] < 1e-3).any()


def test_parameters_outside_of_the_prior_are_refused(regression):
    narrow = regression.prior.truncate(np.full(3, -0.5), np.full(3, 0.5))
    with pytest.raises(ValueError, match=r"of 400 parameter vectors lie outside of the prior \(row \d+ at z\[0\]="):
        sf.checks.coverage(regression.fit, narrow, regression.fresh, key=0)


def test_other_names_and_no_rows_are_refused(regression):
    other = sf.Prior(y=dist.Uniform(-1, 1).expand([3]))
    with pytest.raises(ValueError, match=r"prior has the parameters y\[0\]"):
        sf.checks.coverage(regression.fit, other, regression.fresh, key=0)
    with pytest.raises(ValueError, match="empty"):
        sf.checks.coverage(regression.fit, regression.prior, regression.fresh[np.arange(0)], key=0)


@pytest.mark.parametrize("name", ["coverage", "sbc", "tarp", "l_c2st"])
def test_no_fit_no_prior_and_no_simulations_are_refused(name, regression, unchecked):
    x = [regression.fresh.x[0]] if name == "l_c2st" else []
    given = (regression.fit, regression.prior, regression.fresh)
    came = ["fit must be .* but a Prior", "prior must be .* but a Simulations", "sims must be .* but a Fit"]
    for place, message in enumerate(came):
        wrong = [*given[:place], given[(place + 1) % 3], *given[place + 1 :]]
        with pytest.raises(TypeError, match=f"{message} came"):
            getattr(sf.checks, name)(*wrong, *x)
