"""The section on training: how long, why it ended, how the loss fell, what a linear summary weighs."""

from collections.abc import Mapping
from typing import Any

import jax
import numpy as np
import pandas as pd

from ..plots import history, summary_weights
from ..train import Fit
from ._image import Image, image
from ._numbers import number, seconds
from ._parts import Facts, Figures, Section, Table
from ._question import Question

_STOPPED = {
    "patience": "the held-out loss had stopped falling",
    "max_epochs": "the largest number of epochs was reached; more may still improve it",
    "time": "the time allowed was over; more may still improve it",
    "not finite": "the loss stopped being finite; the last finite weights were kept",
    "interrupted": "it was interrupted; the best weights so far were kept",
}

_DRAWN = 6  # fits beside each other
_SUMMARIES, _CURVE = 6, 4  # more summaries, or fewer numbers in an array of the data, make no figure


def training_section(question: Question, fit: Fit) -> Section:
    """Training in numbers and curves, and what the summary reads."""
    best = fit.history.loc[fit.history.valid_loss.idxmin()]
    facts = (
        ("Epochs", f"{fit.history.epoch.max():.0f}, {_best(best.epoch)}"),
        ("Ended because", _STOPPED.get(fit.stopped, fit.stopped)),
        ("Best held-out loss", number(float(best.valid_loss), 4) + _beside(float(best.train_loss))),
        ("Simulations", _parts(fit)),
        ("Time", f"{seconds(fit.seconds)}, compilation included"),
    )
    figures = (_curves(fit, "Loss by epoch, on training and held-out data."), *_weights(question, fit))
    return Section("training", "Training", (Facts(facts), Figures(figures)))


def fits_section(fits: Mapping[str, Fit]) -> Section:
    """Training of several summaries: a line and a figure for each."""
    head = ["summary", "simulations", "epochs", "best held-out loss", "time", "ended because"]
    rows = [[name, *_line(fit)] for name, fit in fits.items()]
    drawn = list(fits.items())[:_DRAWN]
    figures = [_curves(fit, f"{name}: loss by epoch, on training and held-out data.") for name, fit in drawn]
    caption = "Simulations: to train on, and to decide when to stop. Time with compilation."
    return Section("training", "Training", (Table(head, rows, caption), Figures(tuple(figures))))


def histories(fits: Mapping[str, Fit]) -> pd.DataFrame:
    """One row a fit and epoch; the first column names the fit."""
    parts = [fit.history.assign(summary=name) for name, fit in fits.items()]
    every = pd.concat(parts, ignore_index=True)
    every.insert(0, "summary", every.pop("summary"))
    return every


def _line(fit: Fit) -> list[str]:
    best = fit.history.loc[fit.history.valid_loss.idxmin()]
    train, valid, _ = (number(len(part)) for part in fit.split)
    epochs = f"{fit.history.epoch.max():.0f}, best {best.epoch:.0f}"
    loss = number(float(best.valid_loss), 4)
    return [f"{train} + {valid}", epochs, loss, seconds(fit.seconds), _STOPPED.get(fit.stopped, fit.stopped)]


def _best(epoch: float) -> str:
    return f"the best was number {epoch:.0f}" if epoch else "none of them better than where the fit began"


def _beside(training: float) -> str:
    return f" (training: {number(training, 4)})" if np.isfinite(training) else ""


def _parts(fit: Fit) -> str:
    train, valid, test = (number(len(part)) for part in fit.split)
    return f"{train} to train on, {valid} to decide when to stop, {test} kept apart for the checks"


def _curves(fit: Fit, caption: str) -> Image:
    ax: Any = history(fit)
    figure = np.ravel(ax)[0].figure
    return image(figure, "training and held-out loss against epoch", caption)


def _weights(question: Question, fit: Fit) -> list[Image]:
    """What each summary multiplies the data by, at the observation; too many to be seen are not drawn."""
    leaves = jax.tree.leaves(question.observation)
    summaries = jax.eval_shape(fit.objective.summary, fit.example).size
    if summaries > _SUMMARIES or any(np.ndim(leaf) > 2 or np.size(leaf) < _CURVE for leaf in leaves):
        return []
    ax: Any = summary_weights(fit, question.observation)
    caption = "What each summary reads: its derivative with respect to each number of the data, at the observation."
    return [image(np.ravel(ax)[0].figure, "derivative of the summaries with respect to the data", caption)]
