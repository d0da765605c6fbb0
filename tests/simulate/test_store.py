"""Stores: killed runs go on, full disks lose nothing, other runs are refused."""

import errno
import os
import signal
import subprocess
import sys
import time
import warnings

import jax
import jax.numpy as jnp
import numpy as np
import numpyro.distributions as dist
import pytest
import zarr

import suffice as sf
from suffice.simulate._status import UNDONE
from suffice.simulate._store import _the_same
from suffice.simulate._zarr import _rows_of

PRIOR = sf.Prior(z=dist.Uniform(-1, 1).expand([2]))
QUIET = {"progress": False}


def jax_line(key, theta):
    return {"x": theta[0] + jax.random.normal(key, (6,)), "sum": theta.sum()}


def slow_line(rng, theta):
    time.sleep(0.002)
    return {"x": theta[0] + rng.normal(size=6), "sum": theta.sum()}


def assert_equal(one, two):
    np.testing.assert_array_equal(one.theta, two.theta)
    np.testing.assert_array_equal(one.status, two.status)
    jax.tree.map(np.testing.assert_array_equal, one.load().x, two.load().x)


def test_a_store_holds_what_memory_would(tmp_path):
    path = tmp_path / "sims.zarr"
    stored = sf.simulate(PRIOR, jax_line, 500, key=0, store=path, chunk=64, **QUIET)
    assert not stored.in_memory and stored.names == PRIOR.names
    assert_equal(stored, sf.simulate(PRIOR, jax_line, 500, key=0, chunk=64, **QUIET))
    assert_equal(sf.load_simulations(path), stored)
    assert zarr.open_group(path).metadata.zarr_format == 3


def test_a_finished_store_is_not_simulated_again(tmp_path):
    path = tmp_path / "sims.zarr"
    first = sf.simulate(PRIOR, jax_line, 100, key=0, store=path, **QUIET)
    assert_equal(sf.simulate(PRIOR, lambda key, theta: 1 / 0, 100, key=0, store=path, **QUIET), first)


def test_more_rows_are_added_and_fewer_are_the_first(tmp_path):
    path = tmp_path / "sims.zarr"
    sf.simulate(PRIOR, jax_line, 100, key=0, store=path, chunk=32, **QUIET)
    assert_equal(
        sf.simulate(PRIOR, jax_line, 250, key=0, store=path, **QUIET),
        sf.simulate(PRIOR, jax_line, 250, key=0, chunk=32, **QUIET),
    )
    fewer = sf.simulate(PRIOR, jax_line, 70, key=0, store=path, **QUIET)
    assert_equal(fewer, sf.load_simulations(path)[:70])
    assert len(sf.load_simulations(path)) == 250


SCRIPT = """
import sys
sys.path.insert(0, {folder!r})
import suffice as sf, test_store as t
sf.simulate(t.PRIOR, t.{simulator}, {n}, key=9, store={path!r}, chunk=16, progress=False, workers={workers})
"""


@pytest.mark.parametrize(
    ("simulator", "n", "workers"), [("jax_line", 6000, 0), pytest.param("slow_line", 1500, 2, marks=pytest.mark.slow)]
)
def test_a_killed_run_goes_on_and_ends_as_if_it_had_not_been_killed(tmp_path, simulator, n, workers):
    path = tmp_path / "sims.zarr"
    folder = os.path.dirname(__file__)
    script = SCRIPT.format(folder=folder, simulator=simulator, n=n, path=str(path), workers=workers)
    counts = []
    for kill_after in (2, 12):
        there = len(list((path / "status" / "c").glob("*")))
        with subprocess.Popen([sys.executable, "-c", script]) as run:
            wait_for_chunks(path, there + kill_after, run)
            if not counts:  # the second run may find so many chunks before it has begun
                with pytest.raises(ValueError, match=rf"being written by another run \(process {run.pid} on"):
                    sf.simulate(PRIOR, globals()[simulator], n, key=9, store=path, **QUIET)
            run.send_signal(signal.SIGKILL)
        partial = sf.load_simulations(path)
        counts.append(len(partial))
        assert np.isfinite(partial.load().x["x"]).all()
    assert 0 < counts[0] < counts[1] < n
    settings = {"key": 9, "chunk": 16, "workers": workers, **QUIET}
    ended = sf.simulate(PRIOR, globals()[simulator], n, store=path, **settings)
    assert len(ended) == n and not len(ended.failures)
    assert_equal(ended, sf.load_simulations(path))
    assert_equal(ended, sf.simulate(PRIOR, globals()[simulator], n, **settings))
    assert len(np.unique(ended.load().x["x"][:, 0])) > 0.99 * n


