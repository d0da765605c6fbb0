import matplotlib.pyplot as plt
import numpy as np
import pytest
from scipy import stats

from suffice import plots
from suffice.plots._source import from_parts
from suffice.posteriors import Marginal

NAMES = ("a", "b", "c")
MEAN, COV = np.array([1.0, 2.0]), np.array([[1.0, 0.6], [0.6, 0.5]])


def gridded(groups=((0,), (1,), (2,), (0, 1))):
    """Marginals on grids, as a ratio posterior has them: a and b correlated, c a standard Gaussian."""
    mean, cov = np.append(MEAN, 0.0), np.eye(3)
    cov[:2, :2] = COV

    def part(group):
        edges = [np.linspace(-6, 6, 98) * cov[i, i] ** 0.5 + mean[i] for i in group]
        axes = [(edge[1:] + edge[:-1]) / 2 for edge in edges]
        points = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)
        density = stats.multivariate_normal(mean[list(group)], cov[np.ix_(group, group)]).pdf(points)[None]
        names = tuple(NAMES[i] for i in group)
        edges = tuple(edge[None] for edge in edges)
        return Marginal(names, edges, density, np.log(density), np.ones(1), classes=0, single=True)

    parts = [part(group) for group in groups]
    moments = [(float(m), float(v) ** 0.5) for m, v in zip(mean, np.diag(cov))]
    return from_parts(NAMES, [part.names for part in parts], parts, moments)


def curve(ax, k=0):
    return ax.lines[k].get_data()


def test_marginals_draw_the_density_the_truth_and_the_moments(samples):
    axes = plots.marginals(samples, truth=[0.5, 1.5, 2.5], names=NAMES)
    assert [ax.get_xlabel() for ax in axes] == list(NAMES)
    x, y = curve(axes[1])
    assert x[y.argmax()] == pytest.approx(2.0, abs=0.15)
    assert y.max() == pytest.approx(stats.norm.pdf(0, 0, 0.5), rel=0.05)
    assert axes[1].lines[-1].get_xdata()[0] == 1.5
    assert axes[1].get_title() == f"{samples[:, 1].mean():.2f} ± 0.50"


def test_shading_ends_at_the_credible_interval():
    axes = plots.marginals(gridded())
    wide, narrow = (c.get_paths()[0].vertices[:, 0] for c in axes[2].collections)
    for region, level in ((wide, 0.95), (narrow, 0.68)):
        assert np.ptp(region) / 2 == pytest.approx(stats.norm.ppf((1 + level) / 2), abs=0.14)  # grid step 0.125


def test_marginals_overlay_several_in_different_colours(samples):
    axes = plots.marginals([samples, samples / 2, samples + 1], names=NAMES, labels=["x", "y", "z"])
    assert len({line.get_color() for line in axes[0].lines}) == 3
    labels = [text.get_text() for text in axes[0].figure.legends[0].get_texts()]
    assert labels == ["x", "y", "z", "68 %", "95 %"]


def test_marginals_draw_into_given_axes(samples):
    given = plt.subplots(1, 3)[1]
    axes = plots.marginals(samples, ax=given)
    assert list(axes) == list(given)
    assert len(plt.get_fignums()) == 1
    with pytest.raises(ValueError, match="must hold 1 x 3 axes"):
        plots.marginals(samples, ax=given[:2])


def test_a_density_cut_off_by_the_prior_goes_down_to_zero():
    x, y = curve(plots.marginals(np.random.default_rng(0).uniform(size=(5000, 1)))[0])
    assert y[0] == y[-1] == 0 and y[1] > 0.8 and y[-2] > 0.8
    assert x[0] == x[1]


def test_spare_panels_are_switched_off():
    axes = plots.marginals(np.random.default_rng(0).normal(size=(100, 5)))
    assert axes.shape == (5,)
    assert sum(ax.axison for ax in axes[0].figure.axes) == 5


def test_truth_by_name(samples):
    axes = plots.marginals(samples, truth={"b": 7.0}, names=NAMES)
    assert [len(ax.lines) for ax in axes] == [1, 2, 1]
    with pytest.raises(ValueError, match="truth names q; known: a, b, c"):
        plots.marginals(samples, truth={"q": 7.0}, names=NAMES)


