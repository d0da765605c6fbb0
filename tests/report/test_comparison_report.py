"""The page of a comparison of summaries, from numbers that were made up."""

import re

import numpy as np
import pandas as pd
import pytest

from suffice.comparison import Measured, SummaryComparison
from suffice.report import comparison_report
from suffice.train import Fit, Split


def one(name, kind, *levels):
    rng = np.random.default_rng(len(kind))
    terms = np.array([*levels, sum(levels)])[:, None] + 0.1 * rng.normal(size=(3, 400))
    return Measured(name, kind, 2, 1.5, terms, np.ones(2), 1 - rng.uniform(size=(400, 2)) ** 1.5, None)


def fitted():
    history = pd.DataFrame({"epoch": [1, 2, 3], "train_loss": [3.0, 2.0, 1.5], "valid_loss": [3.1, 2.25, 2.5]})
    split = Split(np.arange(900), np.arange(100), np.arange(0))
    return Fit(None, history, "patience", split, None, ("mass", "age"), None, seconds=12.0, cpu_seconds=20.0)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A network and two closed forms; of the age nobody says anything."""
    folder = tmp_path_factory.mktemp("comparison")
    every = (one("mlp (infomax)", "InfoMax", 2.0, 0.0), one("CCA", "closed form", 2.0, -0.001))
    every = (*every, one("linear regression", "closed form", 1.0, -0.01))
    found = SummaryComparison(every, ("mass", "age"), True, np.ones(2), None)
    made = {"Command": "suffice compare sims.npz --names 'mass,age' --seed 7", "Seed": "7"}
    comparison_report(found, folder, source="sims.npz", fits={"mlp (infomax)": fitted()}, made=made)
    return folder


def test_the_page_tells_what_to_take_how_it_was_trained_and_what_it_was_made_with(folder):
    page = (folder / "report.html").read_text()
    assert "Take CCA (2 numbers, closed form)" in page
    assert page.count("nothing to keep") >= 4 and "nan" not in re.sub('data:image[^"]*', "", page).lower()
    assert "the held-out loss had stopped falling" in page and "900 + 100" in page and "3, best 2" in page
    assert "--seed 7" in page and "jax" in page and "Python" in page


def test_the_tables_are_kept_as_files(folder):
    assert {path.name for path in folder.iterdir()} == {
        "report.html", "summaries.csv", "parameters.csv", "history.csv", "comparison.png"
    }  # fmt: skip
    assert list(pd.read_csv(folder / "history.csv").columns) == ["summary", "epoch", "train_loss", "valid_loss"]


def test_every_table_is_seen_whole(folder, browser):
    seen = browser.visit(folder / "report.html")
    assert seen.widths[0] <= seen.widths[1] and len(seen.hidden) == 5 and set(seen.hidden) == {0}
    assert not seen.messages and all(image["complete"] for image in seen.images)
