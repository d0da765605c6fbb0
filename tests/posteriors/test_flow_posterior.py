"""Posteriors of flows, alone, in ensembles, and re-weighted, against exact ones."""

import dataclasses
import shutil

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import numpyro.distributions as dist
import pandas as pd
import pytest
from scipy import stats

import suffice as sf
from suffice.posteriors._density_posterior import density_posterior
from suffice.train import Ensemble

SMALL = {"layers": 2, "width": 32, "depth": 1}


@pytest.fixture(scope="module")
def flow(correlated):
    objective = sf.Flow(sf.networks.MLP(3, 2, width=32, key=1), correlated.prior, **SMALL)
    return sf.fit(objective, correlated.sims, key=2, max_epochs=25, average=0.98, ensemble=3, progress=False)


@pytest.fixture(scope="module")
def one(flow, correlated):
    return sf.posterior(flow, correlated.prior, np.array([0.5, 0.3, 0.8]), key=0)


def test_numbers_of_rounds_may_be_arrays_without_axes():
    from suffice.posteriors._rounds_input import check_numbers

    numbers = {"n": 100, "max_rounds": 2, "shrink": np.asarray(0.5), "mass": jnp.float32(0.1), "threshold": 0.1}
    check_numbers(**numbers, margin=jnp.asarray(0.1))
    with pytest.raises(ValueError, match="mass must lie between 0 and"):
        check_numbers(**(numbers | {"mass": np.asarray(0.7)}), margin=0.1)


def test_members_that_are_trained_are_not_shuffled_into_other_starts(flow, correlated):
    for trained in (flow.objective, flow.objective.members[0]):
        with pytest.raises(ValueError, match="an ensemble starts from an untrained objective"):
            sf.fit(trained, correlated.sims, key=0, max_epochs=1, ensemble=2, progress=False)


def test_a_part_whose_kept_draws_weigh_nothing_leaves_the_mixture_finite():
    from suffice.posteriors._mixture import _normalised

    log_weight = np.array([[-2000.0, -2001.0], [-np.inf, -np.inf], [0.0, -np.inf]])
    np.testing.assert_allclose(np.exp(_normalised(log_weight)), [[0.731, 0.269], [0.5, 0.5], [1.0, 0.0]], atol=1e-3)


def test_the_mixture_is_the_exact_posterior(correlated, one):
    mean, covariance = correlated.exact([0.5, 0.3, 0.8])
    std = np.sqrt(np.diag(covariance))
    np.testing.assert_allclose(one.mean, mean, atol=0.1 * std.min())
    np.testing.assert_allclose(one.std, std, rtol=0.06)
    assert (one.spread < 0.2).all()
    drawn = one.sample(20_000, key=1)
    np.testing.assert_allclose(np.corrcoef(drawn.T)[0, 1], covariance[0, 1] / std.prod(), atol=0.05)
    exact = stats.multivariate_normal(mean, covariance)
    assert np.mean(exact.logpdf(drawn) - one.log_prob(drawn)) == pytest.approx(0, abs=0.02)
    np.testing.assert_allclose(one.map, mean, atol=0.3 * std.min())
    assert np.abs(exact.cdf(one.quantile(0.5)) - exact.cdf(mean)) < 0.05


def test_density_is_normalised_and_levels_and_ranks_follow_it(one):
    grid = np.linspace(-4, 4, 161)
    theta = np.stack(np.meshgrid(grid, grid), axis=-1).reshape(-1, 2)
    density = np.exp(one.log_prob(theta))
    assert density.sum() * 0.05**2 == pytest.approx(1, abs=0.01)
    truth = one.mean + one.std
    own = np.exp(one.log_prob(truth[None]))
    assert one.levels(truth[None])[0, 0] == pytest.approx(density[density > own].sum() * 0.05**2, abs=0.02)
    np.testing.assert_allclose(one.ranks(truth[None])[0], stats.norm.cdf(1), atol=0.04)


