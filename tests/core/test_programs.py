"""Room for compiled programs."""

import jax
import jax.numpy as jnp
import pytest

from suffice.core import _programs, let_programs_go


def test_programs_stay_until_there_are_many():
    double = jax.jit(lambda x: 2 * x)
    double(jnp.ones(3))
    assert not let_programs_go(10**9)
    assert double._cache_size() == 1
    assert let_programs_go(0)
    assert double._cache_size() == 0
    assert double(jnp.ones(3)).tolist() == [2, 2, 2]


@pytest.mark.skipif(not _programs._mappings(), reason="a process of this system has no limit of mappings")
def test_their_mappings_are_given_back():
    """Hundreds of fits of different shapes in one process did end it."""
    let_programs_go(0)
    few = _programs._mappings()
    made = [jax.jit(lambda x, k=k: jnp.sin(x + k).sum()) for k in range(40)]
    for one in made:
        one(jnp.ones(5))
    many = _programs._mappings()
    assert many > few + 40
    let_programs_go(0)
    assert _programs._mappings() < few + 40


def test_a_fit_makes_room(monkeypatch):
    import numpyro.distributions as dist

    import suffice as sf

    prior = sf.Prior(a=dist.Normal(0, 1))
    sims = sf.simulate(prior, lambda rng, theta: theta + rng.normal(size=1), 64, key=0, progress=False)
    double = jax.jit(lambda x: 2 * x)
    double(jnp.ones(3))
    monkeypatch.setattr(_programs, "_mappings", lambda: 40_000)
    sf.fit(sf.Regression(sf.networks.Linear(1, 1, key=0)), sims, key=0, batch_size=16, max_epochs=1, progress=False)
    assert double._cache_size() == 0
