"""Figures of mutual information."""

import numpy as np
import pandas as pd
import pytest

import suffice as sf
from suffice.information import MutualInformation


def table():
    return pd.DataFrame(
        {
            "estimate": ["auto", "same critic, plug-in", "ksg", "club"],
            "kind": ["lower", "point", "point", "upper"],
            "value": [0.8, 0.82, 0.7, 1.1],
            "low": [0.75, np.nan, 0.68, 1.0],
            "high": [0.85, np.nan, 0.72, 1.2],
        }
    )


def test_estimates_beside_each_other():
    ax = sf.plots.mi_estimates(table(), unit="bits")
    assert [text.get_text() for text in ax.get_yticklabels()] == table()["estimate"].tolist()
    assert ax.get_xlabel() == "I(x; y), bits" and ax.yaxis_inverted()
    drawn = sorted(float(line.get_xdata()[0]) for line in ax.lines if len(line.get_xdata()) == 1)
    assert drawn == [0.7, 0.8, 0.82, 1.1]
    with pytest.raises(ValueError, match="lacks rows"):
        sf.plots.mi_estimates(table()[:0])
    with pytest.raises(ValueError, match="lacks kind"):
        sf.plots.mi_estimates(table().drop(columns="kind"))


def test_the_profile_and_its_interval():
    values = np.linspace(-1, 3, 100)
    details = MutualInformation(table(), pd.DataFrame(), np.arange(100), values, values, 1.0, 1.0, ())
    ax = sf.plots.pointwise(sf.Estimate(1.0, 0.8, 1.2, 0.95, "lower", details=details))
    assert ax.get_legend().get_texts()[0].get_text() == "1.000 nats"
    with pytest.raises(ValueError, match="no profile"):
        sf.plots.pointwise(sf.Estimate(1.0, 0.8, 1.2, 0.95, "point"))


def test_pairs_as_a_heat_map():
    pairs = pd.DataFrame(
        {"x": ["a", "a", "b"], "y": ["b", "c", "c"], "value": [1.0, 0.5, 0.0], "low": [0.9, 0.4, -0.1]}
    )
    ax = sf.plots.mi_heat_map(pairs)
    told = {text.get_text(): text.get_color() for text in ax.texts}
    assert told["0.00"] == "grey" and told["1.00"] == "black" and len(ax.texts) == 6
    with pytest.raises(ValueError, match="no column low"):
        sf.plots.mi_heat_map(pairs.drop(columns="low"))


def test_the_history_of_several_fits_is_their_mean():
    rows = [{"epoch": e, "member": m, "train_loss": e + m, "valid_loss": e + m} for m in (0, 1) for e in (1, 2)]
    history = pd.DataFrame([*rows, {"epoch": 3, "member": 1, "train_loss": 9.0, "valid_loss": 9.0}])
    ax = sf.plots.history(history.assign(model="critic"))
    np.testing.assert_allclose(ax.lines[1].get_ydata(), [1.5, 2.5, (2 + 9) / 2])
    twice = pd.concat([history.assign(model="critic"), history.assign(model="flow", valid_loss=100.0)])
    np.testing.assert_allclose(sf.plots.history(twice).lines[1].get_ydata(), [1.5, 2.5, 5.5])
