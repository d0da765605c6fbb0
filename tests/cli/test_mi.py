"""`suffice mi` as a user calls it."""

import json

import numpy as np
import pandas as pd
import pytest

from suffice.cli import main
from suffice.cli._table import groups_of

pytestmark = pytest.mark.filterwarnings("default::UserWarning")
FAST = ["--folds", "2", "--max-epochs", "3", "--hidden", "8", "--no-progress"]


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    rng = np.random.default_rng(0)
    classes = rng.integers(0, 3, 400)
    f = classes + 0.3 * rng.normal(size=400)
    frame = pd.DataFrame({"f_1": f, "f_2": rng.normal(size=400), "kind": np.array(["a", "b", "c"])[classes]})
    path = tmp_path_factory.mktemp("mi") / "table.csv"
    frame.assign(code=classes).to_csv(path, index=False)
    return path


def test_two_groups_of_columns(table, capsys):
    assert main(["mi", str(table), "--x", "f", "--y", "kind", "--json", *FAST]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["kind"] == "lower" and found["unit"] == "nats" and 0.3 < found["value"] < np.log(3)


def test_classes_alone_in_bits(table, capsys):
    assert main(["mi", str(table), "--x", "kind", "--y", "code", "--bits"]) == 0
    printed = capsys.readouterr().out
    assert "bits" in printed and f"value  {np.log2(3):.2f}" in printed.replace("1.57", "1.58").replace("1.59", "1.58")


def test_given_what_says_it_all(table, capsys):
    arguments = ["--x", "kind", "--y", "code", "--given", "code", "--estimator", "ksg", "--json"]
    assert main(["mi", str(table), "--x", "f_1", "--y", "kind", "--given", "code", "--json", *FAST]) == 0
    found = json.loads(capsys.readouterr().out)
    assert abs(found["value"]) < 0.15 and found["kind"] == "point"
    assert main(["mi", str(table), *arguments]) == 2


def test_every_pair_and_its_folder(table, tmp_path, capsys):
    assert main(["mi", str(table), "--every-pair", "--estimator", "gaussian", "--out", str(tmp_path / "out")]) == 0
    pairs = pd.read_csv(tmp_path / "out" / "pairs.csv")
    assert len(pairs) == 3 and set(pairs.iloc[0][["x", "y"]]) == {"kind", "code"}
    page = (tmp_path / "out" / "report.html").read_text()
    assert "Every pair" in page and "data:image/png" in page


def test_the_folder_of_one_estimate(table, tmp_path):
    assert main(["mi", str(table), "--x", "f", "--y", "kind", "--out", str(tmp_path), *FAST]) == 0
    assert {path.name for path in tmp_path.iterdir()} == {
        "estimate.json",
        "table.csv",
        "history.csv",
        "report.html",
    }
    page = (tmp_path / "report.html").read_text()
    assert "Mutual information of f and kind" in page and page.count("data:image/png") == 3
    assert json.loads((tmp_path / "estimate.json").read_text())["kind"] == "lower"
    ends = "estimate.json", "report.html"
    assert main(["mi", str(table), "--x", "f_1", "--y", "f_2", "--estimator", "ksg", "--out", str(tmp_path / "k")]) == 0
    assert {path.name for path in (tmp_path / "k").iterdir()} == set(ends)


def test_names_in_a_file_are_text_on_the_page(tmp_path):
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"<script>alert(1)</script>": rng.normal(size=200), "$b_": rng.normal(size=200)})
    frame.to_csv(tmp_path / "t.csv", index=False)
    arguments = ["mi", str(tmp_path / "t.csv"), "--every-pair", "--estimator", "gaussian", "--out", str(tmp_path / "o")]
    assert main(arguments) == 0
    assert "<script>" not in (tmp_path / "o" / "report.html").read_text()


def test_a_parquet_file_is_as_good(table, tmp_path, capsys):
    pd.read_csv(table).to_parquet(tmp_path / "t.parquet")
    numbers = []
    for path in (table, tmp_path / "t.parquet"):
        assert main(["mi", str(path), "--x", "f_1", "--y", "kind", "--estimator", "ksg", "--json"]) == 0
        numbers.append(json.loads(capsys.readouterr().out)["value"])
    assert numbers[0] == numbers[1]
    (tmp_path / "t.parquet").write_text("a,b\n1,2\n")
    assert main(["mi", str(tmp_path / "t.parquet"), "--x", "a", "--y", "b"]) == 2
    assert "cannot be read" in capsys.readouterr().err


def test_options_from_a_file_and_from_the_shell(table, tmp_path, capsys):
    (tmp_path / "o.yaml").write_text("estimator: ksg\nbits: true\n")
    arguments = ["mi", str(table), "--x", "f_1", "--y", "kind", "--options", str(tmp_path / "o.yaml"), "--json"]
    assert main(arguments) == 0
    assert json.loads(capsys.readouterr().out)["unit"] == "bits"
    (tmp_path / "o.yaml").write_text("estimtor: ksg\n")
    assert main(arguments) == 2
    assert "no option is called estimtor; there are" in capsys.readouterr().err


def test_help_has_every_option_of_the_function(capsys):
    with pytest.raises(SystemExit):
        main(["mi", "--help"])
    printed = capsys.readouterr().out
    for option in ("--estimator", "--folds", "--critic", "--negatives", "--level", "--seed", "--batch-size"):
        assert option in printed


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--x", "g", "--y", "kind"], "no column or group 'g'; there are f, kind, code"),
        (["--x", "f"], "name two columns"),
        (["--every-pair", "--x", "f"], "takes every column"),
        (["--x", "f", "--y", "kind", "--estimator", "none"], "known: auto"),
    ],
)
def test_one_sentence_for_what_cannot_be(table, capsys, arguments, message):
    assert main(["mi", str(table), *arguments]) == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("content", "message"),
    [("a,b\n1,2\n", "1 rows of 2 columns"), ("", "cannot be read"), ("a,b\n1,\n2,3\n" * 40, "missing values")],
)
def test_files_that_are_no_table(tmp_path, capsys, content, message):
    (tmp_path / "t.csv").write_text(content)
    assert main(["mi", str(tmp_path / "t.csv"), "--x", "a", "--y", "b"]) == 2
    assert message in capsys.readouterr().err
    assert main(["mi", str(tmp_path / "none.csv"), "--x", "a", "--y", "b"]) == 2
    assert "there is no file" in capsys.readouterr().err


def test_arrays_of_a_npz_file(tmp_path, capsys):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(300, 2))
    np.savez(tmp_path / "t.npz", x=x, y=x.sum(axis=1) + rng.normal(size=300))
    assert main(["mi", str(tmp_path / "t.npz"), "--x", "x", "--y", "y", "--estimator", "gaussian", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["value"] == pytest.approx(0.5 * np.log(3), abs=0.15)
    np.savez(tmp_path / "t.npz", x=x, y=x[:100])
    assert main(["mi", str(tmp_path / "t.npz"), "--x", "x", "--y", "y"]) == 2
    assert "different numbers of rows" in capsys.readouterr().err


def test_groups_are_prefixes():
    assert groups_of(pd.DataFrame(columns=["a_1", "a_2", "a_b", "c"])) == {
        "a": ["a_1", "a_2"],
        "a_b": ["a_b"],
        "c": ["c"],
    }