def test_a_batch_is_many_single_ones(flow, correlated):
    batch = sf.posterior(flow, correlated.prior, correlated.sims.x[:3], key=0)
    assert batch.sample(7, key=0).shape == (3, 7, 2) and batch.map.shape == (3, 2)
    alone = sf.posterior(flow, correlated.prior, correlated.sims.x[1], key=0)
    theta = np.asarray(correlated.sims.theta[:4])
    np.testing.assert_allclose(batch.log_prob(theta)[1], alone.log_prob(theta), rtol=1e-3, atol=1e-3)
    with pytest.raises(ValueError, match="one observation"):
        batch.to_arviz()
    assert alone.to_arviz(50).posterior.sizes["draw"] == 50


def test_other_numbers_of_observations_and_draws_compile_nothing(flow, correlated, compilations):
    one, key = flow.objective.members[0], jax.random.key(0)

    def ask(observations, draws):
        found = density_posterior(one, correlated.sims.x[:observations], single=False, key=key)
        drawn = found.draw_each(draws, key=key)
        assert drawn.shape == (observations, draws, 2)
        np.testing.assert_allclose(drawn[:, :9], found.draw_each(9, key=key), rtol=1e-3, atol=1e-4)
        assert found.log_prob_each(found.draws.theta).shape == (observations, 500)

    ask(20, 300)
    before = len(compilations)
    ask(20, 301)
    ask(17, 1000)
    assert len(compilations) == before


def test_checks_pass_and_name_one_region(flow, correlated):
    sims = sf.simulate(correlated.prior, correlated.simulator, 300, key=7, progress=False)
    table = sf.checks.coverage(flow, correlated.prior, sims, key=0).table()
    assert set(table["group"]) == {"a, b"}
    assert (np.abs(table["empirical"] - table["nominal"]) < 0.09).all()
    assert list(sf.checks.sbc(flow, correlated.prior, sims, key=0).table()["parameter"]) == ["a", "b"]
    assert sf.checks.tarp(flow, correlated.prior, sims, key=0).n == 300


def test_an_exact_likelihood_corrects_what_was_learned(correlated, one):
    matrix, x = np.array([[1.0, 0.8], [0.2, 1.0], [0.5, 0.7]]), np.array([0.5, 0.3, 0.8])

    def log_likelihood(theta):
        return jax.scipy.stats.norm.logpdf(x, matrix @ theta, 0.5).sum()

    exact = sf.reweight(one, log_likelihood, n=20_000, key=3)
    mean, covariance = correlated.exact(x)
    np.testing.assert_allclose(exact.mean, mean, atol=0.03)
    np.testing.assert_allclose(exact.std, np.sqrt(np.diag(covariance)), rtol=0.02)
    assert exact.ess > 10_000
    marginal = stats.multivariate_normal(np.zeros(3), matrix @ matrix.T + 0.25 * np.eye(3))
    assert exact.log_evidence[0] == pytest.approx(marginal.logpdf(x), abs=0.02)
    again = sf.reweight(exact, log_likelihood, n=20_000)  # the draws of the base have weights of their own
    assert again.log_evidence[0] == pytest.approx(marginal.logpdf(x), abs=0.02)
    far = stats.multivariate_normal(mean, covariance)
    drawn = exact.sample(4000, key=4)
    assert np.mean(far.logpdf(drawn) - exact.log_prob(drawn)) == pytest.approx(0, abs=0.05)


@pytest.mark.parametrize("wrong", [{"n": -1}, {"n": 19}, {"n": 300.5}, {"max_rounds": 0}, {"max_rounds": 1.5}])
def test_rounds_of_no_whole_number_are_refused(correlated, wrong, unchecked):
    with pytest.raises(ValueError, match=f"{next(iter(wrong))} must be a whole number of at least"):
        sf.rounds(sf.Flow(lambda x: x, correlated.prior), correlated.prior, None, np.zeros(3), key=0, **wrong)


def test_a_target_far_off_is_said_to_be(one):
    with pytest.warns(UserWarning, match="worth only"):
        sf.reweight(one, lambda theta: -0.5 * (((theta - 2.0) / 0.05) ** 2).sum(), n=2000)


def test_densities_of_no_points_are_none(one, flow, correlated):
    assert one.log_prob(np.zeros((0, 2))).shape == (0,)
    batch = sf.posterior(flow, correlated.prior, correlated.sims.x[:3], key=0)
    assert batch.log_prob(np.zeros((0, 2))).shape == (3, 0)


