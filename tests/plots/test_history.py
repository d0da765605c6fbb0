from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from suffice import plots


def frame(epochs=40):
    epoch = np.arange(1, epochs + 1)
    train = np.exp(-epoch / 5) - 1
    valid = train + 0.001 * (epoch - 20) ** 2 / 10
    rate = 1e-3 * 0.5 ** ((epoch > 15).astype(int) + (epoch > 30))
    return pd.DataFrame({"epoch": epoch, "train_loss": train, "valid_loss": valid, "learning_rate": rate})


def test_best_epoch_and_falls_of_the_learning_rate_are_marked():
    history = frame()
    ax = plots.history(SimpleNamespace(history=history))
    lines = {line.get_label(): line for line in ax.lines}
    np.testing.assert_array_equal(lines["training"].get_ydata(), history.train_loss)
    best = int(history.epoch[history.valid_loss.argmin()])
    mark = next(line for label, line in lines.items() if label.startswith("best"))
    assert mark.get_xdata()[0] == best
    dotted = [line.get_xdata()[0] for line in ax.lines if line.get_linestyle() == ":"]
    assert dotted == [16, 31]


def test_a_schedule_that_falls_every_epoch_is_not_drawn_as_steps():
    history = frame().assign(learning_rate=np.linspace(1, 0, 40))
    assert not [line for line in plots.history(history).lines if line.get_linestyle() == ":"]


def test_first_epochs_do_not_flatten_the_others():
    history = frame()
    history.loc[0, "train_loss"] = 1000.0
    assert plots.history(history).get_ylim()[1] < 10


def test_everything_shows_when_nothing_is_far_off():
    history = frame().iloc[10:]
    ax = plots.history(history)
    assert ax.get_ylim()[1] > history[["train_loss", "valid_loss"]].max().max()


def test_losses_that_are_not_finite_are_survived():
    history = frame()
    history.loc[30:, ["train_loss", "valid_loss"]] = np.nan
    assert plots.history(history).get_xlabel() == "epoch"
    assert plots.history(history.assign(valid_loss=np.nan)).get_xlabel() == "epoch"


@pytest.mark.parametrize("bad", [pd.DataFrame(), frame().iloc[:0], frame()[["epoch"]]])
def test_bad_history_is_refused(bad):
    with pytest.raises(ValueError, match="history must have rows and a column"):
        plots.history(bad)


def test_one_epoch_is_visible():
    ax = plots.history(frame(1))
    assert ax.lines[0].get_marker() == "."
