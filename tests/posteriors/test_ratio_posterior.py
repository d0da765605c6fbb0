"""Posteriors of ratios against exact ones."""

import jax.numpy as jnp
import numpy as np
import numpyro.distributions as dist
import pytest
from scipy import stats

import suffice as sf
from suffice.posteriors import _cells
from suffice.posteriors._density_posterior import DensityPosterior


@pytest.fixture(scope="module")
def batch(regression):
    return sf.posterior(regression.fit, regression.prior, regression.fresh.x, key=0)


def test_means_and_widths_are_the_exact_ones(regression, batch):
    mean, std = regression.process.exact_mean_std(regression.fresh.x)
    assert np.abs((batch.mean - mean) / std).mean() < 0.2
    assert (batch.std / std).mean() == pytest.approx(1.0, abs=0.04)


def test_densities_are_close_to_the_exact_ones(regression, batch):
    divergence = []
    for i in range(3):
        part = batch.marginal(i)
        for row in range(100):
            grid = part.grid[0][row]
            exact = regression.process.exact_marginal(regression.fresh.x[row], i, grid)
            with np.errstate(divide="ignore", invalid="ignore"):
                terms = np.where(exact > 0, exact * np.log(exact / part.density[row]), 0.0)
            divergence.append((terms * np.diff(part.edges[0][row])).sum())
    assert np.mean(divergence) < 0.03


def test_a_batch_is_many_single_ones(regression, batch):
    for row in (0, 7):
        one = sf.posterior(regression.fit, regression.prior, regression.fresh.x[row], key=0)
        np.testing.assert_allclose(one.mean, batch.mean[row], atol=1e-4)
        np.testing.assert_allclose(one.std, batch.std[row], rtol=1e-2)
        np.testing.assert_allclose(one.quantile(0.3), batch.quantile(0.3)[row], atol=2e-3)


def test_quantiles_samples_and_density_agree(regression):
    one = sf.posterior(regression.fit, regression.prior, regression.fresh.x[0], key=0)
    drawn = one.sample(50_000, key=1)
    assert drawn.shape == (50_000, 3)
    np.testing.assert_allclose(drawn.mean(axis=0), one.mean, atol=5 * one.std.max() / np.sqrt(50_000))
    np.testing.assert_allclose(np.quantile(drawn, 0.9, axis=0), one.quantile(0.9), atol=0.03 * one.std.max())
    grid = np.linspace(-1, 1, 4001)
    theta = np.tile(one.mean, (len(grid), 1))
    theta[:, 1] = grid
    density = np.exp(one.log_prob(theta))
    conditional = density / (density.sum() * (grid[1] - grid[0]))
    mean = (grid * conditional).sum() * (grid[1] - grid[0])
    assert mean == pytest.approx(one.mean[1], abs=0.02 * one.std[1])
    assert np.isneginf(one.log_prob(np.array([[2.0, 0.0, 0.0]]))[0])
    np.testing.assert_allclose(one.evidence, 1.0, atol=0.25)
    assert 10 < one.ess < 50_000
    posterior = one.to_arviz(100).posterior
    assert set(posterior.data_vars) == {"z[0]", "z[1]", "z[2]"} and posterior.sizes["draw"] == 100


def test_ranks_are_uniform_and_levels_cover(regression, batch):
    ranks, levels = batch.ranks(regression.fresh.theta), batch.levels(regression.fresh.theta)
    for i in range(3):
        assert stats.kstest(ranks[:, i], "uniform").pvalue > 1e-3
        assert stats.kstest(levels[:, i], "uniform").pvalue > 1e-3


@pytest.mark.parametrize("marginals", ["joint", "autoregressive"])
def test_the_dependence_of_two_parameters_is_kept(correlated, marginals):
    x = np.array([1.0, 0.5, 0.8], np.float32)
    mean, covariance = correlated.exact(x)
    found = sf.posterior(correlated.fit(marginals), correlated.prior, x, key=0)
    drawn = found.sample(8000, key=1)
    np.testing.assert_allclose(drawn.mean(axis=0), mean, atol=0.1)
    np.testing.assert_allclose(np.cov(drawn.T), covariance, atol=0.035)
    points = mean + np.random.default_rng(0).normal(size=(50, 2)) @ np.linalg.cholesky(covariance).T
    exact = stats.multivariate_normal(mean, covariance).logpdf(points)
    assert np.abs(found.log_prob(points) - exact).mean() < 0.15


