"""`suffice compare` as a person runs it."""

import json
import re

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
        "missing.csv",
        "history.csv",
        "comparison.png",
        "linear (regression).suffice",
    }
    page = (tmp_path / "report.html").read_text()
    assert "Summaries of sims.npz" in page and "data:image/png" in page and "What is missing" in page
    assert f"suffice compare --out {tmp_path} --summary linear" in page and "2,000 to learn from" in page


def cut(file, rows, **others):
    """The first rows of a file, in another one beside it."""
    path = file.with_name("part.npz")
    with np.load(file) as whole:
        np.savez(path, **{name: whole[name][:rows] for name in whole} | others)
    return path


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--numbers", "-1"], "--numbers must be"),
        (["--names", "a"], "1 names came"),
        (["--names", "a,"], "a parameter needs a name that can be seen"),
        (["--x", "none"], "--x none: sims.npz holds one array of data, called x; leave --x out"),
        (["--max-epochs", "0"], "--max-epochs must be at least 1"),
        (["--summary", "mlp", "--summary", "resnet2d"], "summary 'resnet2d' needs one array"),
    ],
)
def test_one_sentence_for_what_cannot_be(file, capsys, options, words):
    assert re.search(words, refusal(capsys, file, *options))


def test_work_that_would_be_thrown_away_is_not_begun(file, tmp_path, capsys):
    in_the_way = tmp_path / "file"
    in_the_way.write_text("")
    assert re.search("is a file; give a folder", refusal(capsys, file, "--out", str(in_the_way / "below")))
    assert re.search(
        "part.npz holds 799 usable simulations of 799, but at least 800 are needed", refusal(capsys, cut(file, 799))
    )
    assert re.search(
        "1999 usable .* at least 2000 are needed with --missing", refusal(capsys, cut(file, 1999), "--missing")
    )
    classes = {"theta": np.arange(900.0)[:, None] % 3}
    assert re.search(
        "is discrete, one of 3 classes", refusal(capsys, cut(file, 900, **classes), "--out", str(tmp_path / "out"))
    )
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def refusal(capsys, file, *options):
    assert main(["compare", str(file), *options]) == 2
    return capsys.readouterr().err
