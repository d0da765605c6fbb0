"""The code of the guide runs: the quickstart, then every page in the order of the site."""

import re
from pathlib import Path

import matplotlib.pyplot as plt
import pytest

DOCS = Path(__file__).parents[2] / "docs"
PAGES = ["priors", "simulate", "networks", "training", "ratio"]
PAGES += [
    "density",
    "posterior",
    "truncation",
    "checks",
    "information",
    "compare",
    "mutual_information",
    "fisher",
    "likelihood_free",
    "trajectories",
    "shell",
    "safety",
]


def blocks(page: Path) -> str:
    return "\n".join(re.findall(r"^```python\n(.*?)^```", page.read_text(), re.DOTALL | re.MULTILINE))


@pytest.mark.slow
@pytest.mark.filterwarnings("default::UserWarning")
def test_the_guide_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names: dict = {"__name__": "guide"}
    exec(compile(blocks(DOCS / "quickstart.md"), "quickstart.md", "exec"), names)
    for page in PAGES:
        code = blocks(DOCS / "guide" / f"{page}.md")
        exec(compile(code, f"{page}.md", "exec"), dict(names))
        assert code, f"{page}.md has no code to try"
        plt.close("all")


def test_every_page_of_the_guide_is_tried():
    assert sorted(PAGES) == sorted(page.stem for page in (DOCS / "guide").glob("*.md"))
