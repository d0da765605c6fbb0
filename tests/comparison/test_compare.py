"""Summaries beside each other, where what each keeps is known."""

from dataclasses import replace

import jax.numpy as jnp
import numpy as np
import numpyro.distributions as dist
import pytest

import suffice as sf
from suffice.comparison import Measured, SummaryComparison
from suffice.information import local_score_compression

LINEAR = ("linear regression", "MOPED", "CCA")


@pytest.mark.parametrize("name", ["both", "regression", *LINEAR])
def test_sufficient_summaries_keep_all(compared, pair, name):
    assert compared.information(name, "a").value == pytest.approx(pair.exact, abs=0.06)
    assert compared.information(name, "all together").value == pytest.approx(2 * pair.exact, abs=0.1)
    assert compared.kept(name, "all together").high > 0.985
    assert np.allclose(compared[name].width, (1 + 3 / 0.09) ** -0.5, rtol=0.06)


def test_a_summary_that_drops_a_parameter_keeps_nothing_of_it(compared, pair):
    for name, dropped, other in (("first", "b", "a"), ("by hand", "a", "b")):
        none, all_of_it = compared.information(name, dropped), compared.information(name, other)
        assert none.low <= 0.005 and none.high < 0.02
        share = compared.kept(name, dropped)
        assert abs(share.value) < 0.01 and share.covers(0.0)
        assert all_of_it.value == pytest.approx(pair.exact, abs=0.06)
    share = compared.kept("first", "all together")
    assert share.low - 0.02 < 0.5 < share.high + 0.02
    assert compared["first"].width[1] == pytest.approx(1.0, rel=0.06)


def test_fisher_information_at_the_fiducial(compared):
    table = compared.parameters().set_index(["summary", "parameter"])
    assert table.loc[("both", "a"), "fisher"] == pytest.approx(3 / 0.09, rel=0.12)
    assert compared["first"].fisher is None  # one number for two parameters
    assert compared["by hand"].fisher is None  # not differentiable
    assert table.loc[("both", "a"), "precision"] == pytest.approx(1 + 3 / 0.09, rel=0.12)


def test_tables_and_what_to_take(compared):
    table = compared.table()
    assert set(table["summary"]) == {"both", "first", "by hand", "regression", *LINEAR}
    assert (table["information"].diff().dropna() <= 0).all()
    assert compared.best() in ("both", "regression", *LINEAR)
    assert compared.best("a") == "first"  # one number says as much of it as two
    cost = table.set_index("summary")["cpu_s"]
    assert cost["both"] == 0 and cost["regression"] > 0 and cost["linear regression"] > 0
    assert str(compared).startswith("7 summaries on 900 held-out simulations; take ")
    coverage = compared.parameters()[["coverage_68", "coverage_95"]]
    assert (coverage - [0.68, 0.95]).abs().to_numpy().max() < 0.06


def measured(name, kind, numbers, *levels, rows=400):
    """A summary that says so many nats of each parameter, as rows of a spread of 0.1 tell; other rows for each kind."""
    rng = np.random.default_rng(len(kind))
    terms = np.array(levels)[:, None] + 0.1 * rng.normal(size=(len(levels), rows))
    ranks = rng.uniform(size=(rows, len(levels)))
    return Measured(name, kind, numbers, 1.0, terms, np.ones(len(levels)), ranks, None)


def beside(*every, together=False, exact=None):
    names = ("a", "b", "all")[: len(every[0].terms)]
    return SummaryComparison(every, names, together, np.ones(len(names)), exact)


def test_of_nothing_no_share_is_kept():
    found = beside(measured("one", "given", 1, 1.0, -0.01), measured("two", "InfoMax", 1, 0.5, -0.1))
    assert found.anything_to_keep("a") and not found.anything_to_keep("b")
    assert np.isnan([found.kept(name, "b").value for name in found.names]).all()
    assert list(found.table()["least_kept"].str[:2]) == ["a:", "a:"]
    nothing = beside(measured("one", "given", 1, 0.0), measured("two", "InfoMax", 1, -0.1))
    assert set(nothing.table()["least_kept"]) == {"nothing to keep"} and nothing.table()["kept"].isna().all()
    assert str(nothing).count("nothing to keep") == 4 and "nan" not in str(nothing).lower()


