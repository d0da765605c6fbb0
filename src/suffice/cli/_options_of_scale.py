"""What can be asked for in a shell of many processes: simulations and training."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from tyro.conf import arg, Positional, UseAppendAction

from ._options import SummaryName


@dataclass(frozen=True)
class Train:
    """Train a summary and a posterior from a file of simulations, on as many processes as you like.

    Leaves a folder with model.suffice, which sf.load reads and sf.posterior takes, history.csv, and a checkpoint: the
    same command goes on after a kill, and with a larger --max-epochs.

    SIMS: .npz, .zarr, .h5 or .hdf5 with two arrays, theta and x, as for suffice infer.

    Every process reads the file; each takes its part of every batch, so the model is that of one process. On several
    machines start one process on each, with the address of the machine of process 0 as coordinator.

    examples:
      suffice train sims.zarr
      suffice train sims.zarr --objective flow --summary conv1d --out model
      suffice train sims.zarr --processes 2                # two processes on this machine
      suffice train sims.zarr --coordinator node0:1234 --processes 4 --process 0    # on node0; 1, 2, 3 elsewhere
    """

    sims: Positional[Annotated[Path, arg(metavar="SIMS")]]
    """File of simulations."""
    out: Path = Path("suffice-model")
    """Folder for the model; an unfinished training in it goes on where it stopped."""
    objective: Literal["ratio", "flow"] = "ratio"
    """What is learned: ratios to the prior, or the density of the posterior by a flow."""
    summary: SummaryName = "mlp"
    """Network that summarises the data, as for suffice infer."""
    marginals: Annotated[UseAppendAction[tuple[str, ...]], arg(metavar="A,B")] = ()
    """Of ratios: parameters whose joint posterior is wanted, as for suffice infer."""
    x: Annotated[UseAppendAction[tuple[str, ...]], arg(metavar="NAME")] = ()
    """Array to use as the data, when the file holds several x/NAME; repeat for more. By default all."""
    names: Annotated[str, arg(metavar="A,B,...")] = ""
    """Names of the parameters, with commas, when the file does not name them."""
    max_epochs: int = 200
    """Train at most so many epochs; training ends earlier when the held-out loss stops falling."""
    batch_size: int = 256
    """Simulations in a step, of all processes together; best a multiple of their number."""
    learning_rate: float = 1e-3
    """Of the first steps."""
    ensemble: int = 1
    """How many models to train side by side."""
    seed: int = 0
    """The same seed gives the same result."""
    processes: int = 1
    """How many processes train together."""
    process: int | None = None
    """The number of this one, from 0, where each is started by itself."""
    coordinator: Annotated[str, arg(metavar="HOST:PORT")] = ""
    """Where process 0 listens, where each is started by itself."""


@dataclass(frozen=True)
class Simulate:
    """Fill a store with simulations, on this machine or on a cluster.

    A simulator that JAX traces runs in compiled batches. Any other runs in the processes of a Dask cluster: one that is
    started here, or the one of --scheduler. Each worker writes what it computed, so a store must lie on a file system
    that all of them see. What was killed goes on when the same command is given again; a larger --n adds simulations.

    SIMULATOR: module:function, from this folder or installed; the function takes (key, theta), or (rng, theta) when
    JAX cannot trace it.

    PRIOR: a YAML file with a distribution of numpyro for each parameter:
      mass:
        distribution: LogNormal
        loc: 0
        scale: 0.5

    examples:
      suffice simulate model:simulator --prior prior.yaml --n 1e6 --store sims.zarr
      suffice simulate model:simulator --prior prior.yaml --n 1e6 --store sims.zarr --workers 8
      suffice simulate model:simulator --prior prior.yaml --n 1e6 --store sims.zarr --scheduler tcp://node7:8786
    """

    simulator: Positional[Annotated[str, arg(metavar="SIMULATOR")]]
    """The function, as module:function."""
    prior: Path
    """YAML file with the prior."""
    n: str
    """Number of simulations, such as 10000 or 1e6."""
    store: Path
    """The store, a path that ends in .zarr; made when missing."""
    scheduler: str = ""
    """Address of a Dask scheduler."""
    workers: int | None = None
    """Processes on this machine; by default as many as there are CPUs."""
    chunk: int = 1024
    """Simulations computed at once, and rows in a chunk of the store."""
    retries: int = 0
    """How many times a failing simulation is tried again with other randomness."""
    timeout: float | None = None
    """Seconds that one simulation may take, on this machine; one that takes longer has failed."""
    seed: int = 0
    """The same seed gives the same result."""