def test_another_prior_is_a_factor(flow, correlated):
    x = np.array([0.5, 0.3, 0.8])
    narrow = sf.Prior(a=dist.Normal(0, 0.3), b=dist.Normal(0, 0.3))
    found = sf.posterior(flow, narrow, x, key=0)
    matrix = np.array([[1.0, 0.8], [0.2, 1.0], [0.5, 0.7]])
    covariance = np.linalg.inv(np.eye(2) / 0.09 + matrix.T @ matrix / 0.25)
    np.testing.assert_allclose(found.mean, x @ matrix @ covariance / 0.25, atol=0.04)
    np.testing.assert_allclose(found.std, np.sqrt(np.diag(covariance)), rtol=0.1)


def test_a_prior_wider_than_the_simulations_is_refused_and_a_narrower_one_is_not(flow):
    """Half of U(-2, 2) lies outside of U(-1, 1); nothing was learned there, so that cutting it off would be silent."""
    from suffice.posteriors._support import refuse_beyond

    box, x = sf.Prior(a=dist.Uniform(-1, 1)), np.zeros(1)
    wide, narrow = sf.Prior(a=dist.Uniform(-2, 2)), sf.Prior(a=dist.Uniform(-0.5, 0.5))
    for objective in (sf.Flow(lambda x: x, box, **SMALL), sf.Likelihood(lambda x: x, box, **SMALL)):
        for one in (objective, Ensemble([objective, objective])):
            fit = dataclasses.replace(flow, objective=one, example=jax.ShapeDtypeStruct((1,), float), reach=None)
            for together in (False, True):
                with pytest.raises(
                    ValueError, match=r"(49|50|51) % of it lies outside of the prior of the simulations"
                ):
                    sf.posterior(fit, wide, x[None] if together else x, together=together)
            refuse_beyond(fit, narrow)
            refuse_beyond(fit, sf.Prior(a=dist.Uniform(-1, 1)))


def test_no_mass_leaves_the_prior():
    prior = sf.Prior(a=dist.Uniform(0, 1), b=dist.LogNormal(0, 1))

    def simulator(key, theta):
        return theta + jnp.array([0.5, 0.2]) * jax.random.normal(key, (2,))

    sims = sf.simulate(prior, simulator, 3000, key=0, progress=False)
    fit = sf.fit(sf.Flow(lambda x: x, prior, **SMALL), sims, key=1, max_epochs=15, progress=False)
    x = np.array([0.0, 0.3])
    found = sf.posterior(fit, prior, x, key=0)
    drawn = found.sample(5000, key=0)
    assert ((drawn[:, 0] >= 0) & (drawn[:, 0] <= 1) & (drawn[:, 1] > 0)).all()
    exact = stats.truncnorm((0 - x[0]) / 0.5, (1 - x[0]) / 0.5, x[0], 0.5)
    assert stats.kstest(drawn[:, 0], exact.cdf).statistic < 0.06
    assert np.isneginf(found.log_prob(np.array([[-0.1, 1.0], [0.5, -1.0]]))).all()


@pytest.mark.slow
def test_two_moons_has_both():
    """A posterior of two thin crescents; the model has no network before the flow."""
    from suffice.simulate.processes import TwoMoons

    process = TwoMoons()
    sims = sf.simulate(process.prior, process, 8000, key=0, progress=False)
    fit = sf.fit(sf.Flow(lambda x: x, process.prior, width=32), sims, key=1, max_epochs=80, progress=False)
    x = np.array([0.0, 0.0])
    drawn = sf.posterior(fit, process.prior, x, key=0).sample(4000, key=1)
    exact = process.exact_sample(x, 4000, key=2)
    assert (drawn.sum(axis=1) > 0).mean() == pytest.approx(0.5, abs=0.12)
    for a, b in zip(np.abs(drawn @ [[1, 1], [1, -1]]).T, np.abs(exact @ [[1, 1], [1, -1]]).T):
        assert stats.ks_2samp(a, b).statistic < 0.15
    assert float(fit.objective.loss(sims.rows(np.arange(500)), key=jax.random.key(0), step=jnp.zeros(()))[0]) < -4


def test_the_loss_is_minus_the_information(flow, correlated):
    matrix = np.array([[1.0, 0.8], [0.2, 1.0], [0.5, 0.7]])
    exact = 0.5 * np.linalg.slogdet(np.eye(3) + matrix @ matrix.T / 0.25)[1]
    best = flow.history.groupby("member")["valid_loss"].min()
    np.testing.assert_allclose(-best, exact, atol=0.08)


