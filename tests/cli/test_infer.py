"""`suffice infer` as a user calls it: files in, folder out, and what it says of bad ones."""

import re
import subprocess
import sys
from html.parser import HTMLParser

import h5py
import numpy as np
import pandas as pd
import pytest

import suffice as sf
from suffice.cli import main

# What pytest would make an error of is a line on standard error here.
pytestmark = pytest.mark.filterwarnings("default::UserWarning")

RNG = np.random.default_rng(0)
N = 1200
THETA = RNG.normal(size=(N, 2)).astype(np.float32)
DESIGN = RNG.normal(size=(2, 8))
X = (THETA @ DESIGN + 0.3 * RNG.normal(size=(N, 8))).astype(np.float32)
OBSERVED = (np.array([0.5, -0.5]) @ DESIGN).astype(np.float32)
FAST = ["--summary", "linear", "--max-epochs", "4"]


def infer(folder, sims, obs, *more):
    return main(["infer", str(folder / sims), str(folder / obs), "--out", str(folder / "out"), *FAST, *more])


@pytest.fixture
def files(tmp_path):
    np.savez(tmp_path / "sims.npz", theta=THETA, x=X)
    np.save(tmp_path / "obs.npy", OBSERVED)
    return tmp_path


def exact():
    precision = np.eye(2) + DESIGN @ DESIGN.T / 0.09
    return np.linalg.solve(precision, DESIGN @ OBSERVED / 0.09), np.sqrt(np.diag(np.linalg.inv(precision)))


def test_every_kind_of_file_gives_the_same_right_posterior(tmp_path):
    sims = sf.Simulations(THETA, X, names=("mass", "age"))
    np.save(tmp_path / "obs.npy", OBSERVED)
    pd.DataFrame([OBSERVED]).to_csv(tmp_path / "obs.csv", index=False)
    with h5py.File(tmp_path / "obs.h5", "w") as file:
        file["x"] = OBSERVED[None]
    tables = []
    for ending, obs in ((".npz", "obs.npy"), (".h5", "obs.csv"), (".zarr", "obs.h5")):
        sims.save(tmp_path / f"sims{ending}")
        out = tmp_path / ending[1:]
        args = ["infer", str(tmp_path / f"sims{ending}"), str(tmp_path / obs), "--out", str(out), *FAST]
        assert main(args) == 0
        tables.append(pd.read_csv(out / "posterior.csv"))
        assert (out / "report.html").exists()
    mean, std = exact()
    np.testing.assert_allclose((tables[0]["mean"] - mean) / std, 0, atol=0.5)
    np.testing.assert_allclose(tables[0]["std"] / std, 1, atol=0.2)
    assert list(tables[0]["parameter"]) == ["mass", "age"]
    for table in tables[1:]:
        pd.testing.assert_frame_equal(table, tables[0], rtol=1e-5)


def test_a_finished_run_is_not_trained_again_for_another_observation(files, capsys):
    assert infer(files, "sims.npz", "obs.npy") == 0
    model = (files / "out" / "model.suffice").stat().st_mtime_ns
    first = pd.read_csv(files / "out" / "posterior.csv")
    np.save(files / "other.npy", -OBSERVED)
    assert infer(files, "sims.npz", "other.npy") == 0
    assert (files / "out" / "model.suffice").stat().st_mtime_ns == model
    second = pd.read_csv(files / "out" / "posterior.csv")
    np.testing.assert_allclose(second["mean"], -first["mean"], atol=0.1)
    shown = capsys.readouterr()
    assert "report.html" in shown.out and "epoch" not in shown.out
    assert main(["report", str(files / "out"), "--out", str(files / "again.html")]) == 0
    assert (files / "again.html").stat().st_size > 50_000


