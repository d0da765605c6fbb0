"""What holds for every prior: densities that integrate to one, maps that undo each other, cuts that keep the shape."""

import jax.numpy as jnp
import numpy as np
import numpyro.distributions as dist
from hypothesis import given, HealthCheck, settings, strategies as st
from scipy.integrate import trapezoid

import suffice as sf

_FEW = settings(max_examples=4, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck))
_LOC = st.integers(-50, 50).map(lambda k: k / 10)
_SCALE = st.integers(2, 50).map(lambda k: k / 10)
_SHAPE = st.integers(5, 40).map(lambda k: k / 10)

DISTRIBUTIONS = st.one_of(
    st.builds(lambda low, width: dist.Uniform(low, low + width), _LOC, _SCALE),
    st.builds(dist.Normal, _LOC, _SCALE),
    st.builds(dist.LogNormal, _LOC.map(lambda k: k / 5), st.integers(2, 15).map(lambda k: k / 10)),
    st.builds(dist.Gamma, _SHAPE, _SCALE),
    st.builds(dist.Beta, _SHAPE, _SHAPE),
    st.builds(dist.Exponential, _SCALE),
    st.builds(dist.HalfNormal, _SCALE),
    st.builds(dist.Laplace, _LOC, _SCALE),
    st.builds(dist.Logistic, _LOC, _SCALE),
)


def _mass(prior: sf.Prior) -> float:
    """The integral of the density, over the unconstrained line, which goes well beyond 2,000 draws."""
    u = np.asarray(prior.to_unconstrained(prior.sample(2000, key=0)), np.float64)[:, 0]
    low, high = u.min() - 2 * np.ptp(u), u.max() + 2 * np.ptp(u)
    line = np.linspace(low, high, 8001, dtype=np.float32)
    density = np.exp(np.asarray(prior.log_prob_unconstrained(jnp.asarray(line[:, None])), np.float64))
    return float(trapezoid(np.where(np.isfinite(density), density, 0.0), line.astype(np.float64)))


@_FEW
@given(DISTRIBUTIONS)
def test_the_density_integrates_to_one(distribution):
    assert abs(_mass(sf.Prior(z=distribution)) - 1) < 3e-3


@_FEW
@given(DISTRIBUTIONS, DISTRIBUTIONS)
def test_the_unconstrained_map_is_undone(one, other):
    prior = sf.Prior(a=one, b=other)
    theta = prior.sample(100, key=1)
    assert bool(prior.contains(theta).all())
    again = prior.from_unconstrained(prior.to_unconstrained(theta))
    scale = np.std(np.asarray(theta), axis=0)
    np.testing.assert_allclose((again - theta) / scale, 0, atol=1e-3)


@settings(_FEW, max_examples=3)
@given(DISTRIBUTIONS, st.integers(0, 8), st.integers(1, 9))
def test_a_cut_keeps_the_shape_and_integrates_to_one(distribution, first, width):
    prior = sf.Prior(z=distribution)
    draws = np.sort(np.asarray(prior.sample(1001, key=2))[:, 0])
    low, high = draws[100 * first + 20], draws[min(980, 100 * (first + width) + 20)]
    cut = prior.truncate(np.array([low]), np.array([high]))
    theta = cut.sample(300, key=3)
    assert bool(((theta >= low) & (theta <= high)).all())
    ratio = np.asarray(cut.log_prob(theta) - prior.log_prob(theta))
    share = np.mean((draws >= low) & (draws <= high))
    np.testing.assert_allclose(ratio, ratio[0], atol=2e-3)  # the same shape, raised by minus the logarithm of the mass
    assert abs(np.exp(-ratio[0]) - share) < 0.08  # five standard errors of a share of 1001 draws
    assert abs(_mass(cut) - 1) < 3e-3
    outside = np.array([[low - 0.1 * (high - low)], [high + 0.1 * (high - low)]], np.float32)
    assert np.isneginf(cut.log_prob(outside)).all()
    again = cut.truncate(np.array([low]), np.array([high]))  # the same cut again changes nothing
    np.testing.assert_allclose(again.log_prob(theta), cut.log_prob(theta), atol=2e-3)
