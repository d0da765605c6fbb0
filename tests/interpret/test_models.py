"""What a trained bottleneck is asked: traversals, generation, and how far it is from the best that can be."""

import dataclasses

import jax
import numpy as np
import pytest

import suffice as sf
from suffice.networks import SeriesDecoder, SeriesEncoder
from suffice.simulate.processes import Brownian, LevyWalk

SMALL = {"hidden": (16,), "channels": 4, "segments": 4}
GRID = np.geomspace(1e-5, 1e-2, 12)[:, None]


@pytest.fixture(scope="module")
def brownian():
    process = Brownian(60)
    sims = sf.simulate_at(np.repeat(GRID, 400, axis=0), process, key=0, names=("D",), progress=False)
    decoder = SeriesDecoder(1, 3, conditions=2, wavenet={"width": 4, "skips": 4, "dilations": (1, 2)}, key=1, **SMALL)
    objective = sf.Bottleneck(SeriesEncoder(1, 3, layers=1, key=0, **SMALL), decoder)
    fit = sf.fit(objective, sims, key=1, test=0.2, learning_rate=4e-3, max_epochs=20, progress=False)
    return process, sims[fit.split.test], fit


def test_one_latent_is_awake_from_the_start_on(brownian):
    """The start makes the size of a series its first latent; the others find nothing to say."""
    _, held, fit = brownian
    found = sf.interpret.latents(fit, held)
    assert found.active == (0,) and (found.kl.mean(axis=0)[1:] < 0.05).all()
    assert sf.interpret.rotate(found, "log(D)").r2 > 0.98
    assert sf.interpret.formula(found.mean[:, 0], held.theta, held.names).best.free_symbols


def test_the_benchmark_is_that_of_the_exact_likelihoods(brownian):
    process, held, fit = brownian
    found = sf.interpret.benchmark(fit, process, held, GRID)
    table = found.table().set_index("quantity")["mean"]
    entropy = 0.5 * np.log(2 * np.pi * np.e * 2 * held.theta).mean()
    assert table["known"] == pytest.approx(entropy, abs=0.01)
    assert table["known"] < table["floor"] < table["nll"] + table["kl"]
    assert 0 < table["ELBO gap"] < 0.02
    assert table["I(x; theta)"] == pytest.approx(2.2, abs=0.15)  # log 12 = 2.48 less what neighbours are taken for
    rows = found.by("D")
    np.testing.assert_allclose(rows["D"], GRID[:, 0], rtol=1e-5)
    assert found.elbo_gap.mean() == pytest.approx(table["ELBO gap"])
    told = sf.interpret.information(sf.interpret.latents(fit, held))
    assert 0.9 * table["I(x; theta)"] < told.value < table["I(x; theta)"] + 0.05


def test_what_is_generated_is_as_the_truth(brownian):
    _, held, fit = brownian
    found = sf.interpret.check_generation(fit, held, n=900)
    table = found.table().set_index("statistic")
    assert table.loc["log variance", "difference"] == pytest.approx(0, abs=0.1)
    assert table.loc["autocorrelation at lag 1", "difference"] == pytest.approx(0, abs=0.05)
    by = found.exponents("D")
    assert np.abs(by["inside_generated"] - 1).mean() < 0.1 and len(by) == 12
    assert {"lag", "ensemble_true", "time_averaged_generated"} == set(found.msd().columns) - {
        "ensemble_generated", "time_averaged_true"
    }  # fmt: skip


def test_a_drift_is_found_out(brownian):
    """Series that go one way at small D and the other way at large D have no mean over all of them."""
    _, held, fit = brownian
    right = sf.interpret.check_generation(fit, held, n=900)
    name = "drift: mean position over its spread, largest"
    row = right.table().set_index("statistic").loc[name]
    assert 0 < row["true"] < 0.2 and row["low"] < 0 < row["high"]
    x = np.array(right.generated)
    all_one_way = dataclasses.replace(right, generated=x + 0.2)
    row = all_one_way.table().set_index("statistic").loc[name]
    assert row["low"] > 0.3  # 50 steps of 0.2 beside a spread of the root of 50
    both_ways = dataclasses.replace(right, generated=x + 0.2 * _signs(right)[:, None])
    table = both_ways.table().set_index("statistic")
    assert table.loc["drift of series of one D, largest", "low"] > 0.3
    by = both_ways.drift("D")
    assert (by["generated"] > 4 * by["chance"]).mean() > 0.9 and (by["true"] < 4 * by["chance"]).mean() > 0.9
    with pytest.raises(ValueError, match="no parameter is called 'zz'; the parameters are D"):
        right.drift("zz")


def _signs(found):
    return np.where(found.theta[:, 0] > 3e-4, 1.0, -1.0)


