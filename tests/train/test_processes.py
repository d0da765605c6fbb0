"""Several processes and several devices: the numbers of one, to 1e-5 relative, in float32."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import suffice as sf

SCRIPT = Path(__file__).parent / "several_processes.py"


def port():
    with socket.socket() as listener:
        listener.bind(("localhost", 0))
        return listener.getsockname()[1]


def run(folder, processes, devices=1, *kinds, differ=False):
    """What each process says: a dictionary of losses, or what went wrong."""
    environment = os.environ | {
        "PYTHONPATH": str(Path(sf.__file__).parents[1]),
        "XLA_FLAGS": f"--xla_force_host_platform_device_count={devices}",
    }
    address = f"localhost:{port()}"
    own = [[str(processes), str(i), address, str(folder), str(int(differ and i)), *kinds] for i in range(processes)]
    started = [
        subprocess.Popen(
            [sys.executable, str(SCRIPT), *words],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for words in own
    ]
    said = []
    for one in started:
        out, err = one.communicate(timeout=300)
        assert one.returncode == 0, err
        said.append(json.loads(out.splitlines()[-1]))
    return said


def close(found, expected):
    assert set(found) == set(expected)
    for kind, losses in expected.items():
        np.testing.assert_allclose(found[kind], losses, rtol=1e-5, atol=0, err_msg=kind)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("processes")
    rng = np.random.default_rng(0)
    theta = rng.normal(size=(1000, 2))
    sims = sf.Simulations(theta, np.repeat(theta, 3, axis=1) + rng.normal(size=(1000, 6)))
    sims.save(folder / "sims.npz")
    sims.save(folder / "sims.zarr")
    return folder


KINDS = ("memory", "ensemble", "stored")


@pytest.fixture(scope="module")
def alone(folder):
    (said,) = run(folder, 1, 1, *KINDS)
    return said


def test_two_processes_give_the_losses_of_one(folder, alone):
    first, second = run(folder, 2, 1, *KINDS)
    assert first["devices"] == second["devices"] == 2 and alone["devices"] == 1
    assert first["losses"] == second["losses"]  # they decide by the same bits
    close(first["losses"], alone["losses"])
    # Only the first one logs and writes; both have the whole history and went on from where the first one was.
    assert (first["logged"], second["logged"]) == (3, 0) and first["files"] == second["files"] == ["memory", "memory.1"]


def test_two_devices_give_the_losses_of_one(folder, alone):
    (said,) = run(folder, 1, 2, *KINDS)
    assert said["devices"] == 2
    close(said["losses"], alone["losses"])
    assert said["on"] == 1  # what was trained lies on one device, as all that follows expects


def test_processes_with_other_data_are_refused(folder):
    for said in run(folder, 2, 1, "memory", differ=True):
        assert "process 1 of this fit has other data or settings than process 0" in said["refused"]
