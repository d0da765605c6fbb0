import matplotlib.pyplot as plt
import numpy as np
import pytest

from suffice import checks, plots

NAMES = ("a", "b")


def results():
    rng = np.random.default_rng(0)
    u = np.stack([rng.random(500), rng.beta(0.4, 0.4, 500)], axis=1)
    samples, truth = rng.normal(size=(300, 50, 2)), rng.normal(size=(300, 2))
    return {
        "coverage": checks.coverage_from_levels(u, NAMES),
        "ranks": checks.sbc_from_ranks(u, NAMES),
        "tarp": checks.tarp_from_samples(samples, truth, key=0),
        "c2st": checks.c2st(truth, samples[:, 0]),
    }


@pytest.mark.parametrize("name", ["coverage", "ranks", "tarp", "c2st"])
def test_every_result_draws_itself(name):
    result = results()[name]
    own = result.plot()
    given = plt.subplots()[1]
    assert result.plot(ax=given) is given
    assert getattr(plots, name)(result, ax=given) is given
    assert own.get_xlabel() and own.get_ylabel() and own.get_legend() is not None


def test_coverage_shows_the_curve_the_band_and_the_intervals():
    result = results()["coverage"]
    ax = plots.coverage(result)
    x, y = next(line for line in ax.lines if line.get_label() == "b").get_data()
    k = np.abs(x - 0.68).argmin()
    assert y[k] == pytest.approx(result.empirical[1, 1], abs=0.01)
    assert len(ax.containers) == 2
    low, high = result.interval(0.95)
    bars = ax.containers[0].lines[2][0].get_segments()
    np.testing.assert_allclose([s[:, 1] for s in bars], np.stack([low[0], high[0]], axis=1))


def test_only_the_faulty_parameter_leaves_the_band():
    ax = plots.ranks(results()["ranks"])
    z, low, high = checks.ecdf_band(500)
    for name, leaves in (("a", False), ("b", True)):
        x, y = next(line for line in ax.lines if line.get_label() == name).get_data()
        at_z = np.interp(z, x, y)
        assert ((at_z < low - z - 1e-9) | (at_z > high - z + 1e-9)).any() == leaves


def test_rank_histograms_count_all_simulations():
    result = results()["ranks"]
    axes = plots.rank_histograms(result)
    assert [ax.get_title() for ax in axes] == list(NAMES)
    vertices = axes[1].patches[-1].get_xy()
    assert vertices[:, 1].max() == np.histogram(result.ranks[:, 1], result.bins, (0, 1))[0].max()
    assert axes[1].get_ylim()[1] > vertices[:, 1].max()


@pytest.mark.parametrize("p", [1, 12])
def test_few_and_many_parameters(p):
    u = np.random.default_rng(0).random((200, p))
    names = tuple(f"theta[{i}]" for i in range(p))
    assert checks.coverage_from_levels(u, names).plot().get_legend() is not None
    assert plots.rank_histograms(checks.sbc_from_ranks(u, names)).shape == (p,)


def test_a_result_without_a_figure_says_what_to_do():
    with pytest.raises(TypeError, match=r"no figure is registered for a result of type dict"):
        checks.draw({})
