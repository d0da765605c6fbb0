"""`suffice simulate` as a person runs it."""

import subprocess
import sys

import jax
import numpy as np
import pytest

import suffice as sf
from suffice.cli import main

MODULE = """
import numpy as np, jax

def in_jax(key, theta):
    return theta[0] + theta[1] * jax.random.normal(key, (4,))

def hangs(rng, theta):
    while theta[0] > 0.7:
        pass
    return theta * rng.normal(size=2)

def in_numpy(rng, theta):
    return theta[0] + theta[1] * rng.normal(size=4)

number = 3

class Model:
    pass
"""
PRIOR = "m: {distribution: Normal, loc: 0, scale: 2}\ns: {distribution: Uniform, low: 1, high: 2}\n"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "a_model.py").write_text(MODULE)
    (tmp_path / "a_broken_model.py").write_text("import no_such_package_at_all\n")
    (tmp_path / "a_script.py").write_text("import sys\nsys.exit(1)\n")
    (tmp_path / "prior.yaml").write_text(PRIOR)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    yield tmp_path
    sys.modules.pop("a_model", None)


def command(simulator="a_model:in_jax", n="2e2", store="sims.zarr", prior="prior.yaml", more=()):
    return main(["simulate", simulator, "--prior", prior, "--n", n, "--store", store, *more])


def test_a_jax_simulator_fills_a_store_which_grows(folder, capsys):
    assert command(more=("--seed", "4")) == 0
    assert "all 200 simulations succeeded" in capsys.readouterr().out
    assert command(n="300", more=("--seed", "4")) == 0
    found = sf.load_simulations("sims.zarr")
    here = sf.simulate(
        sf.load_prior("prior.yaml"),
        lambda key, theta: theta[0] + theta[1] * jax.random.normal(key, (4,)),
        300,
        key=4,
        progress=False,
    )
    assert found.names == ("m", "s")
    np.testing.assert_array_equal(found.load().x, here.x)


def test_any_other_simulator_runs_on_a_cluster_of_processes(folder):
    pytest.importorskip("distributed")
    code = "import sys; from suffice.cli import main; sys.exit(main(sys.argv[1:]))"
    words = [
        "simulate",
        "a_model:in_numpy",
        "--prior",
        "prior.yaml",
        "--n",
        "60",
        "--store",
        "s.zarr",
        "--workers",
        "1",
    ]
    done = subprocess.run([sys.executable, "-c", f"if __name__ == '__main__':\n {code}", *words], capture_output=True)
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    here = sf.simulate(
        sf.load_prior("prior.yaml"),
        lambda rng, theta: theta[0] + theta[1] * rng.normal(size=4),
        60,
        key=0,
        workers=1,
        progress=False,
    )
    np.testing.assert_array_equal(sf.load_simulations("s.zarr").load().x, here.x)


@pytest.mark.filterwarnings("default")
def test_a_scheduler_that_is_there_is_used(folder, capsys):
    """Its workers, which cannot import the module of the simulator, get it as it is."""
    distributed = pytest.importorskip("distributed")
    settings = {"n_workers": 1, "threads_per_worker": 1, "dashboard_address": "127.0.0.1:0"}
    with distributed.LocalCluster(**settings) as there:
        assert command("a_model:in_numpy", n="60", more=("--scheduler", there.scheduler_address)) == 0
        assert "all 60 simulations succeeded" in capsys.readouterr().out
        assert command("a_model:in_numpy", n="80", more=("--scheduler", there.scheduler_address)) == 0
        assert command("a_model:in_jax", n="40", store="j.zarr", more=("--scheduler", there.scheduler_address)) == 0
    prior = sf.load_prior("prior.yaml")
    here = sf.simulate(prior, sys.modules["a_model"].in_numpy, 80, key=0, workers=1, progress=False)
    np.testing.assert_array_equal(sf.load_simulations("sims.zarr").load().x, here.x)
    here = sf.simulate(prior, sys.modules["a_model"].in_jax, 40, key=0, progress=False)
    np.testing.assert_allclose(sf.load_simulations("j.zarr").load().x, here.x, rtol=1e-5)


@pytest.mark.filterwarnings("default:.*simulations failed")
def test_simulations_that_hang_are_ended(folder, capsys):
    assert command("a_model:hangs", n="12", more=("--timeout", "0.3", "--workers", "1")) == 0
    assert "took longer than 0.3 s" in capsys.readouterr().out
    found = sf.load_simulations("sims.zarr")
    np.testing.assert_array_equal(np.asarray(found.status) == 0, np.asarray(found.theta)[:, 0] <= 0.7)
    assert command("a_model:hangs", n="5", more=("--timeout", "0.3", "--workers", "1")) == 0
    assert "the store holds 12 simulations; these are the first 5" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"simulator": "a_model"}, "must be named as module:function, but 'a_model' came"),
        ({"simulator": "no_such_model:f"}, "there is no module 'no_such_model' in"),
        ({"simulator": "a_broken_model:f"}, "imports no_such_package_at_all, which is not installed"),
        ({"simulator": "a_script:f"}, "module a_script cannot be imported (SystemExit: 1)"),
        (
            {"n": "1e15"},
            "theta of 1000000000000000 simulations has shape (1000000000000000, 2) and would fill",
        ),
        ({"simulator": "a_model:missing"}, "module a_model has no 'missing'; it has in_jax, hangs, in_numpy"),
        ({"simulator": "a_model:number"}, "a_model:number is an int, but a function of (key, theta) is needed"),
        ({"simulator": "a_model:Model"}, "is a class, but a function"),
        ({"n": "many"}, "n must be a number of simulations such as 10000 or 1e6, but 'many' came"),
        ({"n": "0.5"}, "n must be a whole number of at least 1, but 0.5 came"),
        ({"n": "nan"}, "n must be a whole number"),
        ({"prior": "none.yaml"}, "none.yaml"),
        ({"store": "sims.h5"}, "store must be a path that ends in .zarr"),
        ({"more": ("--workers", "0")}, "workers must be at least 1"),
        ({"more": ("--workers", "2", "--scheduler", "tcp://a:1")}, "leave one out"),
        ({"more": ("--timeout", "1", "--scheduler", "tcp://a:1")}, "leave --scheduler or --timeout out"),
        ({"more": ("--timeout", "1")}, "but JAX compiles this one into one program"),
        ({"simulator": "a_model:in_numpy", "more": ("--timeout", "1", "--workers", "0")}, "workers must be at least 1"),
        ({"more": ("--scheduler", "nonsense://a")}, "no Dask scheduler answers at 'nonsense://a'"),
    ],
)
def test_bad_input_is_one_sentence(options, words, folder, capsys):
    assert command(**options) == 2
    said = capsys.readouterr().err.strip().splitlines()
    assert words in said[-1] and said[-1].startswith("suffice: error:")
    assert not list(folder.glob("*.zarr"))
