"""Densities that begin at the linear-Gaussian one."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import numpyro.distributions as dist
import pytest

import suffice as sf
from suffice.objectives import _parameters
from suffice.simulate import Batch
from suffice.train import Arrays, fit_members

KINDS = {
    "flow": lambda s, prior: sf.Flow(s, prior, layers=1, width=8, depth=1),
    "gaussian": lambda s, prior: sf.Gaussian(s, prior, width=8),
    "matching": lambda s, prior: sf.FlowMatching(s, prior, width=8, depth=1),
}


@pytest.fixture
def prior():
    return sf.Prior(a=dist.Uniform(-1, 1), b=dist.Normal(0, 1))


@pytest.fixture
def sims(prior):
    return sf.simulate(prior, lambda key, theta: theta + 0.1 * jax.random.normal(key, (2,)), 300, key=0, progress=False)


@pytest.fixture(params=KINDS)
def objective(request, prior):
    return KINDS[request.param](sf.networks.MLP(2, 2, width=8, depth=1, key=0), prior)


@pytest.fixture
def in_turns(monkeypatch):
    """The training rows of each member call for another start than those of the one before it."""
    turn = itertools.count()
    monkeypatch.setattr(_parameters, "better_start", lambda starts, s, u: next(turn) % len(starts))


def test_members_of_an_ensemble_begin_in_one_form(objective, sims, in_turns):
    fit = sf.fit(objective, sims, key=0, ensemble=3, batch_size=50, max_epochs=1, progress=False)
    assert [member.start_at.prior is None for member in fit.objective.members] == [False] * 3
    first, *others = [jax.tree.structure(member) for member in fit.objective.members]
    assert all(other == first for other in others)


def test_folds_begin_in_one_form(objective, sims, in_turns):
    batch = Batch(sims.theta, sims.x)
    data = Arrays(batch, np.arange(300), batch_size=50, names=sims.names)
    parts = [
        (Arrays(data.data, rows[:200], batch_size=50, names=sims.names), Arrays(data.data, rows[200:], batch_size=50))
        for rows in (np.arange(300), np.arange(300)[::-1])
    ]
    found = fit_members([objective, objective], parts, key=0, max_epochs=1, progress=False)
    assert [one.start_at.prior is None for one in found.objectives] == [False, False]


def test_an_untrained_density_says_so(objective, prior):
    with pytest.raises(ValueError, match="has not been trained: pass it to"):
        objective.log_density(jnp.zeros(2), jnp.zeros(2))
    with pytest.raises(ValueError, match="has not been trained: pass it to"):
        objective.draw(jnp.zeros(2), key=jax.random.key(0))
