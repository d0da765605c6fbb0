"""Probabilities of models against exact ones."""

import dataclasses

import jax
import numpy as np
import numpyro.distributions as dist
import pytest
from scipy import stats

import suffice as sf
from suffice.simulate import Batch

PRIOR = sf.Prior(spread=dist.Uniform(0.99, 1.01))


def normal(key, theta):
    return jax.random.normal(key, (4,))


def wide(key, theta):
    return 2.0 * jax.random.normal(key, (4,))


def shifted(key, theta):
    return 1.0 + jax.random.normal(key, (4,))


@pytest.fixture(scope="module")
def sims():
    simulators = {"normal": (normal, 6000), "wide": (wide, 6000), "shifted": (shifted, 3000)}
    return {
        name: sf.simulate(PRIOR, one, n, key=i, progress=False) for i, (name, (one, n)) in enumerate(simulators.items())
    }


@pytest.fixture(scope="module")
def found(sims):
    summary = sf.networks.MLP(4, 3, width=32, key=1)
    return sf.compare_models(sims, summary, key=2, max_epochs=40, average=0.98, ensemble=2, progress=False)


def exact(x):
    return np.stack([stats.norm(m, s).logpdf(x).sum(axis=1) for m, s in ((0, 1), (0, 2), (1, 1))], axis=1)


def test_probabilities_and_bayes_factors_are_the_exact_ones(found, sims):
    x = np.concatenate([one.x[:150] for one in sims.values()])
    log = exact(np.asarray(x, np.float64))
    p = np.exp(log - np.logaddexp.reduce(log, axis=1, keepdims=True))
    assert np.abs(found.probabilities(x).to_numpy() - p).mean() < 0.025
    factors = found.bayes_factors(x)
    pair = factors[(factors["for"] == "normal") & (factors["against"] == "shifted")]
    truth = (log[:, 0] - log[:, 2]) / np.log(10)
    assert np.abs(pair["log10"].to_numpy() - truth).mean() < 0.15
    assert (pair["low"] <= pair["high"]).all()


def test_the_prior_of_the_models_counts_and_numbers_of_simulations_do_not(found, sims):
    x = np.asarray(sims["normal"].x[:200])
    log = exact(np.asarray(x, np.float64)) + np.log([0.8, 0.1, 0.1])
    p = np.exp(log - np.logaddexp.reduce(log, axis=1, keepdims=True))
    told = dataclasses.replace(found, prior=np.array([0.8, 0.1, 0.1]))
    assert np.abs(told.probabilities(x).to_numpy() - p).mean() < 0.03


def test_probabilities_are_calibrated(found):
    table = found.calibration()
    assert ((table["low"] - 0.05 <= table["mean"]) & (table["mean"] <= table["high"] + 0.05)).mean() > 0.85
    assert set(table["model"]) == {"normal", "wide", "shifted"}


@pytest.mark.parametrize(
    ("change", "bins", "message"),
    [
        (lambda f: f, 0, "bins must be a whole number of at least 1, but 0 came"),
        (lambda f: f, "a", "bins must be a whole number"),
        (lambda f: dataclasses.replace(f, held_out=Batch(*(part[:0] for part in f.held_out))), 5, "were held out"),
    ],
)
def test_what_cannot_be_calibrated_is_refused(change, bins, message, found, unchecked):
    with pytest.raises(ValueError, match=message):
        change(found).calibration(bins)


def test_bins_of_a_few_rows_say_little(found):
    few = dataclasses.replace(found, held_out=Batch(*(part[::30] for part in found.held_out)))
    with pytest.warns(UserWarning, match="15 of 15 bins hold fewer than 20 held-out simulations, and say little"):
        few.calibration()


def lost(sims, n):
    x = np.array(sims.x)
    x[:n] = np.nan
    return sf.Simulations(sims.theta, x, names=sims.names)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda s: {"sims": {"normal": s["normal"]}}, "at least two models"),
        (lambda s: {"prior": {"normal": 1.0}}, "positive probability.* but it names normal"),
        (lambda s: {"prior": [0.2, 0.3, 0.5]}, "by its name"),
        (lambda s: {"prior": {"normal": np.nan, "wide": 0.5, "shifted": 0.5}}, "but nan came for normal"),
        (lambda s: {"prior": {"normal": np.inf, "wide": 0.5, "shifted": 0.5}}, "but inf came for normal"),
        (lambda s: {"prior": {"normal": 0.5, "wide": -0.5, "shifted": 0.5}}, "but -0.5 came for wide"),
        (lambda s: {"sims": s | {"wide": s["wide"][np.arange(5)]}}, "at least 20"),
        (lambda s: {"sims": s | {"wide": lost(s["wide"], 4000)}}, "4000 of the 6000 simulations of 'wide' failed"),
        (lambda s: {"sims": s | {"wide": lost(s["wide"], 6000)}}, "but 0 of the 6000 of 'wide' are"),
        (
            lambda s: {"sims": {"wide": lost(s["wide"], 5990), "normal": s["normal"]}},
            "but 10 of the 6000 of",
        ),
        (lambda s: {"sims": list(s.values())}, "sims must map names to sf.Simulations.* but a list came"),
        (lambda s: {"sims": lambda x: x, "summary": s}, "but a function came"),
        (lambda s: {"sims": s | {"wide": wide}}, "'wide' must be sf.Simulations.* but a function came"),
        (lambda s: {"ensembel": 3}, "no option 'ensembel' .did you mean 'ensemble'"),
        (lambda s: {"sims": s | {"wide": sf.Simulations(np.zeros((30, 1)), np.zeros((30, 7)))}}, "one shape"),
        (lambda s: {"summary": 3}, "network or a function"),
    ],
)
def test_bad_input_is_refused(change, message, sims, unchecked):
    arguments = {"sims": sims, "summary": lambda x: x, "key": 0, "progress": False} | change(sims)
    with pytest.raises((ValueError, TypeError), match=message):
        sf.compare_models(arguments.pop("sims"), arguments.pop("summary"), **arguments)


def test_a_comparison_is_saved(found, sims, tmp_path):
    again = sf.load(sf.save(found, tmp_path / "models.sf"))
    x = np.asarray(sims["wide"].x[:5])
    np.testing.assert_array_equal(again.probabilities(x), found.probabilities(x))
    assert again.calibration().equals(found.calibration())


def test_an_untrained_classifier_says_so():
    from suffice.objectives import Classifier

    with pytest.raises(ValueError, match="not been trained"):
        _ = Classifier(lambda x: x, 2).trained
    with pytest.raises(ValueError, match="classes must be"):
        Classifier(lambda x: x, 1)


def test_failed_simulations_are_told_of(sims, unchecked):
    given = {"wide": lost(sims["wide"], 100), "other": sf.Simulations(np.zeros((30, 1)), np.zeros((30, 7)))}
    with pytest.warns(UserWarning, match="100 of 6000 simulations of 'wide' failed"), pytest.raises(ValueError):
        sf.compare_models(given, lambda x: x, key=0)
