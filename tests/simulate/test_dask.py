"""Simulations on a Dask cluster: the same rows as in processes, whoever computes them."""

import gc
import os
import signal

import numpy as np
import numpyro.distributions as dist
import pytest

import suffice as sf

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


def test_failures_are_told_row_by_row(client):
    with pytest.warns(UserWarning, match="too small"):
        sims = run(failing, 60, client)
    bad = np.asarray(sims.theta)[:, 1]
    np.testing.assert_array_equal(np.asarray(sims.status) == 0, (bad >= 0.2) & (bad <= 0.9))


def test_a_store_goes_on_where_it_stopped(client, tmp_path):
    run(simulator, 20, client, store=tmp_path / "s.zarr")
    more = run(simulator, 50, client, store=tmp_path / "s.zarr")
    np.testing.assert_array_equal(np.asarray(more.x), np.asarray(run(simulator, 50, 1).x))


def test_rejection_on_a_cluster(client):
    prior = sf.Prior(a=dist.Uniform(-5, 5))
    abc = sf.ABC(prior, lambda rng, theta: theta + rng.normal(size=1), lambda x: x, np.eye(1), workers=client)
    posterior = abc.run(np.array([0.5]), draws=600, key=0, progress=False).accept(quantile=0.2)
    assert abs(float(posterior.mean[0]) - 0.5) < 0.4


def test_timeouts_are_for_processes(client):
    with pytest.raises(ValueError, match="timeout is for processes"):
        run(simulator, 5, client, timeout=1.0)


def test_a_killed_worker_loses_nothing(tmp_path):
    flag = tmp_path / "killed"

    def kills_once(rng, theta):
        if not flag.exists() and theta[1] > 0.5:
            flag.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return simulator(rng, theta)

    options = {"n_workers": 2, "threads_per_worker": 1, "processes": True, "dashboard_address": None}
    with distributed.LocalCluster(**options) as cluster, distributed.Client(cluster) as client:
        sims = run(kills_once, 40, client)
    assert flag.exists()
    np.testing.assert_array_equal(sims.x, run(simulator, 40, 1).x)
