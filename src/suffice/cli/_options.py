"""What can be asked for in a shell. Only the standard library and tyro: `suffice --help` must be quick."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from tyro.conf import arg, Positional, UseAppendAction

SummaryName = Literal["mlp", "linear", "conv1d", "resnet2d", "deepset"]
PosteriorName = Literal["ratio", "flow", "gaussian", "likelihood"]


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
      suffice infer sims.npz observed.npy --posterior flow
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
    posterior: PosteriorName = "ratio"
    """How the posterior is learned: ratio, of each parameter alone or of groups; flow, of all together, of any shape;
    gaussian, of all together, one normal density; likelihood, of the summary."""
    marginals: Annotated[UseAppendAction[tuple[str, ...]], arg(metavar="A,B")] = ()
    """With ratio: parameters whose joint posterior is wanted, by name, with commas; repeat for more groups. Or the word
    joint or autoregressive. By default each parameter alone."""
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


@dataclass(frozen=True)
class MI:
    """Mutual information of two columns, or groups of columns, of a file.

    A lower bound with its interval, measured on rows that nothing was learned from. Columns f_1, f_2, ... make one
    variable f; texts, booleans and small integers are taken as classes.

    FILE: .csv with a line of names, .parquet, or .npz with one array a variable.

    examples:
      suffice mi flowers.csv --x petal --y species
      suffice mi data.npz --x signal --y stimulus --given time       # I(signal; stimulus | time)
      suffice mi flowers.csv --every-pair --out pairs                # a table, and a heat map in the folder
      suffice mi flowers.csv --x petal --y species --bits --json
    """

    file: Positional[Annotated[Path, arg(metavar="FILE")]]
    """File with one row a sample."""
    x: Annotated[str, arg(metavar="NAME")] = ""
    """Columns or groups of columns, several with commas."""
    y: Annotated[str, arg(metavar="NAME")] = ""
    """The same, of the other variable."""
    given: Annotated[str, arg(metavar="NAME")] = ""
    """Conditional mutual information given these columns."""
    every_pair: bool = False
    """A table of all pairs of variables in the file."""
    json: bool = False
    """Print JSON."""
    out: Path | None = None
    """Folder for the table, the history and figures."""
    options: Path | None = None
    """A YAML file with options, lines of the form option: value; what is typed goes before it."""


@dataclass(frozen=True)
class Tracks:
    """Exponent and diffusion coefficient of every single-particle track in a file, with intervals.

    Fractional Brownian motion with localisation noise: exact maximum likelihood, gaps included, and a posterior learned
    from simulated tracks of the same lengths and gaps. Leaves a folder: report.html to read, and tracks.csv.

    FILE: .csv as TrackMate (TRACK_ID, FRAME, POSITION_X, ...), trackpy (particle, frame, x, y) or the AnDi challenge
    (traj_idx, frame, x, y) write it, or with other names given by --columns.

    examples:
      suffice tracks spots.csv --pixel-size 0.107 --frame-interval 0.05
      suffice tracks spots.csv --train                      # learns a representation from the tracks themselves too
      suffice tracks mine.csv --columns id,t,x_um,y_um
      suffice tracks other.csv --model suffice-tracks/model.sf
    """

    file: Positional[Annotated[Path, arg(metavar="FILE")]]
    """Table of tracks."""
    out: Path = Path("suffice-tracks")
    """Folder for the page and the table."""
    columns: Annotated[str, arg(metavar="TRACK,FRAME,X,Y")] = ""
    """Names of the columns, with commas: track, frame, x, and y and z where there are any."""
    pixel_size: float = 1.0
    """Units of length in a unit of the file."""
    frame_interval: float = 1.0
    """Units of time between frames."""
    units: Annotated[str, arg(metavar="LENGTH,TIME")] = ""
    """Names of the units of length and of time, for the page: µm,s."""
    shortest: int = 10
    """Leave out tracks that were seen in fewer frames."""
    noise: float | None = None
    """Standard deviation of the localisation error in units of length; estimated from all tracks unless given."""
    simulations: int = 20_000
    """Simulated tracks to train the posterior on; 0 leaves it out."""
    train: bool = False
    """Learn a representation (a bottleneck) from the tracks themselves; its latents go to the table."""
    model: Path | None = None
    """A trained sf.Bottleneck whose latents go to the table."""
    json: bool = False
    """Print JSON."""
    seed: int = 0
    """The same seed gives the same result."""


@dataclass(frozen=True)
class Compare:
    """Compare learned summaries with linear ones: what each keeps of what the data say about every parameter.

    Trains a network of each kind on half of the simulations, and compares them on the other half beside regression,
    score compression (MOPED) and canonical correlation. Leaves a folder: report.html to read, summaries.csv and
    parameters.csv, comparison.png, and the trained networks.

    SIMS: .npz, .zarr, .h5 or .hdf5 with two arrays, one row a simulation:
      theta  (n, parameters)   the parameters, drawn from your prior
      x      (n, ...)          the data; or several arrays x/NAME

    examples:
      suffice compare sims.npz
      suffice compare sims.npz --summary conv1d --summary mlp --objective regression
      suffice compare sims.npz --numbers 8 --missing        # and what do the data say beyond the best of them?
    """

    sims: Positional[Annotated[Path, arg(metavar="SIMS")]]
    """File of simulations."""
    out: Path = Path("suffice-compare")
    """Folder for the results."""
    summary: Annotated[UseAppendAction[tuple[SummaryName, ...]], arg(metavar="NAME")] = ()
    """Network to learn a summary with, one of mlp, linear, conv1d, resnet2d, deepset; repeat for more. By default
    mlp."""
    objective: Literal["infomax", "regression", "ratio"] = "infomax"
    """What the networks are trained for."""
    numbers: int = 0
    """How many numbers each network gives; 0 for as many as there are parameters."""
    missing: bool = False
    """Look for what the data say beyond the best summary as well."""
    x: Annotated[UseAppendAction[tuple[str, ...]], arg(metavar="NAME")] = ()
    """Array to use as the data, when the file holds several x/NAME; repeat for more. By default all."""
    names: Annotated[str, arg(metavar="A,B,...")] = ""
    """Names of the parameters, with commas, when the file does not name them."""
    max_epochs: int = 100
    """Train at most so many epochs; training ends earlier when the held-out loss stops falling."""
    json: bool = False
    """Print JSON."""
    seed: int = 0
    """The same seed gives the same result."""
