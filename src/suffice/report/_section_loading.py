"""The section that says what lies in the folder and how to go on from it in Python."""

from pathlib import Path

from ._parts import Code, Facts, Section, Text

_FILES = (
    ("report.html", "this page"),
    ("posterior.csv", "mean, standard deviation and quantiles of each parameter"),
    ("density.csv", "the posterior density of each parameter on a grid"),
    ("samples.csv", "draws from the posterior, each row one"),
    ("model.suffice", "the trained summary and posterior; a zip of JSON and arrays, no code"),
    ("prior.suffice", "the prior"),
    ("checks.csv, coverage.csv, ranks.csv, tarp.csv, retained.csv, history.csv", "the tables of this page"),
)


def loading_section(folder: Path) -> Section:
    """Files and lines to copy."""
    return Section(
        "load",
        "Load it",
        (
            Facts(_FILES),
            Text("In Python, with suffice installed:"),
            Code(loading(folder)),
        ),
    )


def loading(folder: Path) -> str:
    """Lines of Python that load the model and condition it on data.

    >>> print(loading(Path("run")).splitlines()[3])
    folder = 'run'
    """
    return f"""\
import numpy as np
import suffice as sf

folder = {str(folder)!r}
fit = sf.load(folder + "/model.suffice")
prior = sf.load(folder + "/prior.suffice")

x = np.load("observation.npy")             # or any other data of the same shape
posterior = sf.posterior(fit, prior, x, key=0)
print(posterior.mean, posterior.std)
summary = fit.objective.summary(x)         # the few numbers"""
