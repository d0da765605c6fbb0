"""What can be asked for in a shell. Only the standard library and tyro: `suffice --help` must be quick."""

from dataclasses import dataclass
from inspect import cleandoc
from pathlib import Path
from typing import Annotated, Any, Literal, Union

from tyro.conf import arg, FlagCreatePairsOff, Positional, subcommand, UseAppendAction

SummaryName = Literal["mlp", "linear", "conv1d", "resnet2d", "deepset"]


@dataclass(frozen=True)
class Demo:
    """Walk the whole path on a problem whose answer is known, and write a page about it.

    A parabola with noise: three parameters, 100 numbers. Simulates, learns three summaries, infers
    the posterior of an observation beside the exact one, checks it, and measures what the summary keeps.
    Takes about half a minute.

    examples:
      suffice demo
      suffice demo --out parabola --seed 7
      suffice demo --quick                  # fewer simulations: to see that everything works
    """

    out: Path = Path("suffice-demo")
    """Folder for the results; an unfinished demo in it goes on where it stopped."""
    quick: bool = False
    """Fewer simulations and epochs; a rougher posterior."""
    seed: int = 0
    """The same seed gives the same result."""


@dataclass(frozen=True)
class Infer:
    """Infer the posterior of an observation from a file of simulations that any code made.

    Learns a summary of the data and the posterior from it, checks the posterior on simulations held
    back, and leaves a folder: report.html to read, posterior.csv, and the trained model.

    SIMS: .npz, .zarr, .h5 or .hdf5 with two arrays, one row a simulation:
      theta  (n, parameters)   the parameters, drawn from your prior
      x      (n, ...)          the data; or several arrays x/NAME

    A large file stays on disk: memory follows the batch, not the file.

    OBS: .npy, .npz, .csv or .h5 with one observation, shaped as one row of x.

    examples:
      suffice infer sims.npz observed.npy
      suffice infer sims.zarr observed.csv --out result --summary conv1d
      suffice infer sims.h5 observed.h5 --marginals mass,age    # the joint of two parameters
      suffice infer sims.h5 observed.h5 --x spectrum --x noise  # two of several arrays as the data
      suffice infer sims.npz another.npy --out result           # another observation: no training again
    """

    sims: Positional[Annotated[Path, arg(metavar="SIMS")]]
    """File of simulations."""
    obs: Positional[Annotated[Path, arg(metavar="OBS")]]
    """File with the observation."""
    out: Path = Path("suffice-result")
    """Folder for the results; an unfinished run in it goes on where it stopped."""
    summary: SummaryName = "mlp"
    """Network that summarises the data: mlp and linear take any data, conv1d a series, resnet2d an image,
    deepset a set of vectors."""
    marginals: Annotated[UseAppendAction[tuple[str, ...]], arg(metavar="A,B")] = ()
    """Parameters whose joint posterior is wanted, by name, with commas; repeat for more groups. Or the word joint
    or autoregressive. By default each parameter alone."""
    x: Annotated[UseAppendAction[tuple[str, ...]], arg(metavar="NAME")] = ()
    """Array to use as the data, when the file holds several x/NAME; repeat for more. By default all."""
    names: Annotated[str, arg(metavar="A,B,...")] = ""
    """Names of the parameters, with commas, when the file does not name them."""
    title: str = ""
    """Heading of the page."""
    max_epochs: int = 200
    """Train at most so many epochs; training ends earlier when the held-out loss stops falling."""
    seed: int = 0
    """The same seed gives the same result."""


@dataclass(frozen=True)
class Report:
    """Write the page of a finished run again, without computing anything again.

    examples:
      suffice report suffice-demo
      suffice report result --out page.html
    """

    run: Positional[Annotated[Path, arg(metavar="RUN")]]
    """Folder that suffice demo or suffice infer wrote."""
    out: Path | None = None
    """File for the page; by default report.html in the folder."""


COMMANDS: dict[str, type] = {"demo": Demo, "infer": Infer, "report": Report}


def commands(wanted: str = "") -> Any:
    """All commands as one type for tyro; only the `wanted` one with its whole text, so that the list stays short."""
    parts = [
        Annotated[options, subcommand(name, description=_description(options, whole=name == wanted))]
        for name, options in COMMANDS.items()
    ]
    return FlagCreatePairsOff[Union[tuple(parts)]]  # type: ignore[misc]  # noqa: UP007


def _description(options: type, whole: bool) -> str:
    text = cleandoc(options.__doc__ or "")
    return text if whole else text.splitlines()[0]