def test_three_parameters_together_by_nuts(regression):
    """Beside the exact marginals: weighted prior draws, and NUTS on the unconstrained space."""
    sims = regression.sims
    objective = sf.Ratio(sf.networks.Linear(100, 3, key=1), "joint")
    fit = sf.fit(objective, sims, key=2, max_epochs=25, average=0.98, progress=False)
    x = np.asarray(regression.process(jnp.asarray(np.array([0, 5], np.uint32)), jnp.array([0.2, -0.4, 0.6])))
    mean, std = regression.process.exact_mean_std(x)
    found = sf.posterior(fit, regression.prior, x, key=0)
    drawn = found.sample(4000, key=1)
    for got_mean, got_std in ((found.mean, found.std), (drawn.mean(axis=0), drawn.std(axis=0))):
        np.testing.assert_allclose((got_mean - mean) / std, 0, atol=0.5)
        np.testing.assert_allclose(got_std / std, 1, atol=0.2)
    # The exact posterior correlation of z[0] and z[2] is strong; groups of one would lose it.
    exact = np.linalg.inv(regression.process.fisher())
    wanted = exact[0, 2] / np.sqrt(exact[0, 0] * exact[2, 2])
    assert np.corrcoef(drawn.T)[0, 2] == pytest.approx(wanted, abs=0.1)


def test_several_observations_are_not_drawn_as_one(batch):
    for act in (batch.to_arviz, lambda: sf.plots.corner(batch), lambda: batch.weighted(key=0)):
        with pytest.raises(ValueError, match=r"one|several observations"):
            act()


def test_truncation_is_the_exact_box(regression):
    x = regression.process(jnp.asarray(np.array([0, 9], np.uint32)), jnp.zeros(3))
    found = sf.posterior(regression.fit, regression.prior, x, key=0)
    low, high = sf.truncate(found, regression.prior, threshold=1e-3, margin=0.0).box()
    exact_low, exact_high = regression.process.exact_box(x, threshold=1e-3)
    np.testing.assert_allclose((high - low) / (exact_high - exact_low), 1.0, atol=0.12)
    wider = sf.truncate(found, regression.prior, threshold=1e-3, margin=0.5).box()
    np.testing.assert_allclose(wider[1] - wider[0], 1.5 * (high - low), rtol=1e-3)


def test_rounds_narrow_down_and_stop_by_themselves():
    from suffice.simulate.processes import LinearRegression

    process = LinearRegression(noise=0.05)
    x = process.design() @ np.zeros(3)
    objective = sf.Ratio(sf.networks.Linear(100, 3, key=0))
    settings = {"n": 2000, "max_epochs": 12, "patience": 5, "progress": False}
    walk = sf.rounds(objective, process.prior, process, x.astype(np.float32), key=1, **settings)
    low, high = walk.box
    exact_low, exact_high = process.exact_box(x)
    assert walk.stopped == "shrunk" and len(walk.history) >= 2
    assert (low < exact_low * 0.9).all() and (high > exact_high * 0.9).all()
    assert ((high - low) / (exact_high - exact_low) < 1.6).all()
    assert walk.history[1].reused + walk.history[1].simulated == 2000


def test_a_ratio_is_no_density_to_weight_and_a_trained_one_no_start_of_rounds(regression, unchecked):
    found = sf.posterior(regression.fit, regression.prior, regression.fresh.x[0])
    with pytest.raises(TypeError, match=r"but a RatioPosterior came; pass sf.posterior of a fit of sf.Flow"):
        sf.reweight(found, lambda theta: theta.sum())
    with pytest.raises(ValueError, match=r"has been trained, but each round learns from scratch; pass a new sf.Ratio"):
        sf.rounds(regression.fit.objective, regression.prior, regression.process, regression.fresh.x[0], key=0)


