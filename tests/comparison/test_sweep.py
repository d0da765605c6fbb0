"""How many summaries are enough, where it is known: as many as there are parameters."""

from dataclasses import replace

import numpy as np
import pytest

import suffice as sf
from suffice.comparison import Measured, SummaryComparison, Sweep


def measured(name, level):
    terms = np.random.default_rng(len(name)).normal(level, 0.01, size=(1, 400))
    return Measured(name, "given", 1, 0.0, terms, np.ones(1), np.full((400, 1), 0.5), None)


@pytest.fixture(scope="module")
def made():
    """What three numbers keep is known to 0.0005 nats: 1, 1.985 and 2."""
    levels = {"1": 1.0, "2": 1.985, "3": 2.0, "CCA 1": 0.9}
    comparison = SummaryComparison(
        tuple(measured(name, level) for name, level in levels.items()), ("a",), False, np.ones(1), None
    )
    return Sweep((1, 2, 3), comparison, {}, 0.01)


def test_the_knee_is_the_first_that_loses_no_more_than_allowed(made):
    assert made.knee == 2
    assert replace(made, tolerance=0.001).knee == 3
    assert replace(made, tolerance=0.6).knee == 1
    table = made.table().set_index("numbers")
    assert list(table["knee"]) == [False, True, False]
    assert table.loc[1, "linear"] == pytest.approx(0.9, abs=0.005) and np.isnan(table.loc[2, "linear"])
    assert str(made).startswith("2 summaries are enough")


def test_there_is_no_knee_where_nothing_is_learned():
    terms = {"1": -0.02, "2": -0.01}
    comparison = SummaryComparison(
        tuple(measured(name, level) for name, level in terms.items()), ("a",), False, np.ones(1), None
    )
    none = Sweep((1, 2), comparison, {}, 0.01)
    assert none.knee == 0 and not none.table()["knee"].any()
    assert str(none).startswith("nothing was learned") and len(none.plot().get_legend().get_texts()) == 1


def test_the_figure_of_one_number_shows_its_interval(made):
    ax = replace(made, sizes=(2,)).plot()
    assert ax.get_xlim() == (1, 3)
    assert str(replace(made, sizes=(1,))).startswith("1 summary is the most of those tried")
    assert str(replace(made, tolerance=0.6)).startswith("1 summary is enough")


@pytest.mark.slow
def test_the_knee_stands_at_the_number_of_parameters(pair):
    """600 rows: what two numbers keep has a standard error of √2 · 0.985 / √600 = 0.06."""
    make = lambda n, key: sf.networks.Linear(6, n, key=key)  # noqa: E731
    swept = sf.sweep(make, [3, 1, 2], pair.sims, pair.prior, objective=sf.Regression, key=4, max_epochs=5)
    assert swept.sizes == (1, 2, 3) and swept.knee == 2
    table = swept.table().set_index("numbers")
    assert table.loc[2, "information"] == pytest.approx(2 * pair.exact, abs=0.15)
    assert table.loc[1, "information"] < 0.75 * table.loc[2, "information"]
    assert table.loc[2, "linear"] == pytest.approx(2 * pair.exact, abs=0.15) and np.isnan(table.loc[3, "linear"])


def test_the_figure_marks_it(made):
    ax = made.plot()
    assert ax.get_xlabel() == "number of summaries"
    assert {text.get_text() for text in ax.get_legend().get_texts()} == {"learned", "linear (CCA)", "knee"}


def test_what_cannot_be_swept_is_refused(pair, unchecked):
    make = lambda n, key: sf.networks.Linear(6, n, key=key)  # noqa: E731
    for sizes in ([], [0, 1], [2.5], ["a"], 3):
        with pytest.raises(ValueError, match="sizes must be whole numbers of summaries from 1"):
            sf.sweep(make, sizes, pair.sims, pair.prior)
    with pytest.raises(ValueError, match=r"make_summary\(2, key=\) must give a network of 2 numbers, but it has 1"):
        sf.sweep(lambda n, key: make(1, key), [1, 2], pair.sims, pair.prior)
    with pytest.raises(TypeError, match=r"there is no option 'max_epoch'.*did you mean 'max_epochs'.*patience"):
        sf.sweep(make, [1], pair.sims, pair.prior, max_epoch=3)
    with pytest.raises(TypeError, match=r"make_summary must be a function \(n_out, key=\)"):
        sf.sweep(lambda n: make(n, 0), [1], pair.sims, pair.prior)
    with pytest.raises(TypeError, match=r"make_summary must be a function \(n_out, key=\).*, but a Linear came$"):
        sf.sweep(make(1, 0), [1], pair.sims, pair.prior)
    with pytest.raises(ValueError, match="at least 1000"):
        sf.sweep(make, [1], pair.sims[:500], pair.prior)


@pytest.mark.parametrize(
    ("objective", "message"),
    [
        ("infomax", "a str came"),
        (sf.InfoMax(sf.networks.Linear(6, 1, key=0)), "an InfoMax came"),
        (sf.Flow, "the class Flow came, which cannot be called with a network alone: missing .* 'prior'"),
        (lambda network: network, "a function came, which gives a Linear"),
    ],
)
def test_an_objective_is_made_for_each_network(objective, message, pair, unchecked):
    make = lambda n, key: sf.networks.Linear(6, n, key=key)  # noqa: E731
    with pytest.raises(TypeError, match=f"objective must be a function network -> objective.*, but {message}"):
        sf.sweep(make, [1], pair.sims, pair.prior, objective=objective)
