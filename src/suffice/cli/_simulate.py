"""`suffice simulate`: fill a store from a prior in a file and a simulator in a module."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import cloudpickle

from ..core import kind_of
from ..priors import load_prior
from ..simulate import cluster, cpus, load_simulations, simulate, try_tracing
from ._options_of_scale import Simulate


def run(options: Simulate) -> None:
    """Load both, simulate what is missing, say how it went."""
    n, prior, simulator = _whole(options.n), load_prior(options.prior), _simulator(options.simulator)
    with _workers(options, simulator, prior.dim) as workers:
        sims = simulate(
            prior,
            simulator,
            n,
            key=options.seed,
            workers=workers,
            store=options.store,
            chunk=options.chunk,
            retries=options.retries,
            timeout=options.timeout,
            progress=sys.stderr.isatty(),
        )
    print(sims)
    print(f"{options.store}: {sims.failures}")
    if (there := len(load_simulations(options.store))) > n:
        print(f"the store holds {there} simulations; these are the first {n}")


@contextmanager
def _workers(options: Simulate, simulator: Any, p: int) -> Iterator[Any]:
    """This process for what JAX traces, unless workers are asked for; processes of our own, which can be ended, where
    simulations may take only so long; else a cluster.
    """
    if options.timeout is not None:
        if options.scheduler:
            raise ValueError("--timeout is for simulations on this machine; leave --scheduler or --timeout out")
        if try_tracing(simulator, p).example is not None:
            raise ValueError(
                "--timeout is for simulators that run in processes of their own, but JAX compiles this one into one "
                "program, which cannot be ended at one simulation: leave it out"
            )
        if options.workers is not None and options.workers < 1:
            raise ValueError(f"workers must be at least 1, but {options.workers} came")
        yield options.workers or cpus()
        return
    here = not options.scheduler and options.workers is None
    if here and try_tracing(simulator, p).example is not None:
        yield None
        return
    with cluster(options.scheduler, options.workers) as client:
        yield client


def _whole(text: str) -> int:
    try:
        number = float(text)
    except ValueError:
        raise ValueError(f"n must be a number of simulations such as 10000 or 1e6, but {text!r} came") from None
    if not (1 <= number < 2**53 and number == int(number)):
        raise ValueError(f"n must be a whole number of at least 1, but {text} came")
    return int(number)


def _simulator(text: str) -> Any:
    """The function named as `module:function`."""
    name, _, attribute = text.partition(":")
    if not name or not attribute:
        raise ValueError(f"the simulator must be named as module:function, but {text!r} came")
    module = _module(name)
    found: Any = module
    for part in attribute.split("."):
        found = getattr(found, part, None)
    if found is None:
        there = [key for key, value in vars(module).items() if callable(value) and not key.startswith("_")]
        raise ValueError(f"module {name} has no {attribute!r}; it has {', '.join(there) or 'no function'}")
    if not callable(found) or isinstance(found, type):
        kind = "a class" if isinstance(found, type) else kind_of(found)
        raise ValueError(f"{text} is {kind}, but a function of (key, theta) is needed")
    return found


def _module(name: str) -> ModuleType:
    """A module from this folder or an installed one; one from this folder travels to workers as it is."""
    folder = os.getcwd()
    if folder not in sys.path:
        sys.path.insert(0, folder)
    try:
        module = import_module(name)
    except ModuleNotFoundError as error:
        missing = error.name or name
        if not name.startswith(missing):
            raise ValueError(f"module {name} imports {missing}, which is not installed") from error
        raise ValueError(f"there is no module {name!r} in {folder} or among what is installed") from None
    except (Exception, SystemExit) as error:  # a script that ends itself when it is imported
        raise ValueError(f"module {name} cannot be imported ({type(error).__name__}: {error})") from error
    if Path(folder) in Path(getattr(module, "__file__", None) or os.sep).resolve().parents:
        cloudpickle.register_pickle_by_value(module)
    return module
