"""Checkpoints: killed at any moment, a fit ends with the weights of one that was not; what cannot be read is said."""

import contextlib
import importlib.util
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import suffice as sf
from suffice.core import Frozen, load, save
from suffice.train import AbstractObjective, remove_checkpoint

SCRIPT = Path(__file__).parent / "killed_fit.py"


class Mean(AbstractObjective):
    """Learns the mean of x."""

    summary: jax.Array
    monitor = "loss"

    def start(self, rows, *, names, key):
        return self

    def finish(self, held_out, *, key):
        return self

    def loss(self, batch, *, key, step):
        return ((batch.x - self.summary) ** 2).mean(), {}


@pytest.fixture(scope="module")
def sims():
    rng = np.random.default_rng(0)
    return sf.Simulations(rng.normal(size=(500, 1)), rng.normal(3.0, 1.0, size=(500, 4)))


def run(sims, path=None, **options):
    options = {"key": 0, "progress": False, "learning_rate": 0.1, "max_epochs": 6, "batch_size": 50} | options
    return sf.fit(Mean(jnp.zeros(4)), sims, checkpoint=path, **options)


def epoch_of(path):
    return sf.load(path)["epoch"]


def test_the_last_few_are_kept(sims, tmp_path):
    path = tmp_path / "fit.checkpoint"
    run(sims, path, checkpoints=3)
    assert sorted(one.name for one in tmp_path.iterdir()) == [path.name, f"{path.name}.1", f"{path.name}.2"]
    assert [epoch_of(one) for one in (path, f"{path}.1", f"{path}.2")] == [6, 5, 4]
    run(sims, path, checkpoints=1, max_epochs=7)
    assert [one.name for one in tmp_path.iterdir()] == [path.name] and epoch_of(path) == 7
    remove_checkpoint(path)
    assert not list(tmp_path.iterdir())


def truncated(content):
    return content[: len(content) // 2]


def flipped(content):
    place = content.index(b"NUMPY") + 120  # in the numbers of the first array
    return content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]


@pytest.mark.parametrize(
    "spoil",
    [truncated, flipped, lambda content: b"", lambda content: bytes(len(content)), lambda content: b"noise" * 99],
)
def test_a_damaged_newest_gives_way_to_the_one_before(sims, tmp_path, spoil):
    whole, path = run(sims), tmp_path / "fit.checkpoint"
    run(sims, path, max_epochs=4)
    path.write_bytes(spoil(path.read_bytes()))
    epochs = []
    with pytest.warns(UserWarning, match="a checkpoint is damaged .*goes on from the one before"):
        resumed = run(sims, path, loggers=[lambda row: epochs.append(row["epoch"])])
    assert epochs == [4, 5, 6]
    np.testing.assert_array_equal(whole.objective.summary, resumed.objective.summary)
    assert (tmp_path / "fit.checkpoint.damaged").exists() and epoch_of(path) == 6


def _without(content):
    del content["leaves"]


def _fewer(content):
    content["leaves"] = content["leaves"][:-1]


def _other_shapes(content):
    content["leaves"] = [np.zeros((1, *np.shape(leaf))) for leaf in content["leaves"]]


def _no_epoch(content):
    content["epoch"] = "x"


@pytest.mark.parametrize("spoil", [_without, _fewer, _other_shapes, _no_epoch])
def test_a_file_that_no_fit_has_written_gives_way_too(sims, tmp_path, spoil):
    whole, path = run(sims), tmp_path / "fit.checkpoint"
    run(sims, path, max_epochs=4)
    content = load(path)
    spoil(content)
    save(content, path)
    with pytest.warns(UserWarning, match="a checkpoint is damaged .*goes on from the one before"):
        resumed = run(sims, path)
    np.testing.assert_array_equal(whole.objective.summary, resumed.objective.summary)


class Scaled(Mean):
    """Numbers that are not learned: one, and an array of whole ones."""

    scale: float = 1.0
    mask: np.ndarray = eqx.field(default_factory=lambda: np.ones(4, int))

    def loss(self, batch, *, key, step):
        return ((self.scale * self.mask * batch.x - self.summary) ** 2).mean(), {}


def test_other_numbers_that_are_not_learned_are_another_fit(sims, tmp_path):
    def fit(**numbers):
        options = {
            "key": 0,
            "progress": False,
            "max_epochs": 1,
            "batch_size": 50,
            "checkpoint": tmp_path / "fit.checkpoint",
        }
        return sf.fit(Scaled(jnp.zeros(4), **numbers), sims, **options)

    fit()
    fit()
    for numbers in ({"scale": 50.0}, {"mask": np.array([1, 0, 0, 0])}):
        with pytest.raises(ValueError, match="belongs to another fit"):
            fit(**numbers)


class Centred(Mean):
    """Subtracts what it finds at its start."""

    found: Frozen | None = None

    def start(self, rows, *, names, key):
        return eqx.tree_at(lambda f: f.found, self, Frozen(FOUND[0]), is_leaf=lambda node: node is None)


FOUND = [jnp.ones(4)]


def test_what_a_start_computes_may_differ_in_its_last_bits(sims, tmp_path):
    """As it does between kinds of processors; the data and what was given are told apart by themselves."""

    def fit(epochs):
        options = {"key": 0, "progress": False, "batch_size": 50, "checkpoint": tmp_path / "fit.checkpoint"}
        return sf.fit(Centred(jnp.zeros(4)), sims, max_epochs=epochs, **options)

    fit(1)
    FOUND[0] = jnp.nextafter(FOUND[0], 2.0)
    assert len(fit(2).history) == 2