def test_what_is_known_exactly_tells_whether_there_is_anything_to_keep():
    poor = measured("poor", "given", 1, -0.05)
    found = beside(poor, exact=0.02 + 0.01 * np.random.default_rng(0).normal(size=(1, 400)))
    assert found.anything_to_keep("a") and found.kept("poor", "a").value < 0


def test_of_equal_ones_the_simplest_is_taken_whatever_they_cost():
    closed, wide = measured("CCA", "closed form", 2, 1.0, 1.0), measured("wide", "closed form", 3, 1.0, 1.0)
    for cost in (0.0, 9.0):
        learned = replace(measured("net", "InfoMax", 2, 1.001, 1.001), cpu_seconds=cost)
        assert beside(wide, learned, closed).best() == "CCA"
    better = replace(measured("net", "InfoMax", 3, 1.2, 1.2), cpu_seconds=9.0)
    assert beside(closed, better).best() == "net"


def test_without_all_together_the_parameters_are_added_up():
    found = beside(measured("one", "given", 1, 1.0, 0.5), measured("two", "InfoMax", 1, 0.2, 0.9))
    assert found.information("one").value == pytest.approx(1.5, abs=0.02)
    assert found.best() == "one" and found.best("b") == "two"
    assert list(found.table()["summary"]) == ["one", "two"]
    assert found.difference("one", "two").value == pytest.approx(0.4, abs=0.03)


def exact(theta, x):
    """log p(θ_i | x) / p(θ_i) of the pair."""
    precision = 1 + 3 / 0.09
    mean = np.asarray(x).reshape(-1, 2, 3).sum(axis=2) / 0.09 / precision
    return 0.5 * (np.log(precision) - precision * (theta - mean) ** 2 + np.asarray(theta) ** 2)


@pytest.fixture(scope="module")
def holes(pair):
    """A sufficient summary that fails for large data, beside the exact answer: which data are left changes no p(θ | x).

    A row by row difference has a standard error of about 0.003 on 600 rows, and the training on 1200 loses about 0.005.
    """
    broken = lambda x: jnp.where(x[0] > 1.5, jnp.nan, x.reshape(2, 3).mean(axis=1))  # noqa: E731
    settings = {"exact": exact, "linear": False, "joint": False, "max_epochs": 15}
    with pytest.warns(UserWarning, match="have a summary that is not finite, and are left out"):
        return sf.compare({"broken": broken}, pair.sims[:2000], pair.prior, **settings)


def test_the_share_of_what_is_known_exactly(holes, pair):
    for name in ("a", "b"):
        assert holes.kept("broken", name).value == pytest.approx(1.0, abs=0.015)
        assert holes.kept("broken", name).value <= 1.0 + 1e-3


def test_rows_without_a_finite_summary_are_left_out(holes, pair):
    left = holes["broken"].terms.shape[1]
    assert 500 < left < 600 and holes.exact.shape[1] == left
    assert np.isfinite(holes["broken"].terms).all()
    with pytest.raises(ValueError, match="'none' is not finite for 1000 of 1000"):
        sf.compare({"none": lambda x: x[:1] * jnp.nan}, pair.sims[:1000], pair.prior)


