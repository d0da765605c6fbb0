"""The figure of a comparison shows every summary and every parameter."""

from dataclasses import replace

import numpy as np

import suffice as sf
from suffice.comparison import Measured, SummaryComparison


def made():
    rng = np.random.default_rng(0)
    one = lambda name, kind, level: Measured(  # noqa: E731
        name, kind, 2, 1.0, level + rng.normal(size=(3, 400)), np.ones(2), rng.uniform(size=(400, 2)), None
    )
    measured = (one("poor", "given", 0.5), one("good", "InfoMax", 2.0), one("CCA", "closed form", 1.0))
    return SummaryComparison(measured, ("a", "b"), True, np.ones(2), None)


def words(axes):
    return [text.get_text() for text in axes.flat[0].figure.legends[0].get_texts()]


def test_a_panel_for_each_parameter_and_a_line_for_each_summary():
    found = made()
    axes = sf.plots.comparison(found)
    assert [ax.get_title() for ax in axes.flat] == ["a", "b", "all together"]
    assert [label.get_text() for label in axes[0, 0].get_yticklabels()] == ["good", "CCA", "poor"]
    assert found.plot().shape == axes.shape
    dots = [line.get_xdata()[0] for line in axes[0, 0].get_lines() if line.get_marker() == "o"]
    assert np.allclose(dots, [found.information(name, "a").value for name in ("good", "CCA", "poor")])


def test_a_legend_tells_what_the_colours_are():
    found = made()
    assert words(sf.plots.comparison(found)) == ["learned", "given", "closed form", "best of them"]
    exact = replace(found, measured=found.measured[:1], exact=np.ones((3, 400)))
    assert words(sf.plots.comparison(exact)) == ["given", "known exactly"]


def test_a_parameter_that_nothing_is_said_of_is_not_drawn_as_if_there_were_something():
    found = made()
    measured = [replace(one, terms=1e-4 * (one.terms - one.terms.mean())) for one in found.measured]
    for ax in sf.plots.comparison(replace(found, measured=tuple(measured))).flat[:3]:
        assert ax.get_title().endswith(": nothing to keep") and np.ptp(ax.get_xlim()) > 0.09
