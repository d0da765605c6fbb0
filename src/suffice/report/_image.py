"""A matplotlib figure as text that stands inside the page."""

import base64
import io
from dataclasses import dataclass
from typing import Any

from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from matplotlib.mathtext import MathTextParser
from matplotlib.text import Text

DPI = 144  # sharp on screens of twice the usual density
_LONGEST = 120  # letters of one text in a figure: a name from a file may be of any length, a figure not


@dataclass(frozen=True)
class Image:
    """A figure inside the page: a `data:` address, its size on the page in pixels, and what it shows, in words."""

    source: str
    width: int
    height: int
    alt: str
    caption: str


def image(figure: Figure, alt: str, caption: str = "") -> Image:
    """`figure` as PNG in a `data:` address, on white, cropped to what is drawn.

    - `alt`: what it shows, for those who cannot see it.
    - `caption`: the line under it.

    >>> figure = Figure(figsize=(2, 1))
    >>> image(figure, "nothing").source[:22]
    'data:image/png;base64,'
    """
    _tolerate_names(figure)
    buffer = io.BytesIO()
    # Without the version of matplotlib in the file, the same figure is the same text.
    figure.savefig(
        buffer,
        format="png",
        dpi=DPI,
        facecolor="white",
        bbox_inches="tight",
        pad_inches=0.08,
        metadata={"Software": None},
    )
    plt.close(figure)
    png = buffer.getvalue()
    width, height = (int.from_bytes(png[i : i + 4], "big") for i in (16, 20))  # of the PNG's first chunk, IHDR
    source = "data:image/png;base64," + base64.b64encode(png).decode("ascii")
    return Image(source, width * 96 // DPI, height * 96 // DPI, alt, caption)


def figure_of(axes: Any) -> Figure:
    """The figure that axes are in."""
    return axes.figure


def _tolerate_names(figure: Figure) -> None:
    """Names from a file may be of any length and hold dollar signs: `$\\Omega_m$` is drawn as mathematics,
    `$oops\\$` as it stands.
    """
    parser = MathTextParser("path")
    for text in figure.findobj(Text):
        if not isinstance(text, Text):
            continue
        said = text.get_text()
        if any(len(line) > _LONGEST for line in said.split("\n")):
            said = "\n".join(line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…" for line in said.split("\n"))
            text.set_text(said)
        if "$" in said:
            try:
                parser.parse(said)
            except (ValueError, RecursionError):
                text.set_parse_math(False)