def wait_for_chunks(path, count, run):
    end = time.monotonic() + 60
    while len(list((path / "status" / "c").glob("*"))) < count:
        assert run.poll() is None and time.monotonic() < end, "the run ended before it could be killed"
        time.sleep(0.005)


def fill_after(monkeypatch, writes):
    """The disk is full after so many files, as the operating system would say it."""
    from zarr.storage import _local

    put, left = _local._put, [writes]

    def full(path, value, *args, **settings):
        left[0] -= 1
        if left[0] < 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        return put(path, value, *args, **settings)

    monkeypatch.setattr(_local, "_put", full)


@pytest.mark.parametrize("writes", [0, 9, 24, 25, 26, 27, 60])
def test_a_full_disk_loses_nothing_that_is_written(tmp_path, monkeypatch, writes):
    path = tmp_path / "sims.zarr"
    whole = sf.simulate(PRIOR, jax_line, 300, key=0, chunk=16, **QUIET)
    with monkeypatch.context() as patch:
        fill_after(patch, writes)
        with pytest.raises(
            OSError, match=r"disk is full: rows could not be added to .*sims.zarr.*run the same"
        ) as error:
            sf.simulate(PRIOR, jax_line, 300, key=0, store=path, chunk=16, **QUIET)
    assert error.value.errno == errno.ENOSPC
    if path.exists():
        kept = sf.load_simulations(path)
        assert f"The {len(kept)} rows" in str(error.value)
        assert_equal(kept, whole[: len(kept)])
        assert len(kept) > 0 or writes < 26
    assert_equal(sf.simulate(PRIOR, jax_line, 300, key=0, store=path, chunk=16, **QUIET), whole)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root may mount")
