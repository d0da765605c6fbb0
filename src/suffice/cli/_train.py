"""`suffice train`: a model from a file of simulations, by one process or by several together."""

import math
import os
import socket
import sys
import threading
import warnings
from pathlib import Path
from typing import Any

import jax

from ..core import as_key, in_short, save
from ..objectives import Flow, Ratio
from ..priors import EmpiricalPrior
from ..report import classes_of, summary_network
from ..simulate import Simulations
from ..train import Fit, fit
from ._folder import refuse_folder
from ._infer import _groups, read_simulations
from ._launch import end_with_launcher, launch
from ._options_of_scale import Train

_PATIENCE = 300.0  # seconds to find the other processes in


def run(options: Train) -> None:
    """Start the processes, or be one of them."""
    _refuse(options)
    if options.processes == 1:
        _train(options)
    elif options.process is None:
        sys.exit(launch("train", options, options.processes))
    else:
        _together(options)
        _train(options)


def _refuse(options: Train) -> None:
    refuse_folder(options.out)
    if options.processes < 1:
        raise ValueError(f"--processes must be at least 1, but {options.processes} came")
    if (options.process is None) != (not options.coordinator):
        raise ValueError(
            "--process and --coordinator go together: give both where each process is started by itself, and neither "
            "where all are to be started on this machine"
        )
    if options.process is not None and not 0 <= options.process < options.processes:
        raise ValueError(
            f"--process must be from 0 to {options.processes - 1}, below --processes, but {options.process} came"
        )
    port = options.coordinator.rpartition(":")[2]
    if options.coordinator and not (port.isdecimal() and 0 < int(port) < 2**16):
        raise ValueError(
            "--coordinator must be HOST:PORT, such as node0:1234, with a port below 65536, but "
            f"{options.coordinator!r} came"
        )
    if options.objective != "ratio" and options.marginals:
        raise ValueError(f"--marginals are of ratios; a {options.objective} learns the joint posterior: leave them out")
    if not options.sims.exists():
        raise ValueError(f"there is no file of simulations {options.sims}")


def _together(options: Train) -> None:
    """Find the other processes; only the first one speaks, but for errors."""
    where = f"process 0 at {options.coordinator}" if options.process else f"the others at {options.coordinator}"
    if not end_with_launcher():
        print(f"suffice: process {options.process} of {options.processes} waits for {where}", file=sys.stderr)
    if not options.process:
        _refuse_port(int(options.coordinator.rpartition(":")[2]))
    lost = f"process {options.process} has not found {where} in {_PATIENCE:.0f} s"
    advice = f"start all {options.processes} with the same --coordinator, a host and port that each of them can reach"
    # What waits in vain is ended by JAX without an exception: so it is ended here before that.
    late = threading.Timer(_PATIENCE, _end, [f"{lost}; {advice}"])
    late.daemon = True
    late.start()
    try:
        patience = math.ceil(_PATIENCE) + 60
        jax.distributed.initialize(
            options.coordinator, options.processes, options.process, initialization_timeout=patience
        )
    except RuntimeError as error:
        raise ValueError(f"{lost} ({in_short(error)}); {advice}") from error
    finally:
        late.cancel()
    if options.process:
        warnings.simplefilter("ignore")


def _end(told: str) -> None:
    print(f"suffice: error: {told}", file=sys.stderr, flush=True)
    os._exit(2)


def _refuse_port(port: int) -> None:
    try:
        socket.create_server(("", port)).close()
    except OSError as error:
        raise ValueError(
            f"process 0 cannot listen at port {port} ({error.strerror}); give a --coordinator with a port that is free"
        ) from error


def _train(options: Train) -> None:
    sims = read_simulations(options.sims, options.x, options.names)
    for_network, for_fit = jax.random.split(as_key(options.seed))
    network = summary_network(options.summary, sims.example, len(sims.names), key=for_network)
    trained = fit(
        _objective(options, network, sims),
        sims,
        key=for_fit,
        test=0.1,
        batch_size=options.batch_size,
        learning_rate=options.learning_rate,
        max_epochs=options.max_epochs,
        ensemble=options.ensemble,
        checkpoint=options.out / "training.checkpoint",
    )
    if jax.process_index() == 0:
        _write(trained, options.out)


def _objective(options: Train, network: Any, sims: Simulations) -> Any:
    prior = EmpiricalPrior(sims.theta, sims.names)
    if options.objective == "ratio":
        return Ratio(network, marginals=_groups(options.marginals), classes=classes_of(prior))
    return Flow(network, prior)


def _write(trained: Fit, out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    save(trained, out / "model.suffice")
    trained.history.to_csv(out / "history.csv", index=False)
    epochs, best = trained.history["epoch"].to_numpy().max(), trained.history["valid_loss"].to_numpy().min()
    print(f"{epochs:.0f} epochs ({trained.stopped}), lowest held-out loss {best:.6g}")
    print(f"model: {out / 'model.suffice'}")
