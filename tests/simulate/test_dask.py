"""Simulations on a Dask cluster: the same rows as in processes, whoever computes them."""

import gc
import os
import signal
import threading
import time
from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
import numpyro.distributions as dist
import pytest
import zarr

import suffice as sf
from suffice.simulate import _block, _dask, _store
from suffice.simulate._cluster import cluster

distributed = pytest.importorskip("distributed")
pytestmark = pytest.mark.filterwarnings("default")
PRIOR = sf.Prior(a=dist.Normal(0, 1), b=dist.Uniform(0, 1))


def simulator(rng, theta):
    return theta[0] + theta[1] * rng.normal(size=3)


def failing(rng, theta):
    if theta[1] < 0.2:
        raise RuntimeError("too small")
    return theta * (np.nan if theta[1] > 0.9 else 1.0)


@pytest.fixture(scope="module")
def client():
    options = {"n_workers": 1, "threads_per_worker": 2, "processes": False, "dashboard_address": None}
    with distributed.LocalCluster(**options) as cluster, distributed.Client(cluster) as client:
        yield client
    gc.collect()  # sockets that distributed leaves open are told of here, and not in somebody else's test


@pytest.fixture(autouse=True)
def collected():
    yield
    gc.collect()


def run(simulator, n, workers, **options):
    return sf.simulate(PRIOR, simulator, n, key=0, workers=workers, progress=False, **options)


def test_rows_are_those_of_processes(client):
    there, here = run(simulator, 40, client), run(simulator, 40, 1)
    np.testing.assert_array_equal(there.x, here.x)
    np.testing.assert_array_equal(there.theta, here.theta)


def test_more_blocks_than_wait_at_a_time(client):
    np.testing.assert_array_equal(run(simulator, 150, client, chunk=1).x, run(simulator, 150, 1).x)


def test_failures_are_told_row_by_row(client):
    with pytest.warns(UserWarning, match="too small"):
        sims = run(failing, 60, client)
    bad = np.asarray(sims.theta)[:, 1]
    np.testing.assert_array_equal(np.asarray(sims.status) == 0, (bad >= 0.2) & (bad <= 0.9))


def test_a_store_goes_on_where_it_stopped(client, tmp_path):
    run(simulator, 20, client, store=tmp_path / "s.zarr")
    more = run(simulator, 50, client, store=tmp_path / "s.zarr")
    np.testing.assert_array_equal(np.asarray(more.x), np.asarray(run(simulator, 50, 1).x))


def counted(file, pause=0.0):
    """A simulator that writes a line for each simulation it computes."""

    def simulator(rng, theta):
        line = f"{float(theta[0])!r}\n"  # JAX, which tries to trace it, goes no further
        time.sleep(pause)
        with open(file, "a") as stream:
            stream.write(line)
        return theta + rng.normal(size=2)

    return simulator


def test_a_restart_computes_only_what_is_missing(client, tmp_path):
    file, path = tmp_path / "computed", tmp_path / "s.zarr"
    run(counted(file), 20, client, store=path)
    assert len(file.read_text().splitlines()) == 20
    run(counted(file), 50, client, store=path)
    assert len(file.read_text().splitlines()) == 50 == len(set(file.read_text().splitlines()))


def test_of_two_schedulers_one_writes_a_store(client, tmp_path):
    """The second is told who writes, computes nothing, and goes on from there once the first has ended."""
    file, path = tmp_path / "computed", tmp_path / "s.zarr"
    found, options = [], {"n_workers": 1, "threads_per_worker": 1, "processes": False, "dashboard_address": None}
    first = threading.Thread(target=lambda: found.append(run(counted(file, 0.02), 100, client, store=path)))
    with distributed.LocalCluster(**options) as cluster, distributed.Client(cluster) as second:
        first.start()
        while not (path / "status").exists():
            time.sleep(0.01)
        elsewhere = tmp_path / "elsewhere"
        with pytest.raises(ValueError, match="is being written by another run"):
            run(counted(elsewhere), 100, second, store=path)
        first.join()
        assert not elsewhere.exists() and len(set(file.read_text().splitlines())) == 100
        more = run(counted(elsewhere), 120, second, store=path)
    assert len(set(elsewhere.read_text().splitlines()) - set(file.read_text().splitlines())) == 20
    np.testing.assert_array_equal(np.asarray(more.x)[:100], np.asarray(found[0].x))
    np.testing.assert_array_equal(np.asarray(more.status), 0)


def traced(key, theta):
    return theta + jax.random.normal(key, (2,))


@pytest.mark.parametrize("of", [simulator, traced])
def test_a_store_that_is_whole_asks_for_nothing(client, tmp_path, of):
    first = run(of, 20, client, store=tmp_path / "s.zarr")
    for n in (20, 12):
        again = run(of, n, client, store=tmp_path / "s.zarr")
        np.testing.assert_array_equal(np.asarray(again.x[:n]), np.asarray(first.x[:n]))


