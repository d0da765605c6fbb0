"""`suffice train` as a user calls it: a file in, a model out, by one process or by two."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import jax
import numpy as np
import pandas as pd
import pytest

import suffice as sf
from suffice.cli import main
from suffice.cli._launch import _free_port, words
from suffice.cli._options_of_scale import Train

pytestmark = pytest.mark.filterwarnings("default::UserWarning")

FAST = ["--summary", "linear", "--max-epochs", "2", "--batch-size", "100"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("train")
    rng = np.random.default_rng(0)
    theta = rng.normal(size=(1200, 2)).astype(np.float32)
    x = (theta @ rng.normal(size=(2, 8)) + 0.3 * rng.normal(size=(1200, 8))).astype(np.float32)
    np.savez(folder / "sims.npz", theta=theta, x=x)
    return folder


@pytest.fixture(scope="module")
def alone(folder):
    assert main(["train", str(folder / "sims.npz"), "--out", str(folder / "alone"), *FAST]) == 0
    return folder / "alone"


def test_the_model_can_be_loaded_and_used(alone, folder):
    fit = sf.load(alone / "model.suffice")
    sims = sf.load_simulations(folder / "sims.npz")
    posterior = sf.posterior(fit, sf.EmpiricalPrior(sims.theta, sims.names), np.asarray(sims.x[:1])[0])
    assert np.isfinite(posterior.mean).all() and (posterior.std < np.std(sims.theta, axis=0)).all()
    history = pd.read_csv(alone / "history.csv")
    np.testing.assert_allclose(history["valid_loss"], fit.history["valid_loss"], rtol=1e-12)


def test_the_same_command_with_more_epochs_goes_on(alone, folder, capsys):
    before = pd.read_csv(alone / "history.csv")
    assert main(["train", str(folder / "sims.npz"), "--out", str(alone), *FAST, "--max-epochs", "3"]) == 0
    after = pd.read_csv(alone / "history.csv")
    assert len(after) == 3 and after.iloc[:2].equals(before)
    assert "3 epochs (max_epochs), lowest held-out loss" in capsys.readouterr().out


def test_importing_the_command_computes_nothing():
    """Processes must find each other before JAX looks at its devices."""
    told = "import suffice.cli._train; from jax._src import xla_bridge; print(xla_bridge.backends_are_initialized())"
    environment = os.environ | {"PYTHONPATH": str(Path(sf.__file__).parents[1])}
    done = subprocess.run([sys.executable, "-c", told], env=environment, capture_output=True, text=True)
    assert done.stdout.strip() == "False", done.stderr


@pytest.mark.slow
def test_two_processes_give_the_model_of_one(folder):
    out = folder / "two"
    command = [sys.executable, "-m", "suffice", "train", str(folder / "sims.npz"), "--out", str(out), *FAST]
    environment = os.environ | {"PYTHONPATH": str(Path(sf.__file__).parents[1])}
    done = subprocess.run([*command, "--processes", "2"], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("model: ") == 1 and done.stderr.count("fit: 100%") >= 1
    one = folder / "one"
    assert main(["train", str(folder / "sims.npz"), "--out", str(one), *FAST]) == 0
    losses = [pd.read_csv(path / "history.csv")[["train_loss", "valid_loss"]] for path in (out, one)]
    np.testing.assert_allclose(losses[0], losses[1], rtol=1e-5)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--processes", "0"], "--processes must be at least 1"),
        (["--processes", "2", "--process", "1"], "--process and --coordinator go together"),
        (["--processes", "2", "--coordinator", "a:1"], "--process and --coordinator go together"),
        (["--processes", "2", "--process", "2", "--coordinator", "a:1"], "--process must be from 0 to 1"),
        (["--processes", "2", "--process", "1", "--coordinator", "node0"], "--coordinator must be HOST:PORT"),
        (["--processes", "2", "--process", "0", "--coordinator", "a:99999"], "--coordinator must be HOST:PORT"),
        (["--objective", "flow", "--marginals", "a,b"], "--marginals are of ratios"),
        (["--max-epochs", "0"], "max_epochs must be a whole number of at least 1"),
    ],
)
def test_bad_options_are_one_sentence(folder, capsys, more, message):
    assert main(["train", str(folder / "sims.npz"), "--out", str(folder / "bad"), *more]) == 2
    assert f"suffice: error: {message}" in capsys.readouterr().err
    assert main(["train", str(folder / "none.npz"), *more]) == 2


@pytest.mark.parametrize("process", [0, 1])
def test_a_process_that_finds_no_other_says_whom_it_waited_for(process, folder):
    """In a process of its own, for JAX ends one that waits in vain, without an exception."""
    run = "import sys; from suffice.cli import main, _train; _train._PATIENCE = 2.0; sys.exit(main(sys.argv[1:]))"
    where = f"localhost:{_free_port()}"
    alone = ["--processes", "2", "--process", str(process), "--coordinator", where, "--out", str(folder / "alone")]
    command = [sys.executable, "-c", run, "train", str(folder / "sims.npz"), *alone]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL)
    waits, error = (line for line in ended.stderr.splitlines() if line.startswith("suffice"))
    other = f"the others at {where}" if process == 0 else f"process 0 at {where}"
    assert ended.returncode == 2 and waits == f"suffice: process {process} of 2 waits for {other}"
    assert error.startswith(
        f"suffice: error: process {process} has not found {other} in 2 s; start all 2 with the same"
    )


def test_what_jax_says_of_a_process_that_finds_no_other_is_told(folder, capsys, monkeypatch):
    def not_found(*_, **__):
        raise jax.errors.JaxRuntimeError("DEADLINE_EXCEEDED: Barrier timed out")

    monkeypatch.setattr(jax.distributed, "initialize", not_found)
    alone = ["--processes", "2", "--process", "1", "--coordinator", "node0:1234"]
    assert main(["train", str(folder / "sims.npz"), "--out", str(folder / "alone"), *alone]) == 2
    waits, error = capsys.readouterr().err.strip().splitlines()
    assert waits == "suffice: process 1 of 2 waits for process 0 at node0:1234"
    assert error.startswith("suffice: error: process 1 has not found process 0 at node0:1234 in 300 s (DEADLINE_EX")


def test_a_port_that_is_taken_is_said_to_be(folder, capsys):
    with socket.create_server(("", 0)) as taken:
        where = f"localhost:{taken.getsockname()[1]}"
        first = ["--processes", "2", "--process", "0", "--coordinator", where]
        assert main(["train", str(folder / "sims.npz"), "--out", str(folder / "alone"), *first]) == 2
    assert "error: process 0 cannot listen at port" in capsys.readouterr().err


def test_options_are_said_again_to_each_process():
    options = Train(Path("a.npz"), marginals=("a,b", "c"), max_epochs=3, processes=2)
    said = ["--marginals", "a,b", "--marginals", "c", "--max-epochs", "3", "--processes", "2", "a.npz"]
    assert words(options) == said