def test_a_prior_wider_than_what_a_ratio_has_seen_is_warned_of(regression):
    import numpyro.distributions as dist

    x, (low, high) = regression.fresh.x[0], regression.prior.box()
    extent = regression.fit.extent
    assert (extent.low >= low).all() and (extent.high <= high).all() and (np.ptp(extent[:2], axis=0) > 1.9).all()
    wide = sf.Prior(z=dist.Uniform(-2, 2).expand([3]))
    with pytest.warns(UserWarning, match=r"8[78] % of the prior lies outside of the parameters"):
        sf.posterior(regression.fit, wide, x)
    sf.posterior(regression.fit, regression.prior.truncate(low / 2, high / 2), x)


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (np.zeros(99), r"shape of one simulation, \(100,\).*\(99,\)"),
        (np.zeros((2, 3, 100)), "shape of one simulation"),
        ({"x": np.zeros(100)}, "built like the simulations"),
        (np.full(100, np.nan), "100 non-finite numbers"),
        (np.zeros((0, 100)), "no observation"),
    ],
)
def test_observations_that_do_not_fit_are_refused(regression, x, message):
    with pytest.raises(ValueError, match=message):
        sf.posterior(regression.fit, regression.prior, x)


def test_a_far_observation_is_warned_of_with_how_far(regression):
    with pytest.warns(UserWarning, match=r"(?s)\d.*extrapolation") as caught:
        sf.posterior(regression.fit, regression.prior, np.full(100, 50.0, np.float32))
    assert caught[0].filename == __file__


def test_a_prior_of_other_parameters_is_refused(regression):
    other = sf.Prior(y=dist.Uniform(-1, 1).expand([3]))
    with pytest.raises(ValueError, match=r"y\[0\].*made for z\[0\]"):
        sf.posterior(regression.fit, other, regression.fresh.x[0])


def test_without_groups_of_one_there_is_nothing_to_truncate_by(correlated):
    found = sf.posterior(correlated.fit("joint"), correlated.prior, correlated.sims.x[0])
    with pytest.raises(ValueError, match=r"no parameter to truncate by.*marginals=None"):
        sf.truncate(found, correlated.prior)


def test_densities_are_told_how_they_are_cut(correlated):
    with pytest.raises(TypeError, match=r"must be of sf.Ratio, but a DensityPosterior came; .*sf.rounds"):
        sf.truncate(object.__new__(DensityPosterior), correlated.prior)


@pytest.mark.parametrize("marginals", [None, "joint", "autoregressive"])
def test_densities_of_no_points_are_none(correlated, marginals):
    for x, shape in ((correlated.sims.x[0], (0,)), (correlated.sims.x[:3], (3, 0))):
        found = sf.posterior(correlated.fit(marginals), correlated.prior, x)
        assert found.log_prob(np.zeros((0, 2))).shape == shape


def test_questions_that_make_no_sense_are_refused(regression, batch, unchecked):
    with pytest.raises(ValueError, match="q must lie"):
        batch.quantile(1.5)
    with pytest.raises(ValueError, match=r"theta must have shape \(n, 3\), but \(3,\) came"):
        batch.log_prob(np.zeros(3))
    with pytest.raises(ValueError, match=r"known: \('z\[0\]',\)"):
        batch.marginal("w")
    with pytest.raises(ValueError, match="threshold must lie"):
        sf.truncate(batch, regression.prior, threshold=2.0)
    with pytest.raises(ValueError, match="n must be a whole number of at least 1"):
        batch.sample(0, key=0)


def test_each_of_many_rows_is_drawn_from_its_own_cells():
    rows, cells = 20_000, 64
    place = np.random.default_rng(0).random(rows)
    edges = (np.tile(np.linspace(0, 1, cells + 1), (rows, 1)),)
    mass = np.exp(-0.5 * ((_cells.centres(edges[0]) - place[:, None]) / 0.02) ** 2)
    for n in (1, 3):
        drawn = _cells.draw(edges, mass, n, np.random.default_rng(n))
        assert drawn.shape == (rows, n, 1) and np.abs(drawn[..., 0] - place[:, None]).max() < 0.12
    index, inside = _cells.locate(edges, drawn)
    assert inside.all() and (index[0] == np.floor(drawn[..., 0] * cells)).all()


@pytest.mark.filterwarnings("ignore:the observation lies")
def test_an_observation_that_overflows_is_told(regression):
    with pytest.raises(ValueError, match="is not a number anywhere: the observation lies too far beyond the data"):
        sf.posterior(regression.fit, regression.prior, np.full(100, 3e38, np.float32), key=0)
