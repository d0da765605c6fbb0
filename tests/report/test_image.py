"""Figures as text."""

import base64
import io

import matplotlib.image
import pytest
from matplotlib import pyplot as plt

from suffice.report import image


def _drawn(title: str = "figure"):
    figure, ax = plt.subplots(figsize=(4, 3))
    ax.plot([0, 1], [0, 1])
    ax.set_title(title)
    return figure


def test_size_on_the_page_is_that_of_the_png_at_96_dots_per_inch():
    result = image(_drawn(), "a line")
    png = base64.b64decode(result.source.removeprefix("data:image/png;base64,"))
    height, width = matplotlib.image.imread(io.BytesIO(png)).shape[:2]
    assert (result.width, result.height) == (width * 96 // 144, height * 96 // 144)
    assert abs(result.width - 4 * 96) < 60  # cropped to what is drawn


def test_figure_is_closed():
    before = plt.get_fignums()
    image(_drawn(), "a line")
    assert plt.get_fignums() == before


@pytest.mark.parametrize("name", [r"$\Omega_m$", r"$\nonsense$", "5$ and 6$", "<script>", "a_b^c"])
def test_any_name_can_stand_in_a_figure(name: str):
    assert image(_drawn(name), name).source.startswith("data:image/png")
