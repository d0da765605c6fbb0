"""Settings that every test shares; they must stand before JAX and matplotlib are first imported."""

import os
import tempfile

os.environ.setdefault("MPLBACKEND", "Agg")
# A compiled program is kept between runs: most of the time of a small test is compilation.
os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", os.path.join(tempfile.gettempdir(), "suffice-jax-cache"))
os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0")  # hundreds of small ones are most of it

import pytest


@pytest.fixture(scope="module", autouse=True)
def _compiled_programs_are_let_go():
    """A process that runs many tests has as many programs."""
    from suffice.core import let_programs_go

    yield
    let_programs_go(15_000)


@pytest.fixture
def unchecked():
    """Annotations are not checked, so that what a user without beartype is told can be seen."""
    from jaxtyping import config

    config.update("jaxtyping_disable", True)
    yield
    config.update("jaxtyping_disable", False)


@pytest.fixture
def compilations():
    """What is compiled from now on: a list that grows by one for each program."""
    import jax

    compiled = []

    def listen(name, seconds, **_):
        if "backend_compile" in name:
            compiled.append(seconds)

    jax.monitoring.register_event_duration_secs_listener(listen)
    yield compiled
    jax.monitoring.unregister_event_duration_listener(listen)


@pytest.fixture(scope="session")
def regression():
    """The linear regression, whose marginals are known, with a trained linear summary."""
    from types import SimpleNamespace

    import suffice as sf
    from suffice.simulate.processes import LinearRegression

    process = LinearRegression()
    sims = sf.simulate(process.prior, process, 6000, key=0, progress=False)
    objective = sf.Ratio(sf.networks.Linear(100, 3, key=1))
    fit = sf.fit(objective, sims, key=2, test=0.1, max_epochs=25, average=0.98, progress=False)
    fresh = sf.simulate(process.prior, process, 400, key=3, progress=False)
    return SimpleNamespace(process=process, prior=process.prior, sims=sims, fit=fit, fresh=fresh)


@pytest.fixture(scope="session")
def correlated():
    """theta ~ N(0, 1)², x = A theta + 0.5 noise: a Gaussian posterior whose parameters depend on each other.

    `correlated(marginals)` trains ratios for some groups, once; `.exact(x)` gives mean and covariance.
    """
    import functools
    from types import SimpleNamespace

    import jax
    import numpy as np
    import numpyro.distributions as dist

    import suffice as sf

    matrix = np.array([[1.0, 0.8], [0.2, 1.0], [0.5, 0.7]])
    precision = np.eye(2) + matrix.T @ matrix / 0.25
    covariance = np.linalg.inv(precision)

    def simulator(key, theta):
        return matrix @ theta + 0.5 * jax.random.normal(key, (3,))

    prior = sf.Prior(a=dist.Normal(0, 1), b=dist.Normal(0, 1))
    sims = sf.simulate(prior, simulator, 8000, key=0, progress=False)

    @functools.cache
    def trained(marginals):
        objective = sf.Ratio(sf.networks.MLP(3, 2, width=32, key=1), marginals)
        return sf.fit(objective, sims, key=2, max_epochs=25, average=0.98, progress=False)

    def exact(x):
        return np.asarray(x) @ matrix @ covariance / 0.25, covariance

    return SimpleNamespace(fit=trained, exact=exact, prior=prior, sims=sims, simulator=simulator)
