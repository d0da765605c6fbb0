"""Whatever stands in a file is text on every page: names, titles, file names, messages, words for images."""

import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import zarr
from matplotlib.figure import Figure

from suffice.cli import main
from suffice.report import image
from suffice.simulate import Status

pytestmark = pytest.mark.filterwarnings("default::UserWarning")

SCRIPT = "<script>alert(1)</script>"
QUOTES = "\"'><b onmouseover=alert(1)>&amp;"
FILE = "<img src=x onerror=alert(1)>"  # a name of a file holds no slash
_TAGS = {"html", "head", "meta", "title", "link", "style", "body", "header", "h1", "h2", "p", "nav", "a", "main"}
_TAGS |= {"section", "dl", "div", "dt", "dd", "table", "caption", "thead", "tr", "th", "tbody", "td"}
_TAGS |= {"figure", "img", "figcaption", "pre", "code", "footer"}


class _Reader(HTMLParser):
    def __init__(self, html: str):
        super().__init__()
        self.tags: list[tuple[str, dict]] = []
        self.texts: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.texts.append(data)


def assert_all_text(page: Path, *shown: str) -> None:
    """No tag or attribute of the page comes from what was `shown`, and all of it can be read there."""
    html = page.read_text(encoding="utf-8")
    reader = _Reader(html)
    assert {tag for tag, _ in reader.tags} <= _TAGS
    assert not [name for _, attributes in reader.tags for name in attributes if name.startswith("on")]
    assert all(attributes["src"].startswith("data:image/png;") for tag, attributes in reader.tags if tag == "img")
    assert "<script" not in html and "javascript:" not in html
    read = " ".join([*reader.texts, *(attributes.get("alt") or "" for _, attributes in reader.tags)])
    for text in shown:
        assert text in read, f"{text} is not on the page"


@pytest.fixture
def table(tmp_path):
    rng = np.random.default_rng(0)
    a = rng.normal(size=200)
    frame = pd.DataFrame({SCRIPT: a, QUOTES: a + rng.normal(size=200)})
    path = tmp_path / f"{FILE}.csv"
    frame.to_csv(path, index=False)
    return path


def test_a_page_of_two_columns(table, tmp_path):
    arguments = ["--x", SCRIPT, "--y", QUOTES, "--estimator", "gaussian", "--out", str(tmp_path / "out")]
    assert main(["mi", str(table), *arguments]) == 0
    assert_all_text(tmp_path / "out" / "report.html", SCRIPT, QUOTES)


def test_a_page_of_all_pairs(table, tmp_path):
    assert main(["mi", str(table), "--every-pair", "--estimator", "gaussian", "--out", str(tmp_path / "out")]) == 0
    assert_all_text(tmp_path / "out" / "report.html", SCRIPT, QUOTES)


def test_a_page_of_tracks(tmp_path):
    rng = np.random.default_rng(0)
    rows = [(name, t, *rng.normal(size=2)) for name in (SCRIPT, QUOTES, "a", "b") for t in range(12)]
    path = tmp_path / f"{FILE}.csv"
    pd.DataFrame(rows, columns=[SCRIPT, "t", "x", "y"]).to_csv(path, index=False)
    arguments = [
        "--columns",
        f"{SCRIPT},t,x,y",
        "--simulations",
        "0",
        "--noise",
        "0.05",
        "--out",
        str(tmp_path / "out"),
    ]
    assert main(["tracks", str(path), *arguments]) == 0
    assert_all_text(tmp_path / "out" / "report.html", SCRIPT, QUOTES, FILE)


@pytest.mark.slow
def test_the_page_of_an_inference(tmp_path):
    """Parameters, data, both files, the title, and what failed simulations said."""
    rng = np.random.default_rng(0)
    theta = rng.normal(size=(2400, 2)).astype(np.float32)
    x = (theta @ rng.normal(size=(2, 6)) + rng.normal(size=(2400, 6))).astype(np.float32)
    status = np.zeros(2400, np.int8)
    status[[3, 7]] = int(Status.RAISED)
    group = zarr.open_group(tmp_path / f"{FILE}.zarr", mode="w")
    for name, array in {"theta": theta, "x": x, "status": status}.items():
        group.create_array(name, data=array, chunks=array.shape)
    group.attrs.update({"names": [SCRIPT, QUOTES], "messages": {"3": f"ValueError: {SCRIPT}", "7": QUOTES}})
    np.save(tmp_path / f"{FILE}.npy", x[0])
    arguments = ["--summary", "linear", "--max-epochs", "1", "--title", SCRIPT, "--out", str(tmp_path / "out")]
    assert main(["infer", str(tmp_path / f"{FILE}.zarr"), str(tmp_path / f"{FILE}.npy"), *arguments]) == 0
    page = tmp_path / "out" / "report.html"
    assert_all_text(page, SCRIPT, QUOTES, f"{FILE}.zarr", f"{FILE}.npy")
    again = tmp_path / "again.html"
    assert main(["report", str(tmp_path / "out"), "--out", str(again)]) == 0
    assert_all_text(again, SCRIPT, QUOTES)


@pytest.mark.parametrize(
    "name", ["x" * 100_000, "$" + "{" * 3000 + "}" * 3000 + "$", "$" + "x" * 20_000 + "$", "a\nb"], ids=range(4)
)
def test_no_name_is_too_long_or_too_deep_for_a_figure(name):
    figure = Figure(figsize=(3, 2))
    figure.subplots().set_title(name)
    drawn = image(figure, name)
    assert drawn.width < 3000 and drawn.height < 1000


def test_a_name_that_is_no_text_does_not_end_the_page(tmp_path):
    """Names of files that are no UTF-8 come from the system with lone surrogates."""
    from suffice.report._written_whole import written_whole

    page = written_whole(tmp_path / "page.html", "a\udcffb")
    assert re.fullmatch("a.b", page.read_text(encoding="utf-8"))
    with pytest.raises(TypeError):
        written_whole(tmp_path / "other.html", None)  # pyright: ignore[reportArgumentType]
    assert [item.name for item in tmp_path.iterdir()] == ["page.html"]
