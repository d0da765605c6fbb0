"""A prior looks the same to JAX in every process, whatever order its sets have there."""

import os
import subprocess
import sys

import jax
import numpy as np
import numpyro.distributions as dist
import pytest

import suffice as sf
from suffice.priors._ordered import Ordered

PRIOR = """
import numpy as np, numpyro.distributions as dist, suffice as sf
PRIOR = sf.Prior(
    a=dist.Uniform(-1, 1).expand([2]),
    b=dist.TransformedDistribution(dist.Normal(1.0, 2.0), dist.transforms.ExpTransform()),
    c=dist.MultivariateNormal(np.zeros(2), np.eye(2)),
    d=dist.TruncatedNormal(1.0, 2.0, low=0.0),
)
"""
COMPILED = """
import jax
jax.jit(lambda prior: prior.log_prob(np.full((3, PRIOR.dim), 0.5)))(PRIOR)
"""
FITTED = """
import sys
theta = PRIOR.sample(200, key=0)
sims = sf.Simulations(theta, np.asarray(theta) + 1.0, names=PRIOR.names)
objective = sf.Gaussian(sf.networks.Linear(PRIOR.dim, 2, key=0), PRIOR)
settings = {"key": 1, "checkpoint": sys.argv[1], "progress": False, "batch_size": 50}
print(len(sf.fit(objective, sims, max_epochs=int(sys.argv[2]), **settings).history))
"""


def said(program, seed, *words, **environment):
    command = [sys.executable, "-c", PRIOR + program, *map(str, words)]
    environment = os.environ | {"PYTHONHASHSEED": str(seed)} | environment
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_what_was_compiled_for_it_is_found_again(tmp_path):
    cache = {"JAX_COMPILATION_CACHE_DIR": str(tmp_path), "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0"}
    said(COMPILED, 1, **cache)
    before = set(tmp_path.iterdir())
    for seed in (2, 3, 4):
        said(COMPILED, seed, **cache)
    assert before and set(tmp_path.iterdir()) == before


def test_a_fit_goes_on_in_another_process(tmp_path):
    rows = [said(FITTED, seed, tmp_path / "fit.checkpoint", epochs) for seed, epochs in ((1, 1), (2, 2))]
    assert rows == ["2", "3"]  # the start is one


@pytest.mark.parametrize(
    "distribution",
    [
        dist.Uniform(-1.0, 2.0).expand([2]),
        dist.TransformedDistribution(dist.Normal(1.0, 2.0), dist.transforms.ExpTransform()),
        dist.Independent(dist.Beta(2.0, 3.0).expand([3]), 1),
        dist.TruncatedNormal(1.0, 2.0, low=0.0),
        dist.Normal(0.0, 1.0).mask(True),
        dist.Categorical(np.array([0.2, 0.8])),
    ],
)
def test_it_holds_any_distribution(distribution):
    leaves, structure = jax.tree.flatten(Ordered(distribution))
    again = jax.tree.unflatten(structure, leaves).value
    assert type(again) is type(distribution)
    x = distribution.sample(jax.random.key(0))
    np.testing.assert_allclose(again.log_prob(x), distribution.log_prob(x))
    twice = jax.jit(lambda held, x: held.value.log_prob(x))(Ordered(distribution), x)
    np.testing.assert_allclose(twice, distribution.log_prob(x), rtol=1e-5)


def test_a_prior_that_an_older_version_saved_is_read():
    """There the distribution stood bare in its factor."""
    prior = sf.Prior(a=dist.Uniform(-1, 1), b=dist.MultivariateNormal(np.zeros(2), np.eye(2)))
    theta = prior.sample(4, key=0)
    expected = prior.log_prob(theta)
    for factor in prior.factors:
        object.__setattr__(factor, "distribution", factor.law)
    np.testing.assert_array_equal(prior.log_prob(theta), expected)