def test_an_ensemble_that_grows_is_found_out(brownian):
    """Statistics differ beyond their intervals where what is generated is wrong."""
    _, held, fit = brownian
    right = sf.interpret.check_generation(fit, held, n=600)
    wrong = np.array(right.generated)
    wrong[:, 1:] += 0.7 * wrong[:, :-1]
    table = dataclasses.replace(right, generated=wrong).table().set_index("statistic")
    assert table.loc["autocorrelation at lag 1", "low"] > 0.2


def test_a_traversal_moves_the_scale(brownian):
    _, _held, fit = brownian
    found = sf.interpret.traverse(fit, 0, steps=80, values=[-1.5, 0.0, 1.5], n=30)
    assert found.x.shape == (3, 30, 80)
    sizes = np.sqrt((found.x**2).mean(axis=(1, 2)))
    assert sizes[1] / sizes[0] > 2 and sizes[2] / sizes[1] > 2
    asleep = sf.interpret.traverse(fit, 1, steps=80, values=[-1.5, 1.5], n=30)
    assert np.log((asleep.x[0] ** 2).mean() / (asleep.x[1] ** 2).mean()) == pytest.approx(0, abs=0.3)


def test_what_the_decoder_says_of_each_step(brownian):
    process, held, fit = brownian
    one = held[np.flatnonzero(np.isclose(held.theta[:, 0], GRID[6, 0], rtol=1e-3))]
    table = sf.interpret.outputs(fit, one)
    ratio = table["variance"].to_numpy()[10:] / (2 * GRID[6, 0])
    assert 0.75 < ratio.mean() < 1.3 and len(table) == process.steps


def test_what_makes_no_sense_is_refused(brownian):
    _, held, fit = brownian
    with pytest.raises(ValueError, match="latent must be from 0 to 2"):
        sf.interpret.traverse(fit, 3, steps=10)
    with pytest.raises(ValueError, match="others must be"):
        sf.interpret.traverse(fit, 0, steps=10, others=np.zeros(2))
    with pytest.raises(ValueError, match="first must be"):
        sf.interpret.check_generation(fit, held, first=70)
    masked = sf.Simulations(held.theta, {"x": held.x, "mask": np.ones(held.x.shape, bool)}, names=("D",))
    with pytest.raises(ValueError, match="masks"):
        sf.interpret.check_generation(fit, masked)
    with pytest.raises(ValueError, match="of which 8 are not scored"):  # shorter than the receptive field
        sf.fit(fit.objective, sf.Simulations(held.theta, held.x[:, :6]), key=0, progress=False)
    with pytest.raises(ValueError, match=r"must be \(length, 1\)"):  # a model saved for another dimension
        sf.interpret.latents(fit, sf.Simulations(held.theta, np.zeros((len(held.theta), 60, 2))))
    short = sf.Simulations(held.theta, held.x[:, :8], names=("D",))
    with pytest.raises(ValueError, match="series of 8 steps came, but the first 8 are left out"):
        sf.interpret.check_generation(fit, short)
    with pytest.raises(ValueError, match="at least 2 series are compared, but n is 0"):
        sf.interpret.check_generation(fit, held, n=0)
    broken = np.array(held.x)
    broken[3, 5] = np.nan
    with pytest.raises(ValueError, match="1 of"):
        sf.interpret.latents(fit, sf.Simulations(held.theta, broken))


def test_a_benchmark_against_another_process_is_refused(brownian):
    process, held, fit = brownian
    benchmark, some = sf.interpret.benchmark, held[np.arange(4)]
    with pytest.raises(TypeError, match="which a LevyWalk does not have"):
        benchmark(fit, LevyWalk(60), some, GRID)
    both = sf.Simulations(np.column_stack([np.ones(4), some.theta]), some.x, ("alpha", "D"))
    with pytest.raises(ValueError, match="have the parameters alpha, D, but those of Brownian are D"):
        benchmark(fit, process, both, GRID)
    with pytest.raises(ValueError, match=r"theta must be \(m, 1\), but \(12,\) came"):
        benchmark(fit, process, some, GRID[:, 0])
    with pytest.raises(ValueError, match="of which 8 are not scored"):
        benchmark(fit, Brownian(8), sf.Simulations(some.theta, some.x[:, :8], ("D",)), GRID)
    with pytest.raises(ValueError, match="series of 60 steps came, but the process has 50"):
        benchmark(fit, Brownian(50), some, GRID)
    with pytest.raises(ValueError, match="no parameter is called 'zz'; the parameters are D"):
        benchmark(fit, process, some, GRID).by("zz")


def test_another_length_works(brownian):
    """A fit on 60 steps reads and writes other lengths; the size of a series is as it was."""
    _, _, fit = brownian
    longer = Brownian(150)
    sims = sf.simulate(longer.prior, longer, 300, key=5, progress=False)
    found = sf.interpret.latents(fit, sims)
    assert abs(np.corrcoef(found.mean[:, 0], np.log(sims.theta[:, 0]))[0, 1]) > 0.97
    assert fit.objective.generate(found.mean[:5], 300, key=jax.random.key(0)).shape == (5, 300)
