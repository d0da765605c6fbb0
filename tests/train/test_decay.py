"""Weight decay: AdamW's where it is given, and what overfitting asks of it where it is not."""

import jax
import jax.numpy as jnp
import numpy as np
import numpyro.distributions as dist
import optax
import pytest

import suffice as sf
from suffice.train._decay import Decay, FIRST, MOST

PRIOR = sf.Prior(a=dist.Normal(0, 1), b=dist.Normal(0, 1))
SMALL = {"layers": 2, "knots": 4, "width": 32, "depth": 1}


def simulations(n, key):
    """Two parameters in noise of their own size, with twelve numbers that say nothing."""
    rng = np.random.default_rng(key)
    theta = rng.normal(size=(n, 2))
    return sf.Simulations(
        theta, np.hstack([theta + rng.normal(size=(n, 2)), rng.normal(size=(n, 12))]), names=("a", "b")
    )


def fitted(sims, **options):
    flow = sf.Flow(sf.networks.MLP(14, 4, width=64, depth=2, key=0), PRIOR, **SMALL)
    return sf.fit(flow, sims, **{"key": 1, "batch_size": 64, "max_epochs": 60, "progress": False} | options)


@pytest.fixture(scope="module")
def few():
    return simulations(600, 0)


@pytest.fixture(scope="module")
def following(few):
    return fitted(few)


@pytest.mark.parametrize("gap, times", [(0.05, 1.0), (0.25, np.exp(0.1)), (9.0, np.exp(0.5)), (-9.0, np.exp(-0.05))])
def test_it_is_multiplied_by_what_the_formula_says(gap, times):
    assert Decay(None, 0.1).after(0.001, gap) == pytest.approx(0.001 * times)


def test_it_stays_below_its_bound_and_where_it_is_given():
    decay = Decay(None, 0.1)
    assert decay.first == pytest.approx(FIRST / 0.1)
    assert decay.after(0.9 * MOST / 0.1, 9.0) == pytest.approx(MOST / 0.1)
    assert decay.after(0.02, float("nan")) == 0.02
    assert Decay(0.3, 0.1).first == Decay(0.3, 0.1).after(0.3, 9.0) == 0.3


def test_a_given_decay_is_that_of_adamw(few):
    same = optax.chain(
        optax.clip_by_global_norm(10.0), optax.scale_by_adam(), optax.add_decayed_weights(2.0), optax.scale(-1.0)
    )
    mine, optaxs = (fitted(few, max_epochs=3, **own) for own in ({"weight_decay": 2.0}, {"optimiser": same}))
    plain = fitted(few, max_epochs=3, weight_decay=0.0)
    # Sums in another order differ in the last bits, and Adam's division makes more of it.
    np.testing.assert_allclose(mine.history.train_loss, optaxs.history.train_loss, atol=1e-4)
    assert np.abs(mine.history.train_loss - plain.history.train_loss).max() > 1e-3
    assert set(mine.history.weight_decay) == {2.0} and set(optaxs.history.weight_decay) == {0.0}


def test_it_grows_while_a_flow_overfits_and_falls_while_it_does_not(few, following):
    overfits = following.history[following.history.epoch > 0]
    assert overfits.weight_decay.max() > 2 * overfits.weight_decay.iloc[0]
    many = fitted(simulations(20_000, 1), max_epochs=4, batch_size=256).history
    assert many.weight_decay.iloc[-1] < many.weight_decay.iloc[1]
    ratio = sf.fit(sf.Ratio(sf.networks.Linear(14, 2, key=0)), few, key=0, max_epochs=2, progress=False)
    assert set(ratio.history.weight_decay) == {1e-4}


def test_a_flow_of_few_simulations_is_the_better_for_it(few, following):
    """The exact loss, minus the information of two numbers with noise of their own size, is -ln 2."""
    fresh = simulations(5000, 2)
    batch = sf.simulate.Batch(jnp.asarray(fresh.theta), jnp.asarray(fresh.x))

    def loss(objective):
        return float(objective.loss(batch, key=jax.random.key(0), step=jnp.array(0))[0])

    to_the_end = {"keep": "last", "max_epochs": 100, "patience": 100, "plateau": 100}
    losses = [loss(fitted(few, weight_decay=own, **to_the_end).objective) for own in (None, 1e-4)]
    assert losses[0] < losses[1] - 0.1
    assert -np.log(2) - 0.02 < loss(following.objective) < -0.4


def test_members_decay_each_by_itself_and_a_checkpoint_keeps_it(few, tmp_path):
    whole = fitted(few, max_epochs=6, ensemble=2)
    last = whole.history[whole.history.epoch == 6].weight_decay
    assert last.nunique() == 2
    path = tmp_path / "fit.checkpoint"
    fitted(few, max_epochs=3, ensemble=2, checkpoint=path)
    gone_on = fitted(few, max_epochs=6, ensemble=2, checkpoint=path)
    for name in ("train_loss", "valid_loss", "weight_decay"):
        np.testing.assert_array_equal(gone_on.history[name], whole.history[name])


@pytest.mark.parametrize("wrong", [-0.1, float("nan"), float("inf")])
def test_what_is_no_decay_is_refused(few, wrong):
    with pytest.raises(ValueError, match="weight_decay must be at least 0"):
        fitted(few, weight_decay=wrong)
