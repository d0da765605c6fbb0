"""The section on training: how long, why it ended, how the loss fell, what a linear summary weighs."""

from typing import Any

import jax
import numpy as np

from ..plots import history, summary_weights
from ..train import Fit
from ._image import Image, image
from ._numbers import number, seconds
from ._parts import Facts, Figures, Section
from ._question import Question

_STOPPED = {
    "patience": "the held-out loss had stopped falling",
    "max_epochs": "the largest number of epochs was reached; more may still improve it",
    "time": "the time allowed was over; more may still improve it",
    "not finite": "the loss stopped being finite; the last finite weights were kept",
    "interrupted": "it was interrupted; the best weights so far were kept",
}

_SUMMARIES, _CURVE = 6, 4  # more summaries, or fewer numbers in an array of the data, make no figure


def training_section(question: Question, fit: Fit) -> Section:
    """Training in numbers and curves, and what the summary reads."""
    best = fit.history.loc[fit.history.valid_loss.idxmin()]
    facts = (
        ("Epochs", f"{len(fit.history)}, the best was number {best.epoch:.0f}"),
        ("Ended because", _STOPPED.get(fit.stopped, fit.stopped)),
        (
            "Best held-out loss",
            f"{number(float(best.valid_loss), 4)} (training: {number(float(best.train_loss), 4)})",
        ),
        ("Simulations", _parts(fit)),
        ("Time", f"{seconds(fit.seconds)}, compilation included"),
    )
    figures = (_curves(fit), *_weights(question, fit))
    return Section("training", "Training", (Facts(facts), Figures(figures)))


def _parts(fit: Fit) -> str:
    train, valid, test = (number(len(part)) for part in fit.split)
    return f"{train} to train on, {valid} to decide when to stop, {test} kept apart for the checks"


def _curves(fit: Fit) -> Image:
    ax: Any = history(fit)
    figure = np.ravel(ax)[0].figure
    return image(figure, "training and held-out loss against epoch", "Loss by epoch, on training and held-out data.")


def _weights(question: Question, fit: Fit) -> list[Image]:
    """What each summary multiplies the data by, at the observation; too many to be seen are not drawn."""
    leaves = jax.tree.leaves(question.observation)
    summaries = jax.eval_shape(fit.objective.summary, fit.example).size
    if summaries > _SUMMARIES or any(np.ndim(leaf) > 2 or np.size(leaf) < _CURVE for leaf in leaves):
        return []
    ax: Any = summary_weights(fit, question.observation)
    caption = "What each summary reads: its derivative with respect to each number of the data, at the observation."
    return [image(np.ravel(ax)[0].figure, "derivative of the summaries with respect to the data", caption)]
