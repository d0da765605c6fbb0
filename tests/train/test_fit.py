"""The training loop on a problem with a known optimum: weighted least squares."""

from typing import ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import suffice as sf
from suffice.train import AbstractObjective, Arrays, Shards

TRACES = []


class Mean(AbstractObjective):
    """Learns the mean of x: the optimum is known."""

    summary: jax.Array
    scale: float = eqx.field(static=True, default=1.0)
    monitor: ClassVar[str] = "loss"

    def start(self, rows, *, names, key):
        return self

    def finish(self, held_out, *, key):
        return self

    def loss(self, batch, *, key, step):
        TRACES.append(1)
        return self.scale * ((batch.x - self.summary) ** 2).mean(), {"size": jnp.abs(self.summary).sum()}


@pytest.fixture(scope="module")
def sims():
    rng = np.random.default_rng(0)
    return sf.Simulations(rng.normal(size=(2000, 1)), rng.normal(3.0, 1.0, size=(2000, 4)))


def run(sims, **options):
    options = {"key": 0, "progress": False, "learning_rate": 0.1, "max_epochs": 30} | options
    return sf.fit(Mean(jnp.zeros(4)), sims, **options)


def test_finds_the_mean_of_the_training_rows(sims):
    fit = run(sims)
    np.testing.assert_allclose(fit.objective.summary, 3.0, atol=0.2)
    assert fit.stopped in ("patience", "max_epochs")
    assert list(fit.history["epoch"]) == list(range(1, len(fit.history) + 1))
    assert {"train_loss", "valid_loss", "train_size", "learning_rate", "seconds"} <= set(fit.history)


def test_the_best_weights_are_those_of_the_lowest_held_out_loss(sims):
    fit = run(sims)
    held = sims.x[fit.split.valid]
    loss = ((held[: len(held) // 200 * 200 or None] - np.asarray(fit.objective.summary)) ** 2).mean()
    assert loss == pytest.approx(fit.history.valid_loss.min(), rel=2e-3)


def test_three_parts_do_not_overlap(sims):
    split = run(sims, test=0.2, max_epochs=1).split
    assert [len(part) for part in split] == [1400, 200, 400]
    assert len(np.unique(np.concatenate(split))) == 2000


def test_the_same_key_gives_the_same_fit_and_no_second_trace(sims):
    first = run(sims)
    before = len(TRACES)
    second = run(sims)
    assert len(TRACES) == before
    np.testing.assert_array_equal(first.objective.summary, second.objective.summary)
    assert not np.array_equal(first.objective.summary, run(sims, key=1).objective.summary)


def test_a_killed_fit_goes_on_bit_for_bit(sims, tmp_path):
    whole = run(sims, max_epochs=8)
    path = tmp_path / "fit.checkpoint"

    class Killed(Exception):
        pass

    def kill(numbers):
        if numbers["epoch"] == 4:
            raise Killed

    with pytest.raises(Killed):
        run(sims, max_epochs=8, checkpoint=path, loggers=[kill])
    resumed = run(sims, max_epochs=8, checkpoint=path)
    np.testing.assert_array_equal(whole.objective.summary, resumed.objective.summary)
    same = ["epoch", "train_loss", "valid_loss", "learning_rate"]
    assert whole.history[same].equals(resumed.history[same])
    with pytest.raises(ValueError, match="another fit"):
        run(sims, max_epochs=8, checkpoint=path, key=5)


def test_the_learning_rate_falls_and_patience_ends_the_fit(sims):
    fit = run(sims, max_epochs=200, patience=6, plateau=2, factor=0.5)
    assert fit.stopped == "patience"
    assert fit.history.learning_rate.iloc[-1] < 0.1
    assert len(fit.history) - fit.history.valid_loss.argmin() == 7


def test_a_loss_that_stops_being_finite_keeps_the_last_good_weights(sims):
    with pytest.warns(UserWarning, match="stopped being finite"):
        fit = run(sims, learning_rate=1e30)
    assert fit.stopped == "not finite"
    assert np.isfinite(fit.objective.summary).all()


def test_failed_rows_are_left_out_with_a_warning(sims):
    x = np.array(sims.x)
    x[:100] = np.nan
    with pytest.warns(UserWarning, match="100 of 2000.*biased"):
        fit = run(sf.Simulations(sims.theta, x), max_epochs=1)
    assert min(part.min() for part in fit.split if len(part)) >= 100
    x[:1500] = np.nan
    with pytest.raises(ValueError, match="more than half"):
        run(sf.Simulations(sims.theta, x))


def test_rows_on_disk_train_like_rows_in_memory(sims, tmp_path):
    path = tmp_path / "sims.zarr"
    sims.save(path)
    stored = sf.load_simulations(path)
    assert not stored.in_memory
    fit = run(stored, segment=400)
    np.testing.assert_allclose(fit.objective.summary, 3.0, atol=0.2)
    shards = Shards(stored, np.arange(2000), batch_size=50, segment=400)
    seen = np.concatenate([np.asarray(s.data.theta)[:, 0] for s in shards.segments(jax.random.key(0))])
    assert len(np.unique(seen)) == 2000


def test_batches_of_an_epoch_cover_every_row_once():
    source = Arrays({"i": np.arange(103)}, np.arange(103), batch_size=10)
    plan = source.plan(jax.random.key(0))
    rows = np.concatenate([source.batch(plan, i, jax.random.key(1))["i"] for i in range(source.steps)])
    assert len(rows) == len(np.unique(rows)) == 100


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"valid": 0.0}, "valid must be above 0"),
        ({"valid": 0.6, "test": 0.4}, "leaves no rows"),
        ({"valid": 1.5}, "valid must be a share"),
        ({"batch_size": 0}, "batch_size must be a whole number of at least 1"),
        ({"patience": 0}, "patience must be a whole number of at least 1"),
        ({"max_epochs": 2.5}, "max_epochs must be a whole number of at least 1, but 2.5 came"),
        ({"min_epochs": -1}, "min_epochs must be a whole number of at least 0"),
    ],
)
def test_bad_settings_are_refused(sims, options, message, unchecked):
    with pytest.raises(ValueError, match=message):
        run(sims, **options)


