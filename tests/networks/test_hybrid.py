"""A learned summary beside one that is there."""

import jax
import jax.numpy as jnp
import numpy as np
import numpyro.distributions as dist
import pytest

import suffice as sf
from suffice.networks import Hybrid, Linear, MLP, start_from_data

FEW = {"key": 0, "batch_size": 32, "progress": False}
PRIOR = sf.Prior(a=dist.Normal(0, 1), b=dist.Normal(0, 1))


def simulator(key, theta):
    return jnp.repeat(theta, 3) + 0.3 * jax.random.normal(key, (6,))


def existing(x):
    return x[:3].mean(keepdims=True)


@pytest.fixture(scope="module")
def sims():
    return sf.simulate(PRIOR, simulator, 3000, key=0, progress=False)


def test_the_learned_one_starts_at_what_the_existing_lacks(sims):
    started = start_from_data(Hybrid(existing, Linear(6, 1, key=0)), lambda f, x: f(x), sims.x, np.asarray(sims.theta))
    s = np.asarray(jax.jit(jax.vmap(started))(jnp.asarray(sims.x)))
    assert s.shape == (3000, 2)
    np.testing.assert_allclose(s[:, 0], sims.x[:, :3].mean(axis=1), atol=1e-5)
    assert abs(np.corrcoef(s[:, 1], sims.x[:, 3:].mean(axis=1))[0, 1]) > 0.99
    assert abs(np.corrcoef(s[:, 1], sims.theta[:, 0])[0, 1]) < 0.1


@pytest.mark.parametrize("kind", ["regression", "infomax"])
def test_no_training_touches_the_existing_one(sims, kind):
    known = start_from_data(
        Linear(6, 1, key=3), lambda f, x: f(x), sims.x[:, ::-1].copy(), np.asarray(sims.theta[:, :1])
    )
    objective = {"regression": sf.Regression, "infomax": sf.InfoMax}[kind]
    fit = sf.fit(objective(Hybrid(known, MLP(6, 2, width=8, key=1))), sims, key=2, max_epochs=2, progress=False)
    x = jnp.asarray(sims.x[0])
    assert np.array_equal(fit.objective.summary(x)[:1], known(x))


@pytest.mark.parametrize("kind", ["ratio", pytest.param("flow", marks=pytest.mark.slow)])
def test_any_objective_takes_it(sims, tmp_path, kind):
    hybrid = Hybrid(Linear(6, 1, key=3), MLP(6, 1, width=8, key=1))
    objective = sf.Ratio(hybrid) if kind == "ratio" else sf.Flow(hybrid, PRIOR, layers=1)
    fit = sf.fit(objective, sims[:600], key=2, max_epochs=1, progress=False)
    assert fit.objective.summary(jnp.asarray(sims.x[0])).shape == (2,)
    sf.save(fit, tmp_path / "fit.suffice")
    again = sf.load(tmp_path / "fit.suffice").objective.summary
    assert np.array_equal(again(jnp.ones(6)), fit.objective.summary(jnp.ones(6)))


def test_what_is_no_summary_is_refused(unchecked):
    with pytest.raises(TypeError, match="existing must be a network"):
        Hybrid(3, existing)
    with pytest.raises(TypeError, match="learned must be a network"):
        Hybrid(existing, None)
    with pytest.raises(TypeError, match=r"existing must be a network .* the class MLP came"):
        Hybrid(MLP, existing)


@pytest.mark.parametrize(
    ("existing", "message"),
    [
        (lambda x: np.sort(np.asarray(x)), r"shaped \(6,\), by JAX \(write it with jax.numpy\)"),
        (lambda x: x @ np.ones(7), r"cannot be computed of a simulation, shaped \(6,\)"),
        (lambda x: None, "cannot be computed"),
        (lambda x: x[:0], "at least one number"),
        (lambda x: jnp.where(x[:2] > 0, x[:2], jnp.nan), "existing is not finite for .* of .* simulations"),
    ],
)
def test_what_gives_no_summary_of_the_data_is_refused(sims, existing, message):
    with pytest.raises(ValueError, match=message):
        sf.fit(sf.Flow(Hybrid(existing, MLP(6, 1, width=8, key=1)), PRIOR, layers=1), sims[:200], **FEW)


@pytest.mark.parametrize(
    ("summary", "message"),
    [
        (lambda x: np.sort(np.asarray(x)), "write it with jax.numpy"),
        (lambda x: {"first": x}, "must give an array of numbers"),
        (lambda x: x[:0], "at least one real number"),
        (lambda x: x + 0j, "at least one real number, but complex64"),
        (lambda x: jnp.log(-jnp.abs(x)), "summary is not finite for 180 of 180 simulations"),
    ],
)
@pytest.mark.parametrize("objective", [sf.Ratio, sf.Regression, lambda summary: sf.FlowMatching(summary, PRIOR)])
def test_what_is_no_summary_is_refused_by_every_objective(sims, objective, summary, message):
    with pytest.raises(ValueError, match=message):
        sf.fit(objective(summary), sims[:200], **FEW)