def test_members_of_an_ensemble_differ_and_go_on_after_a_kill(correlated, tmp_path):
    objective = sf.Flow(sf.networks.MLP(3, 2, width=8, key=1), correlated.prior, layers=1, width=8, depth=1)
    some = correlated.sims[np.arange(600)]
    arguments = {"key": 2, "ensemble": 2, "progress": False}
    whole = sf.fit(objective, some, max_epochs=4, **arguments)
    assert isinstance(whole.objective, Ensemble) and whole.objective.summary(jnp.ones(3)).shape == (4,)
    first, second = (one.flow.weights[0] for one in whole.objective.members)
    assert float(jnp.abs(first - second).max()) > 0.01
    path = tmp_path / "checkpoint.sf"
    sf.fit(objective, some, max_epochs=2, checkpoint=path, **arguments)
    resumed = sf.fit(objective, some, max_epochs=4, checkpoint=path, **arguments)
    for a, b in zip(jax.tree.leaves(whole.objective), jax.tree.leaves(resumed.objective)):
        np.testing.assert_array_equal(a, b)
    sf.save(whole.objective, tmp_path / "model.sf")
    again = sf.load(tmp_path / "model.sf")
    np.testing.assert_array_equal(again.members[1].flow.weights[0], second)


def test_ratios_are_averaged(regression):
    from suffice.objectives import Ratio

    objective = Ratio(sf.networks.Linear(100, 3, key=1))
    fit = sf.fit(objective, regression.sims, key=2, max_epochs=8, ensemble=2, progress=False)
    rows = regression.fresh.x[:100]
    found = sf.posterior(fit, regression.prior, rows, key=0)
    mean, std = regression.process.exact_mean_std(rows)
    assert np.abs((found.mean - mean) / std).mean() < 0.25
    assert (found.std / std).mean() == pytest.approx(1.0, abs=0.06)
    points = jnp.broadcast_to(np.asarray(regression.fresh.theta[:5]), (100, 5, 3))
    each = [
        np.asarray(eqx.filter_jit(lambda m: m.ratios(jax.vmap(m.summary)(rows), points))(m))
        for m in fit.objective.members
    ]
    both = eqx.filter_jit(found.objective.ratios)(found.context, points)
    np.testing.assert_allclose(np.exp(both), np.mean(np.exp(each), axis=0), rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda p, s: sf.Flow(3, p), "must be a network or a function"),
        (lambda p, s: sf.Flow(lambda x: x, s), "needs the prior"),
        (lambda p, s: sf.Flow(lambda x: x, sf.Prior(m=dist.Categorical(jnp.ones(2) / 2))), "use sf.Ratio"),
        (lambda p, s: sf.Flow(lambda x: x, p, kind="planar"), "kind must be"),
        (lambda p, s: sf.Flow(lambda x: x, p).trained, "not been trained"),
        (lambda p, s: sf.fit(sf.Flow(lambda x: x, sf.Prior(a=dist.Normal(0, 1))), s, key=0), "but the prior has a"),
        (
            lambda p, s: sf.fit(sf.Flow(lambda x: x, sf.Prior(a=dist.Uniform(0, 1), b=dist.Normal(0, 1))), s, key=0),
            "outside of the prior",
        ),
        (
            lambda p, s: sf.fit(sf.Flow(lambda x: x, p), s, key=0, ensemble=0),
            "ensemble must be a whole number of at least 1",
        ),
    ],
)
def test_bad_input_is_refused_with_a_sentence(call, message, correlated, unchecked):
    with pytest.raises((ValueError, TypeError), match=message):
        call(correlated.prior, correlated.sims)


def test_bad_questions_are_refused(one, flow, correlated, unchecked):
    with pytest.raises(ValueError, match=r"theta must have shape \(n, 2\)"):
        one.log_prob(np.zeros((3, 5)))
    with pytest.raises(ValueError, match="q must lie"):
        one.quantile(1.5)
    with pytest.raises(ValueError, match=r"one number at a time, but \[0.1, 0.9\] came"):
        one.quantile([0.1, 0.9])
    with pytest.raises(ValueError, match="n must be"):
        one.sample(0, key=0)
    with pytest.raises(ValueError, match="untrained objective"):
        sf.fit(flow.objective.members[0], correlated.sims, key=0, ensemble=2, progress=False)
    with pytest.raises(ValueError, match="the fit was made for a, b"):
        sf.posterior(flow, sf.Prior(c=dist.Normal(0, 1)), np.zeros(3))


