"""`suffice compare` as a person runs it."""

import json

import numpy as np
import pytest

from suffice.cli import main


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    """Two parameters, each seen three times in noise."""
    rng = np.random.default_rng(0)
    theta = rng.normal(size=(4000, 2)).astype(np.float32)
    x = np.repeat(theta, 3, axis=1) + 0.3 * rng.normal(size=(4000, 6)).astype(np.float32)
    path = tmp_path_factory.mktemp("sims") / "sims.npz"
    np.savez(path, theta=theta, x=x)
    return path


@pytest.mark.slow
def test_a_table_a_figure_and_a_page(file, tmp_path, capsys):
    options = ["--out", str(tmp_path), "--names", "a,b", "--summary", "linear", "--objective", "regression"]
    assert main(["compare", str(file), *options, "--max-epochs", "3", "--json", "--missing"]) == 0
    found = json.loads(capsys.readouterr().out)
    names = {row["summary"] for row in found["summaries"]}
    assert names == {"linear (regression)", "linear regression", "MOPED", "CCA"} and found["take"] in names
    exact = 0.5 * np.log(1 + 3 / 0.09)
    assert all(abs(row["information"] - exact) < 0.15 for row in found["parameters"])
    assert [row["parameter"] for row in found["missing"]] == ["a", "b", "all together"]
    assert {path.name for path in tmp_path.iterdir()} == {
        "report.html",
        "summaries.csv",
        "parameters.csv",
        "comparison.png",
        "linear (regression).suffice",
    }
    page = (tmp_path / "report.html").read_text()
    assert "Summaries of sims.npz" in page and "data:image/png" in page and "What is missing" in page


@pytest.mark.parametrize(
    ("options", "words"),
    [(["--numbers", "-1"], "numbers must be"), (["--names", "a"], "1 names came"), (["--x", "none"], "none")],
)
def test_one_sentence_for_what_cannot_be(file, capsys, options, words):
    assert main(["compare", str(file), *options]) == 2
    assert words in capsys.readouterr().err