def test_a_scheduler_that_is_gone_is_told(tmp_path, monkeypatch):
    """The client closes itself when it cannot connect again."""
    monkeypatch.setattr(_dask, "_LOOK", 0.1)
    options = {"n_workers": 1, "threads_per_worker": 1, "processes": False, "dashboard_address": None}

    def slow(rng, theta):
        time.sleep(0.1)
        return theta + rng.normal(size=2)

    with distributed.LocalCluster(**options) as cluster:
        client = distributed.Client(cluster)
        closing = threading.Timer(1.0, client.close)
        closing.start()
        with pytest.raises(ValueError, match="the scheduler of the cluster is gone; what is in a store is kept"):
            run(slow, 200, client, store=tmp_path / "s.zarr")
        closing.join()
    assert not (tmp_path / "s.zarr.lock").exists()
    again = run(slow, 20, 1, store=tmp_path / "s.zarr")
    np.testing.assert_array_equal(np.asarray(again.status)[:20], 0)


def test_a_client_that_was_closed_is_told():
    with distributed.LocalCluster(n_workers=1, processes=False, dashboard_address=None) as cluster:
        client = distributed.Client(cluster)
        client.close()
        with pytest.raises(ValueError, match="the scheduler of the cluster is gone"):
            run(simulator, 20, client)


def test_a_cluster_without_workers_is_told_and_waited_for(monkeypatch):
    monkeypatch.setattr(_dask, "_LOOK", 0.1)
    monkeypatch.setattr(_dask, "_WITHOUT", 0.5)
    options = {"n_workers": 0, "threads_per_worker": 1, "processes": False, "dashboard_address": None}
    with distributed.LocalCluster(**options) as cluster, distributed.Client(cluster) as client:
        threading.Timer(3.0, cluster.scale, (1,)).start()
        with pytest.warns(UserWarning, match="the cluster has had no worker for"):
            sims = run(simulator, 20, client)
    np.testing.assert_array_equal(sims.x, run(simulator, 20, 1).x)


def test_rejection_on_a_cluster(client):
    prior = sf.Prior(a=dist.Uniform(-5, 5))
    abc = sf.ABC(prior, lambda rng, theta: theta + rng.normal(size=1), lambda x: x, np.eye(1), workers=client)
    posterior = abc.run(np.array([0.5]), draws=600, key=0, progress=False).accept(quantile=0.2)
    assert abs(float(posterior.mean[0]) - 0.5) < 0.4


def test_timeouts_are_for_processes(client):
    with pytest.raises(ValueError, match="timeout is for processes"):
        run(simulator, 5, client, timeout=1.0)


def jax_simulator(key, theta):
    return {"x": theta[0] + theta[1] * jax.random.normal(key, (3,)), "bad": jnp.where(theta[1] < 0.1, jnp.nan, 1.0)}


def test_what_jax_traces_is_traced_on_the_cluster(client, tmp_path):
    with pytest.warns(UserWarning, match="non-finite"):
        here = run(jax_simulator, 100, None)
    for store in (None, tmp_path / "s.zarr"):
        with pytest.warns(UserWarning, match="non-finite"):
            there = run(jax_simulator, 100, client, store=store)
        np.testing.assert_array_equal(there.status, here.status)
        np.testing.assert_array_equal(there.load().x["x"], here.x["x"])


def test_workers_write_their_own_chunks(client, tmp_path, monkeypatch):
    monkeypatch.setattr(_store, "put_rows", lambda *args: 1 / 0)  # what this process would write with
    with pytest.warns(UserWarning, match="too small"):
        sims = run(failing, 64, client, store=tmp_path / "s.zarr", chunk=7)
    assert sims.theta.shape == (64, 2) and sims.x.chunks == (4, 2)  # 64 rows for 2 threads: 16 blocks
    with pytest.warns(UserWarning, match="too small"):
        here = run(failing, 64, 1)
    np.testing.assert_array_equal(np.asarray(sims.x), here.x)
    np.testing.assert_array_equal(sims.status, here.status)
    assert sf.load_simulations(tmp_path / "s.zarr").failures.messages == here.failures.messages


def test_a_store_whose_chunks_reach_over_blocks_is_written_here(client, tmp_path):
    path = tmp_path / "s.zarr"
    run(simulator, 20, 1, store=path, chunk=10)
    group = zarr.open_group(path)
    group.attrs["chunk"] = 7
    more = run(simulator, 60, client, store=path)
    np.testing.assert_array_equal(np.asarray(more.x), run(simulator, 60, 1).x)