def test_a_disk_that_is_really_full(tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=300k", "none", str(disk)], capture_output=True)
    if mounted.returncode:
        pytest.skip("mounting is not allowed here")
    try:
        path, settings = disk / "sims.zarr", {"key": 0, "chunk": 256, **QUIET}
        with pytest.raises(OSError, match="disk is full"):
            sf.simulate(PRIOR, jax_line, 20_000, store=path, **settings)
        kept = sf.load_simulations(path)
        assert 0 < len(kept) < 20_000
        assert_equal(kept, sf.simulate(PRIOR, jax_line, 20_000, **settings)[: len(kept)])
        # A failed write may have left its unfinished file.
        subprocess.run(["mount", "-o", "remount,size=8m", str(disk)], check=True)
        assert_equal(
            sf.simulate(PRIOR, jax_line, 20_000, store=path, **settings),
            sf.simulate(PRIOR, jax_line, 20_000, **settings),
        )
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_failures_and_their_messages_are_stored_and_retried_when_asked(tmp_path):
    path, allowed = tmp_path / "sims.zarr", tmp_path / "allowed"

    def locked(rng, theta):
        if theta[0] > 0.5 and not allowed.exists():
            raise OSError("locked")
        return theta

    settings = {"key": 0, "store": path, "workers": 2, "chunk": 16, **QUIET}
    with pytest.warns(UserWarning, match="OSError: locked"):
        sims = sf.simulate(PRIOR, locked, 80, **settings)
    bad = np.flatnonzero(sims.theta[:, 0] > 0.5)
    assert "OSError: locked" in str(sf.load_simulations(path).failures)
    np.testing.assert_array_equal(sf.load_simulations(path).failures.rows, bad)
    allowed.touch()
    with pytest.warns(UserWarning, match="OSError: locked"):  # no more retries asked for than made
        sf.simulate(PRIOR, locked, 80, **settings)
    again = sf.simulate(PRIOR, locked, 80, retries=1, **settings)
    assert not len(again.failures) and not sf.load_simulations(path).failures.messages
    np.testing.assert_array_equal(again.load().x, again.theta.astype(float))


def test_chunks_of_nothing_but_zeros_are_there(tmp_path):
    path = tmp_path / "sims.zarr"
    sims = sf.simulate(PRIOR, lambda key, theta: (theta > 5).astype(int), 40, key=0, store=path, chunk=8, **QUIET)
    assert not np.asarray(sims.x).any() and len(sf.load_simulations(path)) == 40


def test_a_store_of_another_run_is_refused(tmp_path):
    path = tmp_path / "sims.zarr"
    sf.simulate(PRIOR, jax_line, 50, key=0, store=path, **QUIET)
    narrow = sf.Prior(z=dist.Uniform(0, 1).expand([2]))
    other = sf.Prior(y=dist.Uniform(-1, 1).expand([2]))

    def longer(key, theta):
        return {"x": jax.random.normal(key, (9,)), "sum": theta.sum()}

    for prior, simulator, key, message in (
        (PRIOR, jax_line, 1, "another key"),
        (narrow, jax_line, 0, "another prior"),
        (other, jax_line, 0, r"about the parameters .*z\[0\].*, the prior about .*y\[0\]"),
        (PRIOR, longer, 0, r"returned .*x float32\[9\].* of which the store holds .*x float32\[6\]"),
    ):
        with pytest.raises(ValueError, match=message):
            sf.simulate(prior, simulator, 60, key=key, store=path, **QUIET)
    (tmp_path / "else.zarr").mkdir()
    with pytest.raises(ValueError, match="exists, but cannot be opened"):
        sf.simulate(PRIOR, jax_line, 50, key=0, store=tmp_path / "else.zarr", **QUIET)
    zarr.open_group(tmp_path / "else.zarr", mode="w")
    with pytest.raises(ValueError, match="not made by simulate"):
        sf.simulate(PRIOR, jax_line, 50, key=0, store=tmp_path / "else.zarr", **QUIET)


def test_another_simulator_of_the_same_shapes_is_warned_of(tmp_path):
    path = tmp_path / "sims.zarr"
    first = sf.simulate(PRIOR, jax_line, 50, key=0, store=path, **QUIET)

    def other(key, theta):
        return jax.tree.map(lambda leaf: 1.1 * leaf, jax_line(key, theta))

    for n in (60, 60):  # with rows to add, and without
        with pytest.warns(UserWarning, match="row 0 of the store, simulated again, holds other data than are stored"):
            sims = sf.simulate(PRIOR, other, n, key=0, store=path, **QUIET)
    np.testing.assert_array_equal(sims.rows(np.arange(50)).x["x"], first.load().x["x"])
    with pytest.raises(ValueError, match=r"returned sum .* of which the store holds .*x float32\[6\]"):
        sf.simulate(PRIOR, lambda key, theta: {"x": theta, "sum": theta.sum()}, 60, key=0, store=path, **QUIET)


def test_a_small_change_beside_large_numbers_is_warned_of(tmp_path):
    path = tmp_path / "sims.zarr"
    sf.simulate(PRIOR, lambda key, theta: jnp.stack([1e4, theta[0]]), 50, key=0, store=path, **QUIET)
    with pytest.warns(UserWarning, match="simulated again, holds other data"):
        sf.simulate(PRIOR, lambda key, theta: jnp.stack([1e4, 3.0 * theta[0] + 1.0]), 50, key=0, store=path, **QUIET)


def test_a_row_that_needed_its_retries_is_asked_with_them(tmp_path):
    """Finite at a later try, then gone on with by a call of no retries: the same simulator."""

    def flaky(key, theta):
        fails = jax.random.uniform(jax.random.fold_in(key, 9)) < 0.9
        return jnp.where(fails, jnp.nan, theta + jax.random.normal(key, (2,)))

    path = tmp_path / "sims.zarr"
    whole = sf.simulate(PRIOR, flaky, 50, key=1, store=path, retries=200, **QUIET)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert_equal(sf.simulate(PRIOR, flaky, 50, key=1, store=path, **QUIET), whole)


def test_small_differences_that_grow_are_the_same_simulator(tmp_path):
    """A chaotic map comes out differently when it is compiled for one row: it is asked in a program of as many."""
    mixing = jax.random.normal(jax.random.key(3), (8, 8))

    def chaos(key, theta):
        def step(x, _):
            return 0.5 + 0.49 * jnp.sin(3.9 * mixing @ x), None

        return jax.lax.scan(step, jax.random.uniform(key, (8,)) + 0.01 * theta[0], None, length=300)[0]

    path = tmp_path / "sims.zarr"
    whole = sf.simulate(PRIOR, chaos, 60, key=0, store=path, **QUIET)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert_equal(sf.simulate(PRIOR, chaos, 60, key=0, store=path, **QUIET), whole)


def test_a_store_where_the_first_rows_failed(tmp_path):
    def late(key, theta):
        return jnp.where(theta[0] > 0.6, jnp.nan, theta)

    path = tmp_path / "sims.zarr"
    with pytest.warns(UserWarning, match="failed"):
        stored = sf.simulate(PRIOR, late, 200, key=0, store=path, chunk=8, **QUIET)
    with pytest.warns(UserWarning, match="failed"):
        assert_equal(stored, sf.simulate(PRIOR, late, 200, key=0, chunk=8, **QUIET))


@pytest.mark.parametrize("scale", [1e-12, 1.0, 1e12])
def test_another_prior_is_refused_whatever_the_scale(tmp_path, scale):
    """The same place, and five times as wide."""
    theta = scale * (1.0 + np.linspace(0, 1e-3, 20)[:, None])
    options = {"key": 0, "store": tmp_path / "sims.zarr", "workers": 1, **QUIET}
    sf.simulate_at(theta, lambda rng, theta: theta / scale, **options)
    sf.simulate_at(theta, lambda rng, theta: theta / scale, **options)
    with pytest.raises(ValueError, match="made with another prior"):
        sf.simulate_at(scale + 5 * (theta - scale), lambda rng, theta: theta / scale, **options)


def test_a_parameter_that_overflowed_is_that_of_the_same_prior(tmp_path):
    theta = np.array([[1.0], [np.inf], [3.0], [-np.inf], [2.0]])
    assert _the_same(theta, theta.copy()) and not _the_same(theta, theta[::-1])


def test_a_store_that_is_a_link_to_nowhere_is_refused(tmp_path):
    (tmp_path / "sims.zarr").symlink_to(tmp_path / "gone.zarr")
    with pytest.raises(ValueError, match=r"is a link to .*, which is not there"):
        sf.simulate(PRIOR, jax_line, 3, key=0, store=tmp_path / "sims.zarr", **QUIET)


def test_messages_of_an_unfinished_store_are_there(tmp_path):
    def fails(rng, theta):
        raise RuntimeError("no such number")

    path = tmp_path / "sims.zarr"
    with pytest.raises(ValueError, match="More than half"):
        sf.simulate(PRIOR, fails, 4, key=0, store=path, workers=1, **QUIET)
    sims = sf.simulate(PRIOR, slow_line, 8, key=0, store=path, workers=1, **QUIET)
    group = zarr.open_group(path, mode="r+")
    group["status"][5:] = UNDONE
    assert len(sims) == 8 and len(sf.load_simulations(path)) == 5


def test_a_store_in_the_folder_of_another_is_refused(tmp_path):
    outer = tmp_path / "sims.zarr"
    sf.simulate(PRIOR, jax_line, 20, key=0, store=outer, **QUIET)
    with pytest.raises(ValueError, match=r"would lie inside of the store .*sims\.zarr; use a path beside it"):
        sf.simulate(PRIOR, jax_line, 20, key=0, store=outer / "more.zarr", **QUIET)
    assert len(sf.load_simulations(outer).theta) == 20


@pytest.mark.parametrize(
    "attributes",
    [{"identity": None}, {"identity": []}, {"chunk": "a"}, {"chunk": 0}, {"chunk": 2**62}, {"retries": -5}],
)
def test_attributes_that_no_run_has_written_are_refused(tmp_path, attributes):
    path = tmp_path / "sims.zarr"
    sf.simulate(PRIOR, jax_line, 20, key=0, store=path, **QUIET)
    zarr.open_group(path).attrs.update(attributes)
    with pytest.raises(ValueError, match="exists, but was not made by simulate"):
        sf.simulate(PRIOR, jax_line, 40, key=0, store=path, **QUIET)


def test_chunks_of_any_size_are_cut_at_once():
    began = time.perf_counter()
    assert [_rows_of(chunk, 100_000) for chunk in (4096, 2**20, 2**31 - 1)] == [4096, 2**16, 100_000]
    assert time.perf_counter() - began < 5
    with pytest.raises(ValueError, match="chunk must be at most 2,147,483,647 rows"):
        sf.simulate(PRIOR, jax_line, 10, key=0, chunk=10**20, **QUIET)


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="no folder that takes no files")
def test_a_folder_that_takes_no_files_is_told():
    with pytest.raises(ValueError, match=r"store /proc/s.zarr cannot be written: its folder takes no new files"):
        sf.simulate(PRIOR, jax_line, 10, key=0, store="/proc/s.zarr", **QUIET)