def test_corner_draws_every_pair_from_samples(samples):
    axes = plots.corner(samples, truth=[1.0, 2.0, 3.0], names=NAMES)
    assert axes.shape == (3, 3)
    assert [[ax.axison for ax in row] for row in axes] == np.tri(3, dtype=bool).tolist()
    assert axes[2, 0].get_xlabel() == "a" and axes[2, 0].get_ylabel() == "c"
    assert axes[1, 0].get_xlim() == axes[0, 0].get_xlim() == axes[2, 0].get_xlim()
    assert axes[2, 0].get_ylim() == axes[2, 1].get_ylim() == axes[2, 2].get_xlim()


def test_corner_contour_holds_its_share_of_the_samples(samples):
    ax = plots.corner(samples, names=NAMES)[1, 0]
    outer, inner = ax.collections[-1].get_paths()
    for path, level in ((outer, 0.95), (inner, 0.68)):
        assert path.contains_points(samples[:, :2]).mean() == pytest.approx(level, abs=0.03)


def test_corner_of_grids_is_free_of_sampling_noise():
    axes = plots.corner(gridded())
    outer = axes[1, 0].collections[-1].get_paths()[0].vertices
    outer = outer[np.isfinite(outer).all(axis=1)]
    distance = np.einsum("ni,ij,nj->n", outer - MEAN, np.linalg.inv(COV), outer - MEAN)
    np.testing.assert_allclose(distance, stats.chi2.ppf(0.95, 2), rtol=0.05)
    assert "pair not" in axes[2, 0].texts[0].get_text()


def test_parameter_known_only_in_a_pair_gets_its_curve_by_integration():
    axes = plots.marginals(gridded(groups=((0, 1), (2,))))
    for i in range(2):
        x, y = curve(axes[i])
        np.testing.assert_allclose(y, stats.norm.pdf(x, MEAN[i], COV[i, i] ** 0.5), atol=0.01 * y.max())


def test_pair_given_in_the_other_order_is_turned_round():
    one, other = plots.corner(gridded(((0, 1), (2,)))), plots.corner(gridded(((1, 0), (2,))))
    paths = [axes[1, 0].collections[-1].get_paths()[0].get_extents() for axes in (one, other)]
    np.testing.assert_allclose(paths[0].get_points(), paths[1].get_points(), rtol=1e-2)


def test_corner_overlays_a_posterior_and_samples():
    noise = np.random.default_rng(0).normal(size=(2000, 3))
    axes = plots.corner([gridded(), noise], labels=["grid", "samples"], names=NAMES)
    assert len(axes[0, 0].lines) == 2
    assert [t.get_text() for t in axes[0, -1].get_legend().get_texts()][:2] == ["grid", "samples"]


@pytest.mark.parametrize("p", [1, 2, 8])
def test_corner_of_few_and_many_parameters(p):
    assert plots.corner(np.random.default_rng(0).normal(size=(200, p)), np.zeros(p)).shape == (p, p)


@pytest.mark.parametrize("draw", [plots.marginals, plots.corner])
@pytest.mark.parametrize(
    ("posteriors", "kwargs", "match"),
    [
        ([], {}, "posteriors is empty"),
        (np.zeros((0, 3)), {}, "at least two rows"),
        (np.zeros(5), {}, r"must have shape \(n, p\)"),
        (np.array([[0.0, np.nan], [1.0, 2.0]]), {}, "1 of 2 rows are not finite"),
        (np.eye(3), {"names": ("a",)}, "names must be 3"),
        (np.eye(3), {"truth": [1.0]}, r"truth must have shape \(3,\)"),
        ([np.eye(3), np.eye(3)], {"labels": ["one"]}, "labels must be 2"),
        ([np.eye(3), np.eye(2)], {}, "same parameters"),
    ],
)
def test_bad_input_is_refused(draw, posteriors, kwargs, match):
    with pytest.raises(ValueError, match=match):
        draw(posteriors, **kwargs)