def test_faults_of_the_cluster_are_told_and_lose_nothing(client, tmp_path, monkeypatch):
    path = tmp_path / "s.zarr"

    def other(rng, theta):
        return np.zeros(3 if theta[1] < 0.5 else 4)

    with pytest.raises(ValueError, match="every call must return arrays of the same names, shapes"):
        run(other, 40, client, store=path)
    assert not path.with_name("s.zarr.lock").exists()
    monkeypatch.setattr(_block, "_loaded", lambda payload: (_ for _ in ()).throw(ModuleNotFoundError("no brian")))
    with pytest.raises(ValueError, match=r"could not compute rows .*no brian.*installed on its workers"):
        run(simulator, 40, client)


@pytest.fixture(scope="module")
def processes():
    options = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": "127.0.0.1:0"}
    with distributed.LocalCluster(**options) as cluster, distributed.Client(cluster) as client:
        yield cluster, client
    gc.collect()


def test_a_killed_worker_loses_nothing(processes, tmp_path):
    """SIGKILL from outside, when some chunks are on disk; the rest is computed by others."""
    _, client = processes
    path, killed = tmp_path / "s.zarr", []

    def slow(rng, theta):
        time.sleep(0.02)
        return simulator(rng, theta)

    def kill():
        while len(list((path / "status" / "c").glob("*"))) < 3:
            time.sleep(0.01)
        killed.append(next(iter(client.run(os.getpid).values())))
        os.kill(killed[0], signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    sims = run(slow, 200, client, store=path, chunk=8)
    killer.join()
    assert killed and not len(sims.failures)
    np.testing.assert_array_equal(np.asarray(sims.x), run(simulator, 200, 1).x)


@pytest.mark.slow
def test_a_simulation_that_kills_its_workers_is_a_failure_of_its_row_alone(tmp_path):
    """A crash in compiled code, say: the workers come back, and the other rows are there."""
    import dask

    theta = PRIOR.sample(12, key=jax.random.key(3))
    worst, large = float(np.max(theta[:, 1])), np.zeros(100_000)  # so large that it goes once to each worker

    def deadly(rng, theta):
        if theta[1] >= worst:
            os._exit(1)
        return theta + large[:2]

    options = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": None}
    with (
        dask.config.set({"distributed.scheduler.allowed-failures": 1}),
        distributed.LocalCluster(**options) as cluster,
        distributed.Client(cluster) as client,
    ):
        sims = sf.simulate_at(theta, deadly, key=0, workers=client, progress=False, names=PRIOR.names)
    np.testing.assert_array_equal(np.flatnonzero(sims.status), [int(np.argmax(theta[:, 1]))])
    assert "workers that computed this row died" in str(sims.failures)
    good = np.asarray(sims.status) == 0
    np.testing.assert_array_equal(np.asarray(sims.x)[good], np.asarray(sims.theta)[good])


def test_rows_that_crash_sooner_than_the_others_end_give_no_run_up(monkeypatch):
    """A quarter of the rows end their worker at once, the others take longer than all of these together."""
    simulate_block = _dask.simulate_block

    def deadly(payload, rows, theta, *more):
        if (theta[:, 1] < 0.25).any():
            raise distributed.KilledWorker("a task", SimpleNamespace(address="tcp://gone:1"), 1)
        time.sleep(2.0)
        return simulate_block(payload, rows, theta, *more)

    monkeypatch.setattr(_dask, "simulate_block", deadly)
    options = {"n_workers": 1, "threads_per_worker": 24, "processes": False, "dashboard_address": None}
    with (
        distributed.LocalCluster(**options) as cluster,
        distributed.Client(cluster) as client,
        pytest.warns(UserWarning, match="workers that computed this row died"),
    ):
        sims = run(simulator, 96, client, chunk=4)
    np.testing.assert_array_equal(np.asarray(sims.status) == 0, np.asarray(sims.theta)[:, 1] >= 0.25)


@pytest.mark.slow
def test_a_simulator_that_always_kills_its_workers_is_given_up(monkeypatch):
    """Each row that is found out costs several starts of a process."""

    def deadly(rng, theta):
        float(theta[0])  # JAX goes no further
        os._exit(1)

    monkeypatch.setattr(_dask, "_DEADLY", 2)
    with (
        cluster(workers=1) as client,
        pytest.raises(ValueError, match="the first 2 simulations that were computed alone"),
    ):
        run(deadly, 8, client)


def test_threads_that_share_a_generator_take_turns(client):
    """NumPy's own generator is one for all threads of a process."""

    def drawing(rng, theta):
        first = np.random.normal()  # noqa: NPY002
        time.sleep(0.002)
        return np.array([first, np.random.normal()])  # noqa: NPY002

    np.testing.assert_array_equal(run(drawing, 60, client).x, run(drawing, 60, 1).x)