X = np.zeros(3)


def as_complex(f, p):
    return sf.posterior(f, p, X + 0j)


def as_text(f, p):
    return sf.posterior(f, p, "three numbers")


def as_ragged(f, p):
    return sf.posterior(f, p, [[1.0], [2.0, 3.0]])


def too_large(f, p):
    return sf.posterior(f, p, np.full(3, 1e300))


def untrained(f, p):
    return sf.posterior(f.objective.members[0], p, X)


def no_prior(f, p):
    return sf.posterior(f, None, X)


def exchanged(f, p):
    return sf.posterior(p, f, X)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (as_complex, "must hold real numbers, as the simulations do, but it is of type complex128"),
        (as_text, "must hold real numbers.* shaped \\(3,\\)"),
        (as_ragged, "must be an array of numbers shaped"),
        (too_large, "3 non-finite numbers"),
        (untrained, "fit must be what sf.fit returned, but the objective Flow came"),
        (no_prior, "prior must be the sf.Prior of the simulations, but a NoneType came"),
        (exchanged, "fit must be what sf.fit returned, but a Prior came"),
    ],
)
def test_no_fit_no_prior_and_no_numbers_are_refused_in_a_sentence(call, message, flow, correlated, unchecked):
    with pytest.raises((ValueError, TypeError), match=message):
        call(flow, correlated.prior)


def test_a_list_of_numbers_is_an_observation(flow, correlated, one, unchecked):
    np.testing.assert_array_equal(sf.posterior(flow, correlated.prior, [0.5, 0.3, 0.8], key=0).mean, one.mean)


def level(theta):
    """A likelihood written with NumPy, that says nothing."""
    return 0.0 * float(np.asarray(theta).sum())


def test_a_likelihood_of_numpy_weights_draws_too(one):
    """Weights of the prior over the posterior: their mean is one over the evidence of the learned likelihood ratio."""
    with pytest.warns(UserWarning, match="worth only"):
        found = sf.reweight(one, level, n=400, key=0)
    log = np.asarray(one.prior.log_prob(jnp.asarray(found.draws.theta[0], float))) - one.log_prob(found.draws.theta[0])
    np.testing.assert_allclose(found.draws.weights[0], np.exp(log) / np.exp(log).sum(), rtol=1e-3)


def test_a_likelihood_that_is_no_number_is_told_of(one, correlated):
    half, matrix = float(one.mean[0]), jnp.array([[1.0, 0.8], [0.2, 1.0], [0.5, 0.7]])

    def log_likelihood(theta, wrong):
        known = jax.scipy.stats.norm.logpdf(jnp.array([0.5, 0.3, 0.8]), matrix @ theta, 0.5).sum()
        return jnp.where(theta[0] > half, wrong, known)

    for wrong in (jnp.nan, jnp.inf):
        with pytest.warns(UserWarning, match=r"log_likelihood is nan or infinite at \d+ of 500 draws, such as a="):
            found = sf.reweight(one, lambda theta: log_likelihood(theta, wrong), n=500)  # noqa: B023
        assert found.quantile(0.99)[0] <= half
    with pytest.raises(ValueError, match="nan or infinite at 500 of 500 draws"):
        sf.reweight(one, lambda theta: jnp.nan, n=500)


def test_a_table_of_parameters_is_read_by_its_names(one, unchecked):
    table = pd.DataFrame({"b": [0.2], "a": [0.5]})
    assert one.log_prob(table)[0] == one.log_prob(np.array([[0.5, 0.2]]))[0]
    with pytest.raises(ValueError, match="the columns of the table are b, c, but the parameters are a, b"):
        one.log_prob(table.rename(columns={"a": "c"}))


def test_what_was_trained_refuses_other_parameters(flow, correlated, unchecked):
    other = sf.Simulations(correlated.sims.theta, correlated.sims.x, ("b", "a"))
    with pytest.raises(ValueError, match="the simulations have the parameters b, a, but the prior has a, b"):
        sf.fit(flow.objective, other, key=0, max_epochs=1, progress=False)


