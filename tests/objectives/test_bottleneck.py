"""The bottleneck of series: its bound beside exact likelihoods, its latents, its generation."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import suffice as sf
from suffice.networks import SeriesDecoder, SeriesEncoder
from suffice.objectives import Schedule
from suffice.simulate.processes import Brownian

SMALL = {"hidden": (16,), "channels": 4, "segments": 4}
WAVE = {"width": 4, "skips": 4, "dilations": (1,)}


def model(n_in=1, n_latent=2, **options):
    encoder = SeriesEncoder(n_in, n_latent, layers=1, key=0, **SMALL)
    decoder = SeriesDecoder(n_in, n_latent, conditions=2, wavenet=WAVE, key=1, **SMALL)
    return sf.Bottleneck(encoder, decoder, **options)


@pytest.fixture(scope="module")
def brownian():
    process = Brownian(60)
    sims = sf.simulate(process.prior, process, 6000, key=0, progress=False)
    fit = sf.fit(model(), sims, key=1, learning_rate=4e-3, max_epochs=25, progress=False)
    return process, sims, fit


def test_the_bound_comes_near_the_best_that_can_be(brownian):
    process, sims, fit = brownian
    best = fit.history.loc[fit.history["valid_loss"].idxmin()]
    held = sims[fit.split.valid]
    theta, x = np.asarray(held.theta, np.float64), np.asarray(held.x, np.float64)
    skip = fit.objective.skip
    known = -np.mean([process.step_log_probs(t, row[None])[0, skip:].mean() for t, row in zip(theta, x)])
    grid = np.geomspace(1e-5, 1e-2, 60)[:, None]
    floor = process.predictive_floor(grid, x, first=skip, informed=True).mean()
    # minus the evidence bound is above the floor of any model, and a code of the whole series costs about 4 nats
    assert known < floor < best["valid_loss"] < floor + 0.09
    assert best["valid_loss"] == pytest.approx(best["valid_nll"] + best["valid_kl"])


def test_one_latent_is_the_scale_and_the_others_sleep(brownian):
    _, sims, fit = brownian
    best = fit.history.iloc[-1]
    awake = sorted(best[f"valid_kl_{i}"] for i in range(2))
    assert awake[0] < 0.2 and awake[1] > 1.5
    z = jax.jit(jax.vmap(fit.objective.summary))(jnp.asarray(sims.x))
    active = np.argmax([best[f"valid_kl_{i}"] for i in range(2)])
    assert abs(np.corrcoef(z[:, active], np.log(sims.theta[:, 0]))[0, 1]) > 0.97


def test_what_is_generated_has_the_scale_of_its_latent(brownian):
    _, sims, fit = brownian
    z = jax.jit(jax.vmap(fit.objective.summary))(jnp.asarray(sims.x[:300]))
    x = np.asarray(fit.objective.generate(z, 150, key=jax.random.key(0)))
    assert x.shape == (300, 150) and np.isfinite(x).all()  # longer than what it was trained on
    ratio = np.log((x**2).mean(axis=1)) - np.log(2 * np.asarray(sims.theta[:300, 0]))
    assert abs(ratio.mean()) < 0.15 and ratio.std() < 0.6


@pytest.mark.parametrize("components", [1, 3])
def test_the_density_of_a_decoder_is_one(components):
    decoder = SeriesDecoder(1, 2, conditions=2, components=components, wavenet=WAVE, key=1, **SMALL)
    decoder = jax.tree.map(lambda w: w + 0.3 * jax.random.normal(jax.random.key(w.size), w.shape), decoder)
    grid = np.linspace(-60, 60, 6001)
    x = np.zeros((6001, 5), np.float32)
    x[:, 3] = grid
    log = jax.jit(jax.vmap(decoder.log_probs, (0, None)))(jnp.asarray(x), jnp.array([0.3, -1.0]))[:, 3]
    assert float(jnp.exp(log).sum() * (grid[1] - grid[0])) == pytest.approx(1, abs=1e-2)


@pytest.mark.parametrize("components", [1, 3])
def test_draws_are_of_the_density(components):
    decoder = SeriesDecoder(2, 1, conditions=2, components=components, wavenet=WAVE, key=1, **SMALL)
    decoder = jax.tree.map(lambda w: w + 0.2 * jax.random.normal(jax.random.key(w.size), w.shape), decoder)
    z = jnp.array([0.5])
    x = jax.jit(jax.vmap(lambda key: decoder.sample(z, 12, key=key)))(jax.random.split(jax.random.key(0), 4000))
    mean, log_std = jax.jit(jax.vmap(lambda one: decoder.normals(one, z)))(x)
    pull = np.asarray((x - mean) * jnp.exp(-log_std))
    np.testing.assert_allclose(pull.mean(axis=0), 0, atol=0.08)
    np.testing.assert_allclose(pull.std(axis=0), 1, atol=0.05)


def test_a_price_that_changes():
    sims = sf.Simulations(np.linspace(0, 1, 200)[:, None], np.random.default_rng(0).normal(size=(200, 30)))
    staged = model(beta=Schedule(steps=(0, 10**6), values=(0.0, 1.0), stages=True))
    fit = sf.fit(staged, sims, key=0, batch_size=64, max_epochs=2, progress=False)
    np.testing.assert_allclose(fit.history["valid_loss"], fit.history["valid_nll"], rtol=1e-5)
    with pytest.raises(ValueError, match="steps must rise"):
        Schedule(steps=(3, 1), values=(0.0, 1.0))


def test_what_cannot_be_learned_is_refused():
    with pytest.raises(ValueError, match="same numbers a step"):
        sf.Bottleneck(SeriesEncoder(1, 2, key=0), SeriesDecoder(2, 2, key=0))
    for wrong in (-1.0, np.nan, np.inf, "a", Schedule((0, 10), (-1.0, 1.0))):
        with pytest.raises(ValueError, match="beta must be finite and must not be negative"):
            model(beta=wrong)
    for wrong in (-1, 1.5):
        with pytest.raises(ValueError, match="skip must be a whole number of steps and must not be negative"):
            model(skip=wrong)
    with pytest.raises(ValueError, match="steps and values must be finite"):
        Schedule((0, 10), (0.0, np.nan))
    with pytest.raises(TypeError, match=r"encoder must be a sf.networks.SeriesEncoder.* but a MLP came"):
        sf.Bottleneck(sf.networks.MLP(10, 2, key=0), SeriesDecoder(1, 2, key=0))
    short = sf.Simulations(np.linspace(0, 1, 100)[:, None], np.random.default_rng(0).normal(size=(100, 4)))
    with pytest.raises(ValueError, match="4 steps came, of which 4 are not scored"):
        sf.fit(model(), short, key=0, batch_size=16, progress=False)
    with pytest.raises(ValueError, match="at least 4 steps"):
        SeriesEncoder(1, 2, layers=1, key=0, **SMALL)(jnp.ones(3))
    with pytest.raises(ValueError, match="a series must be"):
        SeriesEncoder(2, 2, layers=1, key=0, **SMALL)(jnp.ones(30))


def test_parameters_that_are_not_given_may_be_constant():
    """It never sees them; one that it is told says nothing where it never varies."""
    x = np.random.default_rng(0).normal(size=(200, 30))
    sims = sf.Simulations(np.full((200, 1), 0.5), x, ("alpha",))
    fit = sf.fit(model(), sims, key=0, batch_size=64, max_epochs=1, progress=False)
    assert np.isfinite(fit.history["valid_loss"]).all()
    encoder = SeriesEncoder(1, 2, layers=1, key=0, **SMALL)
    told = sf.Bottleneck(encoder, SeriesDecoder(1, 3, conditions=2, wavenet=WAVE, key=1, **SMALL), given=("alpha",))
    with pytest.raises(ValueError, match=r"'alpha' is 0.5 in every simulation"):
        sf.fit(told, sims, key=0, batch_size=64, max_epochs=1, progress=False)


@pytest.mark.parametrize(
    ("z", "steps", "words"),
    [
        (np.zeros((2, 3)), 10, r"z must be \(n, 2\).* but \(2, 3\) came"),
        (np.zeros(2), 10, r"z must be \(n, 2\).* but \(2,\) came"),
        (np.zeros((0, 2)), 10, r"z must be \(n, 2\)"),
        (np.full((2, 2), np.nan), 10, "not finite"),
        (np.zeros((2, 2)), 1.5, "steps must be a whole number, at least 1, but 1.5 came"),
        (np.zeros((2, 2)), 0, "steps must be a whole number"),
    ],
)
def test_what_cannot_be_generated_is_refused(z, steps, words):
    with pytest.raises(ValueError, match=words):
        model().generate(z, steps, key=0)


def test_it_can_be_saved(brownian, tmp_path):
    fit = brownian[2]
    sf.save(fit, tmp_path / "fit.suffice")
    again = sf.load(tmp_path / "fit.suffice").objective
    z = jnp.ones((1, 2))
    np.testing.assert_array_equal(
        again.generate(z, 20, key=jax.random.key(0)), fit.objective.generate(z, 20, key=jax.random.key(0))
    )


def test_what_is_given_needs_no_latent():
    """Brownian motion whose D is known: the latents of a bottleneck that is told D have nothing left to say."""
    process = Brownian(40)
    sims = sf.simulate(process.prior, process, 3000, key=0, progress=False)
    encoder = SeriesEncoder(1, 2, layers=1, key=0, **SMALL)
    decoder = SeriesDecoder(1, 3, conditions=2, wavenet=WAVE, key=1, **SMALL)
    told = sf.Bottleneck(encoder, decoder, given=("D",))
    fit = sf.fit(told, sims, key=1, learning_rate=4e-3, max_epochs=20, progress=False)
    best = fit.history.iloc[-1]
    held = sims[fit.split.valid]
    known = 0.5 * np.log(2 * np.pi * np.e * 2 * np.asarray(held.theta, np.float64)).mean()
    assert best["valid_kl_0"] + best["valid_kl_1"] < 0.3  # 4 nats where D is not given
    assert best["valid_loss"] == pytest.approx(known, abs=0.06)
    x = fit.objective.generate(np.zeros((200, 2)), 60, key=0, theta=np.repeat([[1e-4], [1e-2]], 100, axis=0))
    sizes = np.log((np.asarray(x) ** 2).mean(axis=1)).reshape(2, 100).mean(axis=1)
    np.testing.assert_allclose(sizes, np.log([2e-4, 2e-2]), atol=0.35)
    with pytest.raises(ValueError, match="give it theta"):
        fit.objective.generate(np.zeros((2, 2)), 10, key=0)
    with pytest.raises(ValueError, match="given names beta; the parameters are D"):
        sf.fit(sf.Bottleneck(encoder, decoder, given=("beta",)), sims, key=1, progress=False)
    with pytest.raises(ValueError, match="2 and 1 given parameters, 1 and 2 came"):
        sf.Bottleneck(encoder, SeriesDecoder(1, 2, key=0), given=("D",))
