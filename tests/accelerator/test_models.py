"""Flows, bottlenecks and ensembles on an accelerator, against exact answers: `pytest -m gpu`."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import suffice as sf
from suffice.networks import SeriesDecoder, SeriesEncoder
from suffice.simulate.processes import Brownian
from suffice.train import Ensemble

pytestmark = [pytest.mark.gpu, pytest.mark.filterwarnings("default::UserWarning")]

OBSERVED = np.array([0.5, 0.3, 0.8])


@pytest.mark.parametrize("members", [1, 3])
def test_the_posterior_of_a_flow(correlated, on_accelerator, members):
    network = sf.networks.MLP(3, 2, width=32, key=1)
    objective = sf.Flow(network, correlated.prior, layers=2, width=32, depth=1)
    fit = sf.fit(objective, correlated.sims, key=2, max_epochs=25, average=0.98, ensemble=members, progress=False)
    assert on_accelerator(fit.objective) and isinstance(fit.objective, Ensemble) == (members > 1)
    posterior = sf.posterior(fit, correlated.prior, OBSERVED, key=0)
    mean, covariance = correlated.exact(OBSERVED)
    std = np.sqrt(np.diag(covariance))
    np.testing.assert_allclose(np.asarray(posterior.mean), mean, atol=0.2 * std.min())
    np.testing.assert_allclose(np.asarray(posterior.std), std, rtol=0.1)
    drawn = np.asarray(posterior.sample(20_000, key=1))
    np.testing.assert_allclose(np.corrcoef(drawn.T)[0, 1], covariance[0, 1] / std.prod(), atol=0.08)


def test_an_ensemble_of_ratios(correlated, on_accelerator):
    objective = sf.Ratio(sf.networks.MLP(3, 2, width=32, key=1))
    fit = sf.fit(objective, correlated.sims, key=2, max_epochs=25, average=0.98, ensemble=3, progress=False)
    assert on_accelerator(fit.objective)
    summaries = [np.asarray(one.summary(jnp.asarray(OBSERVED))) for one in fit.objective.members]
    assert np.ptp(summaries, axis=0).max() > 1e-3  # they differ
    posterior = sf.posterior(fit, correlated.prior, OBSERVED, key=0)
    mean, covariance = correlated.exact(OBSERVED)
    std = np.sqrt(np.diag(covariance))
    np.testing.assert_allclose((np.asarray(posterior.mean) - mean) / std, 0, atol=0.25)
    np.testing.assert_allclose(np.asarray(posterior.std) / std, 1, atol=0.12)


def test_a_bottleneck_of_brownian_motion(on_accelerator):
    process, small = Brownian(60), {"hidden": (16,), "channels": 4, "segments": 4}
    sims = sf.simulate(process.prior, process, 6000, key=0, progress=False)
    wave = {"width": 4, "skips": 4, "dilations": (1,)}
    encoder = SeriesEncoder(1, 2, layers=1, key=0, **small)
    decoder = SeriesDecoder(1, 2, conditions=2, wavenet=wave, key=1, **small)
    fit = sf.fit(sf.Bottleneck(encoder, decoder), sims, key=1, learning_rate=4e-3, max_epochs=25, progress=False)
    assert on_accelerator(fit.objective)
    held = sims[fit.split.valid]
    grid, x = np.geomspace(1e-5, 1e-2, 60)[:, None], np.asarray(held.x, np.float64)
    floor = process.predictive_floor(grid, x, first=fit.objective.skip, informed=True).mean()
    best = fit.history.loc[fit.history["valid_loss"].idxmin()]
    assert floor - 0.01 < best["valid_loss"] < floor + 0.12
    kl = [best[f"valid_kl_{i}"] for i in range(2)]
    assert min(kl) < 0.3 and max(kl) > 1.3
    z = np.asarray(jax.vmap(fit.objective.summary)(jnp.asarray(sims.x)))
    assert abs(np.corrcoef(z[:, int(np.argmax(kl))], np.log(sims.theta[:, 0]))[0, 1]) > 0.95
    made = np.asarray(fit.objective.generate(jnp.asarray(z[:300]), 150, key=jax.random.key(0)))
    ratio = np.log((made**2).mean(axis=1)) - np.log(2 * np.asarray(sims.theta[:300, 0]))
    assert abs(ratio.mean()) < 0.2 and ratio.std() < 0.7