def test_what_cannot_be_weighted_is_refused_in_a_sentence(flow, one, unchecked):
    with pytest.raises(TypeError, match=r"but a Fit came; pass sf.posterior\(fit, prior, x_obs\)"):
        sf.reweight(flow, level)
    with pytest.raises(TypeError, match="log_likelihood must be a function"):
        sf.reweight(one, 3)
    with pytest.raises(ValueError, match=r"one number for one theta \(2,\), but an array of shape \(2,\)"):
        sf.reweight(one, lambda theta: theta)
    for wrong, message in (
        (lambda theta: theta["a"], r"theta \(2,\), an array, but it fails: only integers"),
        (lambda theta: None, "one number .* but None came"),
        (lambda theta: theta[0] * 1j, "one number .* of type complex"),
        (lambda theta: "a", "one number .* of type <U1"),
    ):
        with pytest.raises(ValueError, match=message):
            sf.reweight(one, wrong)
    with pytest.raises(ValueError, match="n must be a whole number"):
        sf.reweight(one, level, n=2.5)


def test_what_was_reweighted_is_saved(flow, correlated, tmp_path):
    narrow = sf.Prior(a=dist.Normal(0, 0.3), b=dist.Normal(0, 0.3))
    found = sf.posterior(_alone(flow), narrow, np.array([0.5, 0.3, 0.8]), key=0)
    assert isinstance(found, sf.posteriors.Reweighted)
    again = sf.load(sf.save(found, tmp_path / "posterior.sf"))
    np.testing.assert_array_equal(again.sample(20, key=1), found.sample(20, key=1))
    with pytest.raises(TypeError, match=r"log_likelihood: .* is a lambda"):
        sf.save(sf.reweight(found, lambda theta: -((theta - found.mean) ** 2).sum()), tmp_path / "lambda.sf")


def _alone(fit):
    """The first of an ensemble."""
    return dataclasses.replace(fit, objective=fit.objective.members[0])


BOX = sf.Prior(a=dist.Uniform(-1, 1), b=dist.Uniform(-1, 1))


def near(key, theta):
    return theta + 0.05 * jax.random.normal(key, (2,))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"x_obs": X}, r"shape of one simulation, \(2,\)"),
        ({"x_obs": np.zeros((2, 2))}, "one observation"),
        ({"x_obs": np.full(2, np.nan)}, "2 non-finite"),
        ({"x_obs": np.full(2, np.nan), "simulator": lambda rng, theta: theta + rng.normal(size=2)}, "2 non-finite"),
        ({"objective": sf.Regression(lambda x: x)}, "untrained sf.Flow.* but a Regression came"),
        ({"objective": sf.Likelihood(lambda x: x, BOX, **SMALL)}, "but a Likelihood came"),
        ({"objective": sf.Ratio(lambda x: x, "joint")}, "leave marginals out"),
        ({"objective": sf.Ratio(lambda x: x, "autoregressive")}, "leave marginals out"),
        ({"prior": None}, "prior must be the sf.Prior"),
        ({"prior": sf.Prior(a=dist.Uniform(-2, 2), b=dist.Uniform(-1, 1))}, "another prior than the one given"),
        ({"simulator": 3}, "simulator must be a function"),
        ({"threshold": 2.0}, "threshold must lie"),
        ({"mass": "a"}, "mass must lie between 0 and 0.5, but 'a' came"),
        ({"shrink": None}, "shrink must lie between 0 and 1, but None came"),
        ({"margin": -1}, "margin must not be negative, but -1 came"),
        ({"checkpoint": "fit.sf"}, "checkpoint is of one fit"),
        ({"max_epoch": 3}, "no option 'max_epoch' .did you mean 'max_epochs'"),
    ],
)
def test_rounds_refuse_before_they_simulate(change, message, tmp_path, unchecked):
    given = {"objective": sf.Flow(lambda x: x, BOX, **SMALL), "prior": BOX, "simulator": near, "x_obs": np.zeros(2)}
    given |= {"store": tmp_path / "rounds", "key": 0} | change
    with pytest.raises((ValueError, TypeError), match=message):
        sf.rounds(**given)
    assert not (tmp_path / "rounds").exists()