def test_bad_data_are_refused(sims):
    with pytest.raises(TypeError):
        run(np.zeros((3, 2)))
    with pytest.raises(ValueError, match="at least 20"):
        run(sims[:10], batch_size=2)
    with pytest.raises(ValueError, match="0 usable simulations came, but at least 20"):
        run(sims[:0], batch_size=2)
    with pytest.raises(ValueError, match="in every simulation"):
        run(sf.Simulations(np.zeros((100, 1)), np.random.default_rng(0).normal(size=(100, 4))), batch_size=20)
    with pytest.warns(UserWarning, match="batches are made smaller"):
        run(sims[:100], max_epochs=1)


def test_fresh_simulations_inside_the_step():
    import numpyro.distributions as dist

    prior = sf.Prior(a=dist.Normal(2.0, 1.0))
    source = sf.Fresh(prior, lambda key, theta: theta + jax.random.normal(key, (4,)), steps=50, batch_size=64)
    fit = sf.fit(Mean(jnp.zeros(4)), source, key=0, progress=False, learning_rate=0.05, max_epochs=10)
    np.testing.assert_allclose(fit.objective.summary, 2.0, atol=0.15)


def test_fresh_noise_on_stored_simulations(sims):
    source = Arrays(sims.rows(np.arange(2000)), np.arange(2000), batch_size=100)
    noisy = sf.Renoised(source, lambda key, x: x + 10 * jax.random.normal(key, x.shape))
    one, two = (noisy.batch(noisy.plan(jax.random.key(0)), 0, jax.random.key(k)).x for k in (1, 2))
    assert np.asarray(one - two).std() == pytest.approx(10 * np.sqrt(2), rel=0.1)
    little = sf.Renoised(source, lambda key, x: x + jax.random.normal(key, x.shape))
    fit = sf.fit(Mean(jnp.zeros(4)), little, key=0, progress=False, learning_rate=0.05, max_epochs=10)
    np.testing.assert_allclose(fit.objective.summary, 3.0, atol=0.3)
