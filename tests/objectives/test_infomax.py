"""InfoMax on a linear model with noise, whose information is known."""

import jax
import jax.numpy as jnp
import numpy as np
import numpyro.distributions as dist
import pytest

import suffice as sf

RNG = np.random.default_rng(0)
DESIGN = RNG.normal(size=(2, 12))
PRIOR = sf.Prior(a=dist.Normal(0, 1), b=dist.Normal(0, 1))
EXACT = 0.5 * np.linalg.slogdet(np.eye(2) + DESIGN @ DESIGN.T / 0.25)[1]


def simulator(key, theta):
    return theta @ jnp.asarray(DESIGN) + 0.5 * jax.random.normal(key, (12,))


@pytest.fixture(scope="module")
def sims():
    return sf.simulate(PRIOR, simulator, 6000, key=0, progress=False)


def fitted(sims, bound):
    return sf.fit(
        sf.InfoMax(sf.networks.MLP(12, 2, width=16, key=1), bound, width=32), sims, key=2, max_epochs=12, progress=False
    )


@pytest.fixture(scope="module")
def density(sims):
    return fitted(sims, "ba")


def test_the_density_keeps_nearly_all_information(density):
    fresh = sf.simulate(PRIOR, simulator, 4000, key=9, progress=False)
    log = jax.jit(jax.vmap(density.objective.log_prob))(jnp.asarray(fresh.theta), jnp.asarray(fresh.x))
    bound = float(log.mean()) + 2 * 0.5 * np.log(2 * np.pi * np.e)
    assert 0.98 * EXACT < bound < EXACT + 0.05


@pytest.mark.parametrize("bound", ["js", "infonce"])
def test_a_critic_learns_it_too(sims, bound):
    fit = fitted(sims, bound)
    found = fit.history["valid_value"].to_numpy()
    ceiling = np.log(17) if bound == "infonce" else EXACT  # 16 negatives and the positive
    assert found[-1] > 0.65 * min(EXACT, ceiling) and found[-1] > found[0]
    assert found[-1] < min(EXACT, ceiling) + 0.3
    with pytest.raises(ValueError, match="no density"):
        fit.objective.log_prob(jnp.zeros(2), jnp.zeros(12))


def test_it_can_be_saved(density, tmp_path):
    sf.save(density, tmp_path / "fit.suffice")
    x, theta = jnp.ones(12), jnp.zeros(2)
    again = sf.load(tmp_path / "fit.suffice").objective
    assert float(again.log_prob(theta, x)) == float(density.objective.log_prob(theta, x))


def test_what_cannot_be_is_refused(sims):
    with pytest.raises(ValueError, match="known: ba, alpha-tuba"):
        sf.InfoMax(lambda x: x, "none")
    with pytest.raises(ValueError, match="has not been trained"):
        sf.InfoMax(lambda x: x).log_prob(jnp.zeros(2), jnp.zeros(12))
