"""The figure of a comparison shows every summary and every parameter."""

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


def test_a_panel_for_each_parameter_and_a_line_for_each_summary():
    found = made()
    axes = sf.plots.comparison(found)
    assert [ax.get_title() for ax in axes.flat] == ["a", "b", "all together"]
    assert [label.get_text() for label in axes[0, 0].get_yticklabels()] == ["good", "CCA", "poor"]
    assert found.plot().shape == axes.shape
    dots = [line.get_xdata()[0] for line in axes[0, 0].get_lines() if line.get_marker() == "o"]
    assert np.allclose(dots, [found.information(name, "a").value for name in ("good", "CCA", "poor")])
