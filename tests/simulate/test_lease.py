"""The right to write into a store: one run has it, and takes it over from the dead."""

import json
import os
import time

import numpyro.distributions as dist
import pytest

import suffice as sf
from suffice.simulate._lease import Lease, refuse_without, STALE

PRIOR = sf.Prior(z=dist.Uniform(-1, 1))


def run(store, n=30):
    return sf.simulate(PRIOR, lambda key, theta: theta, n, key=0, store=store, progress=False)


@pytest.fixture
def store(tmp_path):
    return tmp_path / "sims.zarr"


def write_lock(store, seconds_ago, **content):
    lock = store.with_name("sims.zarr.lock")
    lock.write_text(json.dumps({"token": "other", "host": "elsewhere", "pid": 7, "born": "1"} | content))
    then = time.time() - seconds_ago
    os.utime(lock, (then, then))
    return lock


def test_one_at_a_time_and_free_afterwards(store):
    held = Lease(store)
    held.check()
    with pytest.raises(ValueError, match=rf"sims.zarr is being written by another run \(process {os.getpid()} on"):
        run(store)
    assert not store.exists()
    held.release()
    assert len(run(store)) == 30 and not held.path.exists()


def test_whoever_only_reads_needs_no_right(store):
    first = run(store)
    held = Lease(store)
    assert len(run(store)) == len(run(store, 10)) + 20 == len(first)
    with pytest.raises(ValueError, match="being written"):
        run(store, 31)
    held.release()


def test_a_lock_of_another_machine_counts_until_it_is_old(store):
    write_lock(store, 1)
    with pytest.raises(ValueError, match="process 7 on elsewhere"):
        run(store)
    write_lock(store, STALE + 5)
    assert len(run(store)) == 30


@pytest.mark.skipif(os.name != "posix", reason="processes of this machine are seen on POSIX only")
def test_a_process_number_that_another_process_has_now_is_a_dead_lock(store):
    held = Lease(store)
    mine = json.loads(held.path.read_text())
    write_lock(store, 1, **mine | {"born": "1", "token": "before"})
    assert len(run(store)) == 30
    held.release()


@pytest.mark.parametrize("text", ["", "[1]", "{"])
def test_a_lock_that_says_nothing_counts_until_it_is_old(text, store):
    lock = write_lock(store, 1)
    lock.write_text(text)
    with pytest.raises(ValueError, match="being written"):
        run(store)
    os.utime(lock, (0, 0))
    assert len(run(store)) == 30


def test_whoever_was_taken_over_stops_and_leaves_the_lock_of_the_other(store):
    held = Lease(store)
    lock = write_lock(store, 0)
    with pytest.raises(ValueError, match=r"another run \(process 7 on elsewhere\) took over"):
        held.check()
    held.release()
    assert lock.exists()


def test_a_worker_that_sees_no_lock_does_not_share_the_disk(store):
    with pytest.raises(ValueError, match="must lie on a file system that all workers share"):
        refuse_without(store.with_name("sims.zarr.lock"), "token")


def test_a_run_that_fails_gives_the_right_back(store):
    with pytest.raises(ValueError, match="More than half"):
        sf.simulate(PRIOR, lambda rng, theta: 1 / 0, 10, key=0, store=store, progress=False, workers=1)
    assert not store.with_name("sims.zarr.lock").exists()