def test_what_the_page_says_to_run_loads_the_model(files):
    assert infer(files, "sims.npz", "obs.npy") == 0

    class Code(HTMLParser):
        inside, text = False, ""

        def handle_starttag(self, tag, attributes):
            self.inside = tag == "pre" or (self.inside and tag == "code")

        def handle_data(self, data):
            self.text += data if self.inside else ""

        def handle_endtag(self, tag):
            self.inside = self.inside and tag != "pre"

    page = Code()
    page.feed((files / "out" / "report.html").read_text())
    assert "sf.load" in page.text
    np.save(files / "observation.npy", OBSERVED)
    done = subprocess.run([sys.executable, "-c", page.text], cwd=files, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_groups_by_name_and_several_named_arrays(tmp_path):
    both = {"near": X[:, :5], "far": X[:, 5:]}
    sf.Simulations(THETA, both, names=("a", "b")).save(tmp_path / "sims.h5")
    np.savez(tmp_path / "obs.npz", near=OBSERVED[:5], far=OBSERVED[5:])
    assert infer(tmp_path, "sims.h5", "obs.npz", "--marginals", "a,b") == 0
    found = sf.load(tmp_path / "out" / "posterior.suffice")
    assert found.groups == (("a", "b"),)
    mean, std = exact()
    np.testing.assert_allclose((found.mean - mean) / std, 0, atol=0.5)


def test_whole_numbers_from_zero_are_classes(files):
    """x = 2 m + noise of one: log p(m = 1 | x) / p(m = 0 | x) = 2 (x - 1)."""
    rng = np.random.default_rng(1)
    theta = np.column_stack([THETA[:, 0], rng.integers(0, 2, size=N)])
    x = theta @ np.diag([1.0, 2.0]) + np.array([0.3, 1.0]) * rng.normal(size=(N, 2))
    np.savez(files / "sims.npz", theta=theta, x=x.astype(np.float32))
    np.save(files / "obs.npy", np.array([0.2, 1.3], np.float32))
    assert infer(files, "sims.npz", "obs.npy") == 0
    density = pd.read_csv(files / "out" / "density.csv").query("parameter == 'theta[1]'")
    assert density["value"].tolist() == [0, 1]
    assert density["density"].iloc[1] == pytest.approx(1 / (1 + np.exp(-2 * 0.3)), abs=0.06)


SLOW = [pytest.param(posterior, marks=pytest.mark.slow) for posterior in ("gaussian", "likelihood")]


@pytest.mark.parametrize("posterior", ["flow", *SLOW])
def test_other_posteriors_are_right_and_checked(files, posterior, capsys):
    assert infer(files, "sims.npz", "obs.npy", "--posterior", posterior) == 0
    table = pd.read_csv(files / "out" / "posterior.csv")
    mean, std = exact()
    np.testing.assert_allclose((table["mean"] - mean) / std, 0, atol=0.5)
    np.testing.assert_allclose(table["std"] / std, 1, atol=0.25)
    checks = pd.read_csv(files / "out" / "checks.csv")
    assert set(checks["check"]) == {"ranks", "coverage", "tarp", "distance"}  # 120 held out: too few for the local one
    assert len(pd.read_csv(files / "out" / "density.csv")) and "held-out simulations" in capsys.readouterr().out
    page = (files / "out" / "report.html").read_text()
    assert f"sf.{posterior.capitalize()}" in page and "too few for a test" in page


def test_another_posterior_in_the_same_folder_is_learned_and_then_kept(files):
    model = files / "out" / "model.suffice"
    kept = []
    for posterior in ("ratio", "gaussian", "gaussian"):
        assert infer(files, "sims.npz", "obs.npy", "--posterior", posterior) == 0
        kept.append((type(sf.load(model).objective).__name__, model.stat().st_mtime_ns))
    assert [name for name, _ in kept] == ["Ratio", "Gaussian", "Gaussian"] and kept[1] == kept[2]
    assert not list((files / "out").glob("*.checkpoint"))


def test_hostile_names_are_escaped(files):
    name = "<script>alert(1)</script>"
    sf.Simulations(THETA, X, names=(name, "$\\nonsense$")).save(files / "sims.h5")
    assert infer(files, "sims.h5", "obs.npy") == 0
    page = (files / "out" / "report.html").read_text()
    assert "<script" not in page.lower() and "&lt;script&gt;" in page


def test_an_observation_far_away_is_warned_of_on_the_page(files, capsys):
    np.save(files / "far.npy", 40 * OBSERVED)
    assert infer(files, "sims.npz", "far.npy") == 0
    assert re.search(r"suffice: warning: the observation .*extrapolation", capsys.readouterr().err)
    assert "extrapolation" in (files / "out" / "report.html").read_text()


def broken(folder):
    whole = (folder / "sims.npz").read_bytes()
    (folder / "sims.npz").write_bytes(whole[: len(whole) // 2])


def nan_observation(folder):
    np.save(folder / "obs.npy", np.full(8, np.nan))


def no_theta(folder):
    np.savez(folder / "sims.npz", x=X)


def other_length(folder):
    np.savez(folder / "sims.npz", theta=THETA[:-1], x=X)


def constant_theta(folder):
    np.savez(folder / "sims.npz", theta=np.column_stack([THETA[:, 0], np.ones(N)]), x=X)


def mostly_nan(folder):
    np.savez(folder / "sims.npz", theta=THETA, x=np.where(np.arange(N)[:, None] < 700, np.nan, X))


def pickled(folder):
    np.savez(folder / "sims.npz", theta=np.array([{"a": 1}] * 10, dtype=object), x=X[:10])


def short_observation(folder):
    np.save(folder / "obs.npy", OBSERVED[:5])


def few(folder):
    np.savez(folder / "sims.npz", theta=THETA[:5], x=X[:5])


def too_few_to_check(folder):
    np.savez(folder / "sims.npz", theta=THETA[:990], x=X[:990])


def numbered_from_one(folder):
    np.savez(folder / "sims.npz", theta=np.column_stack([THETA[:, 0], 1 + np.arange(N) % 3]), x=X)


def classes(folder):
    np.savez(folder / "sims.npz", theta=np.column_stack([THETA[:, 0], np.arange(N) % 2]), x=X)


def a_file_in_the_way(folder):
    (folder / "out").write_text("")


@pytest.mark.parametrize(
    ("spoil", "more", "message"),
    [
        (broken, [], "sims.npz"),
        (nan_observation, [], "8 of its 8 numbers are not finite"),
        (no_theta, [], "theta"),
        (other_length, [], "1199.*1200|1200.*1199"),
        (constant_theta, [], "constant|same"),
        (mostly_nan, [], "700 of 1200"),
        (pickled, [], "sims.npz"),
        (short_observation, [], r"shape \(5,\).*shape \(8,\)"),
        (few, [], r"\(5, 2\) came"),
        (too_few_to_check, [], "990 usable simulations came, but at least 1000"),
        (numbered_from_one, [], r"'theta\[1\]' holds only 3 whole numbers, from 1 to 3"),
        (classes, ["--posterior", "likelihood"], r"'theta\[1\]' is one of 2 classes; use posterior 'ratio'"),
        (a_file_in_the_way, [], "out: .*is a file"),
        (lambda folder: None, ["--names", "a,"], "a parameter needs a name that can be seen"),
        (lambda folder: (folder / "sims.npz").unlink(), [], "no file of simulations"),
        (lambda folder: None, ["--marginals", "mass"], "mass"),
        (lambda folder: None, ["--summary", "resnet2d"], "use 'mlp' or 'linear'"),
        (lambda folder: None, ["--posterior", "flow", "--marginals", "joint"], "leave marginals out"),
        (lambda folder: None, ["--names", "a,b,c"], "names"),
        (lambda folder: None, ["--x", "noise"], "noise"),
        (lambda folder: None, ["--max-epochs", "0"], "max_epochs"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_bad_input_is_one_sentence_and_exit_status_two(files, capsys, spoil, more, message):
    spoil(files)
    assert infer(files, "sims.npz", "obs.npy", *more) == 2
    err = capsys.readouterr().err
    lines = [line for line in err.splitlines() if line.startswith("suffice: error: ")]
    assert len(lines) == 1 and re.search(message, lines[0]), err
    assert "Traceback" not in err
    assert not (files / "out").is_dir()  # no folder for what could not be begun


def test_constant_columns_of_the_data_do_no_harm(files):
    x = np.column_stack([X, np.full(N, 3.0, np.float32)])
    np.savez(files / "sims.npz", theta=THETA, x=x)
    np.save(files / "obs.npy", np.append(OBSERVED, 3.0))
    assert infer(files, "sims.npz", "obs.npy") == 0
    mean, std = exact()
    table = pd.read_csv(files / "out" / "posterior.csv")
    np.testing.assert_allclose((table["mean"] - mean) / std, 0, atol=0.5)


def test_a_failing_row_is_left_out_with_a_warning(files, capsys):
    x = X.copy()
    x[3] = np.nan
    np.savez(files / "sims.npz", theta=THETA, x=x)
    assert infer(files, "sims.npz", "obs.npy") == 0
    assert re.search("1 of 1200 simulations .*left out of training", capsys.readouterr().err)