def test_when_all_are_damaged_the_fit_starts_anew(sims, tmp_path):
    path = tmp_path / "fit.checkpoint"
    run(sims, path, max_epochs=2, checkpoints=1)
    path.write_bytes(truncated(path.read_bytes()))
    with pytest.warns(UserWarning, match="damaged"):
        assert len(run(sims, path).history) == 6


def test_a_newer_format_and_other_files_are_refused(sims, tmp_path):
    path = tmp_path / "fit.checkpoint"
    run(sims, path, max_epochs=2)
    sf.save(sf.load(path) | {"format": 4, "version": "9.1"}, path)
    with pytest.raises(ValueError, match=r"has format 4, written by suffice 9\.1, but suffice .* reads format 3"):
        run(sims, path)
    sf.save(jnp.zeros(3), path)
    with pytest.raises(ValueError, match="no checkpoint of a fit"):
        run(sims, path)
    sims.save(tmp_path / "sims.npz")
    (tmp_path / "notes.txt").write_text("mine")
    for other in ("sims.npz", "notes.txt"):
        content = (tmp_path / other).read_bytes()
        with pytest.raises(ValueError, match="is there and is no checkpoint of a fit; give another path"):
            run(sims, tmp_path / other)
        assert (tmp_path / other).read_bytes() == content
    with pytest.raises(ValueError, match="is a folder; give a file in it"):
        run(sims, tmp_path)
    with pytest.raises(ValueError, match="checkpoints must be a whole number of at least 1"):
        run(sims, path, checkpoints=0)


def test_another_course_is_refused(sims, tmp_path):
    """Another optimiser, decay or activation: what no array of the objective tells."""
    path = tmp_path / "fit.checkpoint"

    def begun(activation=jax.nn.silu, **options):
        ratio = sf.Ratio(sf.networks.MLP(4, 1, width=8, depth=1, activation=activation, key=1))
        return sf.fit(ratio, sims, key=2, max_epochs=2, batch_size=64, checkpoint=path, progress=False, **options)

    begun()
    begun()  # the same goes on
    for other in ({"activation": jnp.sin}, {"weight_decay": 3.0}, {"optimiser": optax.adam(1.0)}):
        with pytest.raises(ValueError, match="another"):
            begun(**other)
    remove_checkpoint(path)
    begun(optimiser=optax.adam(1e-3))
    with pytest.raises(ValueError, match="another"):
        begun(optimiser=optax.adam(1e-2))


def test_a_learning_rate_is_above_zero(sims):
    for rate in (-1.0, 0.0, float("nan")):
        with pytest.raises(ValueError, match="learning_rate must be above 0"):
            run(sims, learning_rate=rate)


class Killed(BaseException):
    """What a test ends a fit with."""


def killed_at(operation, patched, sims, path):
    """Fit until so many operations have changed a file; the number of the epoch that was the last."""
    calls, epochs = iter(range(10**6)), []
    for name in ("replace", "unlink"):
        done = getattr(Path, name)

        def counted(*args, done=done, **options):
            if next(calls) >= operation:
                raise Killed
            return done(*args, **options)

        patched.setattr(Path, name, counted)
    with contextlib.suppress(Killed):
        run(sims, path, loggers=[lambda row: epochs.append(row["epoch"])])
    return epochs[-1]


def test_a_kill_between_any_two_operations_on_files_loses_at_most_one_epoch(sims, tmp_path, monkeypatch):
    whole = run(sims)
    for operation in range(20):
        path, epochs = tmp_path / str(operation) / "fit.checkpoint", []
        with monkeypatch.context() as patched:
            last = killed_at(operation, patched, sims, path)
        resumed = run(sims, path, loggers=[epochs.append])
        np.testing.assert_array_equal(whole.objective.summary, resumed.objective.summary)
        assert epochs[0]["epoch"] >= last - 1


def killed(kind, kills, folder, epochs, seconds):
    """Start the fit and kill it so often, at random times in one of its epochs; how many kills came before its end."""
    rng, landed = random.Random(0), 0
    command = [sys.executable, str(SCRIPT), kind, str(folder), str(folder / "killed.checkpoint")]
    environment = os.environ | {"PYTHONPATH": str(Path(sf.__file__).parents[1])}
    for _ in range(kills):
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
        for _ in range(rng.randint(1, epochs // (2 * kills))):
            process.stdout.readline()
        time.sleep(rng.uniform(0, seconds))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        landed += process.returncode == -signal.SIGKILL
    return landed


def undisturbed_and_killed(kind, kills, folder):
    spec = importlib.util.spec_from_file_location("killed_fit", SCRIPT)
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    script.make(folder)
    times, epochs = [], []
    whole = script.run(kind, folder, folder / "whole.checkpoint", lambda row: times.append(time.perf_counter()))
    epoch = (times[-1] - times[0]) / (len(times) - 1)
    assert killed(kind, kills, folder, len(times), epoch) > 0.7 * kills
    again = script.run(kind, folder, folder / "killed.checkpoint", lambda row: epochs.append(row["epoch"]))
    assert not epochs or epochs[0] > 1
    return whole, again


def same_bits(whole, again):
    told = whole.history.columns.drop(["seconds", "waited"])  # what a clock says
    leaves = zip(*(jax.tree.leaves(eqx.filter(one.objective, eqx.is_array)) for one in (whole, again)))
    return whole.history[told].equals(again.history[told]) and all(np.array_equal(a, b) for a, b in leaves)


def test_a_fit_killed_three_times_ends_with_the_same_bits(tmp_path):
    assert same_bits(*undisturbed_and_killed("memory", 3, tmp_path))


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "kills"), [("memory", 20), ("ensemble", 6), ("stored", 6)])
def test_a_fit_killed_at_random_times_ends_with_the_same_bits(tmp_path, kind, kills):
    assert same_bits(*undisturbed_and_killed(kind, kills, tmp_path))
