"""Simulators in processes: seeds, errors, deaths, time limits, programs without a guard."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import numpyro.distributions as dist
import pytest

import suffice as sf
from suffice.simulate import Status

PRIOR = sf.Prior(a=dist.Uniform(0, 1), b=dist.Normal(0, 1))
QUIET = {"progress": False}


def line(rng, theta):
    assert theta.dtype == np.float64 and isinstance(rng, np.random.Generator)
    return {"x": theta[0] + rng.normal(size=4), "sum": theta.sum()}


def test_results_do_not_depend_on_the_number_of_processes():
    one, three = (sf.simulate(PRIOR, line, 120, key=5, workers=k, chunk=c, **QUIET) for k, c in ((1, 1024), (3, 16)))
    np.testing.assert_array_equal(one.x["x"], three.x["x"])
    np.testing.assert_array_equal(one.theta, three.theta)
    np.testing.assert_allclose(one.x["sum"], one.theta.astype(float).sum(axis=1))
    assert len(np.unique(one.x["x"])) == 480


def test_global_generators_follow_the_seed_of_the_row():
    def simulator(_, theta):
        import random

        return np.array([np.random.normal(), random.random()])  # noqa: NPY002

    one, two = (sf.simulate(PRIOR, simulator, 40, key=5, workers=k, **QUIET).x for k in (1, 2))
    np.testing.assert_array_equal(one, two)
    assert len(np.unique(one)) == 80


def test_errors_deaths_and_hangs_are_told_apart_and_the_rest_goes_on():
    def troubled(rng, theta):
        if theta[0] < 0.1:
            raise ZeroDivisionError("no such thing")
        if theta[0] < 0.15:
            os.kill(os.getpid(), signal.SIGSEGV)
        if theta[0] < 0.2:
            subprocess.run(["sleep", "60"], check=True)
        if theta[0] < 0.3:
            return np.array([np.nan, 0.0])
        return theta

    start = time.monotonic()
    with pytest.warns(UserWarning, match="raised an error"):
        sims = sf.simulate(PRIOR, troubled, 60, key=1, workers=2, timeout=0.5, **QUIET)
    a = sims.theta[:, 0]
    expected = np.select([a < 0.15, a < 0.2, a < 0.3], [Status.RAISED, Status.TIMEOUT, Status.NONFINITE], Status.OK)
    assert set(expected.tolist()) == {0, 1, 2, 3}, "the draws must show every way of failing"
    np.testing.assert_array_equal(sims.status, expected)
    np.testing.assert_allclose(sims.x[expected == 0], sims.theta[expected == 0])
    messages = sims.failures.messages
    assert "ZeroDivisionError: no such thing (test_pool.py, line" in messages[int(np.argmax(a < 0.1))]
    assert "SIGSEGV" in messages[int(np.flatnonzero((a >= 0.1) & (a < 0.15))[0])]
    assert time.monotonic() - start < 20


def test_a_row_that_fails_is_tried_again(tmp_path):
    def second_time(rng, theta):
        mark = tmp_path / f"{theta[0]:.8f}"
        if not mark.exists():
            mark.touch()
            raise OSError("first time")
        return theta

    sims = sf.simulate(PRIOR, second_time, 20, key=0, workers=2, retries=1, **QUIET)
    assert not len(sims.failures)


def test_no_process_stays_behind():
    with pytest.raises(ValueError, match="shapes"):
        sf.simulate(PRIOR, lambda rng, theta: np.zeros(int(theta[0] * 4)), 50, key=0, workers=2, **QUIET)
    assert not children(os.getpid())


def children(of: int) -> set[str]:
    """Workers that a process has started: tests that run beside this one have others."""
    found, own = set(), f"PPid:\t{of}\n"
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if b"_worker.py" in entry.read_bytes() and own in entry.with_name("status").read_text():
                found.add(entry.parent.name)
        except OSError:
            continue
    return found


@pytest.mark.parametrize("result", ["np.zeros(int(theta[0] * 4) + 1)", "{'ab'[int(theta[0] * 2)]: 1.0}"])
def test_varying_shapes_and_names_are_an_error(result):
    simulator = eval(f"lambda rng, theta: {result}", {"np": np})
    with pytest.raises(ValueError, match=r"returned .* for row .* but .* for row .*; every call must"):
        sf.simulate(PRIOR, simulator, 50, key=0, workers=2, **QUIET)


@pytest.mark.parametrize(
    ("simulator", "message"),
    [
        (lambda rng, theta: None, "returned NoneType; return an array"),
        (lambda rng, theta: "text", "returned str"),
        (lambda rng, theta: (theta, theta), "returned tuple"),
        (lambda rng, theta: theta[7], "IndexError"),
        (lambda rng, theta: sys.exit(3), "SystemExit: 3"),
    ],
)
def test_a_simulator_that_always_fails_is_an_error_with_its_message(simulator, message):
    with pytest.raises(ValueError, match=f"(?s)50 of 50 simulations failed.*row 0 at a=.*{message}"):
        sf.simulate(PRIOR, simulator, 50, key=0, workers=1, **QUIET)


def test_a_jax_simulator_with_a_fault_says_why_it_was_not_traced():
    import jax

    def faulty(key, theta):
        return theta + jax.random.normal(key, (7,))

    with pytest.raises(ValueError, match=r"(?s)(1\d\d) of \1 sim.*\(TypeError: .*incompatible shapes"):
        sf.simulate(PRIOR, faulty, 1000, key=0, workers=None, **QUIET)


def test_what_cannot_be_sent_is_refused(tmp_path):
    with (tmp_path / "log").open("w") as file, pytest.raises(ValueError, match="cannot be sent"):
        sf.simulate(PRIOR, lambda rng, theta: (file.write("x"), theta)[1], 10, key=0, workers=1, **QUIET)


SCRIPT = """
import numpy as np, numpyro.distributions as dist, suffice as sf

scale = 2.0

class Model:
    def __call__(self, rng, theta):
        print("a simulator may print")
        return scale * theta

sims = sf.simulate(sf.Prior(a=dist.Normal(0, 1)), Model(), 30, key=0, workers=2, progress=False)
np.testing.assert_allclose(sims.x, 2 * sims.theta)
print("done", sims.x.shape)
"""


def test_a_script_without_a_guard_works(tmp_path):
    """Its classes are in `__main__`, and nothing of it may run again in the processes."""
    (tmp_path / "script.py").write_text(SCRIPT)
    done = subprocess.run([sys.executable, "script.py"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "done (30, 1)", done.stderr


@pytest.mark.skipif(not Path("/proc").exists(), reason="looks for processes in /proc")
def test_processes_end_with_a_killed_parent(tmp_path):
    script = SCRIPT.replace("return scale * theta", "import time; time.sleep(100)")
    (tmp_path / "script.py").write_text(script)
    with subprocess.Popen([sys.executable, "script.py"], cwd=tmp_path, stderr=subprocess.DEVNULL) as parent:
        try:
            wait_until(lambda: len(children(parent.pid)) > 0)
            time.sleep(0.5)
            started = children(parent.pid)
        finally:
            parent.kill()
    assert started
    wait_until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in started))
    assert not any(Path(f"/proc/{pid}").exists() for pid in started)


def wait_until(condition, seconds=20.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.02)