def test_what_cannot_be_compared_is_refused(pair, unchecked):
    sims, prior = pair.sims, pair.prior
    with pytest.raises(ValueError, match="mapping of at least one name"):
        sf.compare({}, sims, prior)
    with pytest.raises(ValueError, match=r"mapping of at least one name.*a NoneType came"):
        sf.compare(None, sims, prior)
    with pytest.raises(ValueError, match=r"a name of its own that can be seen, but these came: \['1', '1'\]"):
        sf.compare({"1": pair.both, 1: pair.first}, sims, prior)
    with pytest.raises(TypeError, match=r"no option 'max_epoch' .did you mean 'max_epochs'.*learning_rate"):
        sf.compare({"a": pair.both}, sims, prior, max_epoch=3)
    with pytest.raises(ValueError, match="patience must be a whole number of at least 1, but 0 came"):
        sf.compare({"a": pair.both}, sims, prior, patience=0)
    with pytest.raises(TypeError, match=r"sims must be sf.Simulations.*ndarray came"):
        sf.compare({"a": pair.both}, sims.x, prior)
    with pytest.raises(TypeError, match="prior must be that of the simulations, but a NoneType came"):
        sf.compare({"a": pair.both}, sims, None)
    others = sf.Tangents.simulated(pair.simulator, {"b": 0.0, "a": 0.0}, 20)
    with pytest.raises(ValueError, match="tangents have the parameters b, a"):
        sf.compare({"a": pair.both}, sims, prior, tangents=others)
    with pytest.raises(TypeError, match="'a' must be a fit or a function"):
        sf.compare({"a": 3}, sims, prior)
    with pytest.raises(TypeError, match="'a' must be a fit or a function x -> s, but the class MLP came; make one"):
        sf.compare({"a": sf.networks.MLP}, sims, prior)
    for fiducial, message in (
        ([0.0, 9.0], "b = 9 lies outside of the simulations, which are between -"),
        ([0.0, np.nan], "b = nan lies outside of the simulations"),
        ({"a": 0.0, "b": 0.0}, "one number for each of a, b, but a dict came"),
        ([0.0], r"one number for each of a, b, but \(1,\) came"),
    ):
        with pytest.raises(ValueError, match=message):
            sf.compare({"a": pair.both}, sims, prior, fiducial=fiducial)
    with pytest.raises(TypeError, match=r"exact must be a function \(theta, x\) -> log-ratios, but an int came"):
        sf.compare({"a": pair.both}, sims, prior, exact=3)
    with pytest.raises(ValueError, match="at least 400"):
        sf.compare({"a": pair.both}, sims[:100], prior)
    with pytest.raises(ValueError, match="the prior is about c"):
        sf.compare({"a": pair.both}, sims, sf.Prior(c=dist.Normal(0, 1), d=dist.Normal(0, 1)))
    with pytest.raises(ValueError, match="share from"):
        sf.compare({"a": pair.both}, sims, prior, test=0.99)
    with pytest.raises(ValueError, match="'CCA' is what a linear one is called"):
        sf.compare({"CCA": pair.both}, sims, prior)
    with pytest.raises(ValueError, match="never varies"):
        sf.compare({"a": lambda x: jnp.ones(1)}, sims, prior)
    with pytest.raises(ValueError, match="'a' has no numbers"):
        sf.compare({"a": lambda x: x[:0]}, sims, prior)
    with pytest.raises(ValueError, match=r"'a' must give as many numbers for every row.*0 for some and 6"):
        sf.compare({"a": lambda x: np.asarray(x)[np.asarray(x) > 0]}, sims, prior)
    with pytest.raises(TypeError, match="'a' must give real numbers, but it gives complex"):
        sf.compare({"a": jnp.fft.rfft}, sims, prior)
    with pytest.raises(TypeError, match="'a' must give real numbers, but it gives <U1"):
        sf.compare({"a": lambda x: "b"}, sims, prior)
    twice = sf.Simulations(*(np.tile(part, (2, 1)) for part in (sims.theta[:500], sims.x[:500])), sims.names)
    with pytest.raises(ValueError, match="500 of 1000 simulations are copies of others"):
        sf.compare({"a": pair.both}, twice, prior)
    same = sf.Simulations(sims.theta * np.array([1, 0]), sims.x, sims.names)
    with pytest.raises(ValueError, match="parameter 'b' is 0 in every simulation"):
        sf.compare({"a": pair.both}, same, prior)
    with pytest.raises(ValueError, match="exact must give 2 or 3 columns"):
        sf.compare({"a": pair.both}, sims, prior, exact=lambda t, x: t[:, :1], linear=False)
    discrete = sf.Simulations(np.arange(500.0)[:, None] % 2, np.zeros((500, 1)), names=("m",))
    with pytest.raises(ValueError, match="'m' is discrete"):
        sf.compare({"a": pair.both}, discrete, sf.Prior(m=dist.Bernoulli(0.5)))


def test_unknown_names_are_told_of(compared):
    with pytest.raises(ValueError, match="no summary is called 'x'; known: both"):
        compared["x"]
    with pytest.raises(ValueError, match="no parameter is called 'c'; known: a, b, all together"):
        compared.information("both", "c")


def test_a_fiducial_may_be_an_end_of_the_prior():
    """Which no draw reaches: an amplitude of zero."""
    rng = np.random.default_rng(0)
    theta = rng.uniform(size=(2000, 1))
    sims = sf.Simulations(theta, theta + 0.1 * rng.normal(size=(2000, 4)), names=("amplitude",))
    for end in (0.0, 1.0):
        assert local_score_compression(sims, np.array([end]))(np.full(4, end)).shape == (1,)
    with pytest.raises(ValueError, match="lies outside of the simulations"):
        local_score_compression(sims, np.array([-0.05]))