def test_rounds_refuse_what_has_been_trained(flow, correlated):
    with pytest.raises(ValueError, match=r"has been trained, .* pass a new sf.Flow"):
        sf.rounds(flow.objective.members[0], correlated.prior, correlated.simulator, X, key=0)


def same(x):
    return x


def test_rounds_go_on_after_a_kill_and_keep_to_themselves(tmp_path):
    """The second call is given a simulator that makes other data: those of the finished round are not made again."""
    x = np.array([0.3, -0.5])
    settings = {"key": 0, "n": 300, "batch_size": 64, "max_rounds": 2, "max_epochs": 2, "progress": False}

    def walk(simulator=near, x=x, **other):
        return sf.rounds(
            sf.Gaussian(same, BOX, width=8, depth=1), BOX, simulator, x, store=tmp_path, **(settings | other)
        )

    first = walk()
    shutil.rmtree(tmp_path / "round_1.zarr")
    with pytest.warns(UserWarning, match="row 0 of the store, simulated again, holds other data"):
        again = walk(lambda key, theta: near(key, theta) + 1.0)
    reused = first.history[1].reused
    assert 0 < reused < 300
    np.testing.assert_array_equal(again.sims.theta, first.sims.theta)
    made_anew = np.arange(300) >= reused
    np.testing.assert_allclose(again.sims.x - first.sims.x, np.tile(made_anew[:, None], 2), atol=1e-6)
    for change, what in (({"key": 1}, "key"), ({"x": x + 0.1}, "observation"), ({"max_epochs": 3}, "max_epochs")):
        with pytest.raises(ValueError, match=f"holds rounds with another {what}; to go on"):
            walk(**change)
    (tmp_path / "rounds.json").unlink()
    with pytest.raises(ValueError, match="not of which call"):
        walk()


@pytest.mark.slow
def test_rounds_of_flows_narrow_down_and_stop_by_themselves(tmp_path):
    """A normal posterior a hundredth as wide as the prior: found with simulations near it alone."""
    prior = sf.Prior(a=dist.Uniform(-1, 1), b=dist.Uniform(-1, 1))

    def simulator(key, theta):
        return theta + 0.02 * jax.random.normal(key, (2,))

    x, settings = (
        np.array([0.3, -0.5]),
        {"n": 500, "batch_size": 64, "max_rounds": 4, "max_epochs": 30, "progress": False},
    )
    walk = sf.rounds(sf.Flow(lambda x: x, prior, **SMALL), prior, simulator, x, key=0, store=tmp_path, **settings)
    assert walk.stopped == "shrunk" and len(walk.history) <= 4 and walk.simulations < 1700
    low, high = walk.box
    assert (low > x - 0.2).all() and (high < x + 0.2).all() and (low < x - 0.03).all() and (high > x + 0.03).all()
    np.testing.assert_allclose(walk.posterior.mean, x, atol=0.01)
    np.testing.assert_allclose(walk.posterior.std, 0.02, rtol=0.25)
    assert len(sf.load_simulations(tmp_path / "round_1.zarr")) == walk.history[1].simulated


def test_a_region_draws_the_prior_inside_it(one, correlated):
    from suffice.posteriors import Region

    region = Region(correlated.prior).narrowed(one, 0.05)
    for tight in (region, region.narrowed(sf.reweight(one, lambda t: -200 * ((t - one.mean) ** 2).sum()), 0.01)):
        drawn = tight.sample(2000, key=0)
        assert drawn.shape == (2000, 2) and tight.contains(drawn).all()
    assert region.share_inside(tight, key=0) < 0.2
    assert float(region.contains(one.sample(4000, key=9)).mean()) == pytest.approx(0.95, abs=0.02)
    # A normal prior inside a small region: its density there relative to a uniform one is what the draws have.
    grid = np.stack(np.meshgrid(*[np.linspace(-4, 4, 201)] * 2), axis=-1).reshape(-1, 2)
    grid = grid[region.contains(grid)]
    weight = np.exp(-0.5 * (grid**2).sum(axis=1))
    drawn = region.sample(8000, key=1)
    np.testing.assert_allclose(drawn.mean(axis=0), weight @ grid / weight.sum(), atol=0.05)
