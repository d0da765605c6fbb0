"""Every bound on the bivariate normal, whose log-ratio is known."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from suffice.bounds import (
    AlphaTUBA,
    FLO,
    InfoNCE,
    log_mean_exp,
    MINE,
    NWJ,
    pair_up,
    Pairs,
    registry,
    SMILE,
    TUBA,
)
from suffice.networks import BilinearCritic, FunctionCritic, GaussianCritic, JointCritic, SeparableCritic

RHO = 0.8
TRUTH = -0.5 * np.log(1 - RHO**2)
N = 3000


def log_ratio(x, y):
    z = (x[0] ** 2 - 2 * RHO * x[0] * y[0] + y[0] ** 2) / (1 - RHO**2)
    return -0.5 * jnp.log(1 - RHO**2) - 0.5 * (z - x[0] ** 2 - y[0] ** 2)


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(N, 1))
    y = RHO * x + np.sqrt(1 - RHO**2) * rng.normal(size=(N, 1))
    return jnp.asarray(x, float), jnp.asarray(y, float)


@pytest.fixture(scope="module")
def exact(data):
    return jax.jit(lambda x, y: pair_up(FunctionCritic(log_ratio), x, y, negatives=600, key=jax.random.key(0)))(*data)


def filled(name, **options):
    bound = registry.get(name)(**options)
    if name == "flo":
        return FLO(FunctionCritic(lambda x, y: -log_ratio(x, y)))
    return bound.for_sizes(1, 1, key=jax.random.key(0))


@pytest.mark.parametrize("name", registry.names)
def test_the_exact_critic_gives_the_mutual_information(name, data, exact):
    # InfoNCE and what leans on it lack the variance of a mean over 600 others.
    assert float(filled(name).value(exact, *data)) == pytest.approx(TRUTH, abs=0.04)


@pytest.mark.parametrize("name", registry.names)
def test_the_exact_critic_is_a_stationary_point_of_the_loss(name, data, exact):
    bound = filled(name)
    if name == "mine":
        bound = MINE()

    def loss(temper):
        return bound.loss(Pairs(temper * exact.joint, temper * exact.product), *data)

    around = jax.jit(jax.grad(loss))(1.0)
    assert abs(float(around)) < 0.06
    assert float(jax.jit(jax.grad(loss))(0.5)) < -0.05 or name == "flo"  # FLO's u stays that of temper one


@pytest.mark.parametrize("name", registry.names)
def test_a_critic_that_knows_nothing_gives_zero(name, data):
    silent = Pairs(jnp.zeros(N), jnp.zeros((N, 9)))
    bound = FLO(FunctionCritic(lambda x, y: 0.0)) if name == "flo" else filled(name)
    assert float(bound.value(silent, *data)) == pytest.approx(0, abs=1e-5)


def test_infonce_counts_the_positive_pair_and_so_has_a_ceiling(data):
    sure = Pairs(jnp.full(N, 50.0), jnp.zeros((N, 9)))
    assert float(InfoNCE().value(sure, *data)) == pytest.approx(np.log(10), rel=1e-6)


def test_alpha_tuba_goes_from_tuba_to_infonce(data, exact):
    x, y = data
    tuba = TUBA("constant").value(exact, x, y)
    assert float(AlphaTUBA(0.0).value(exact, x, y)) == pytest.approx(float(tuba), abs=1e-4)
    few = Pairs(jnp.full(N, 50.0), jnp.zeros((N, 9)))
    assert float(AlphaTUBA(1.0).value(few, x, y)) == pytest.approx(np.log(9), rel=1e-5)
    assert float(AlphaTUBA(0.25).value(few, x, y)) == pytest.approx(np.log(9 / 0.25), abs=0.2)


def test_an_exact_baseline_makes_any_function_of_x_harmless(data, exact):
    x, y = data
    moved = Pairs(exact.joint + 2 * x[:, 0], exact.product + 2 * x)

    def baseline(x):
        return 2 * x

    bound = TUBA("learned").for_sizes(1, 1, key=jax.random.key(0))
    object.__setattr__(bound, "log_a", baseline)
    assert float(bound.value(moved, x, y)) == pytest.approx(float(NWJ().value(exact, x, y)), abs=1e-4)
    ratio = bound.ratio(FunctionCritic(lambda x, y: log_ratio(x, y) + 2 * x[0]))
    assert float(ratio(x[0], y[0])) == pytest.approx(float(log_ratio(x[0], y[0])), abs=1e-5)


def test_the_gradient_of_mine_is_that_of_the_representation_once_it_has_followed(data, exact):
    x, y = data

    def mine(temper, running):
        bound = MINE()
        object.__setattr__(bound, "running", running)
        return bound.loss(Pairs(temper * exact.joint, temper * exact.product), x, y)

    def direct(temper):
        return log_mean_exp(temper * exact.product) - temper * exact.joint.mean()

    followed = log_mean_exp(0.7 * exact.product)
    assert float(jax.jit(jax.grad(mine))(0.7, followed)) == pytest.approx(
        float(jax.jit(jax.grad(direct))(0.7)), rel=1e-4
    )
    assert float(jax.jit(jax.grad(mine, argnums=1))(0.7, followed)) == pytest.approx(0, abs=1e-5)


def test_smile_clips(data):
    wild = Pairs(jnp.zeros(N), jnp.full((N, 9), 30.0))
    assert float(SMILE(tau=2.0).value(wild, *data)) == pytest.approx(-2.0)


@pytest.mark.parametrize("options", [{"alpha": 1.5}, {"alpha": -0.1}])
def test_alpha_out_of_range(options):
    with pytest.raises(ValueError, match="alpha"):
        AlphaTUBA(**options)


def test_names_that_are_none_are_listed():
    with pytest.raises(ValueError, match="baseline must be one of"):
        TUBA("none")
    with pytest.raises(ValueError, match="known: alpha-tuba, dv"):
        registry.get("nce")


@pytest.mark.parametrize(
    "critic",
    [
        JointCritic(2, 3, hidden=(8, 8), key=0),
        SeparableCritic(2, 3, hidden=(8,), key=0),
        BilinearCritic(2, 3, key=0),
        FunctionCritic(lambda x, y: x.sum() * y.sum()),
    ],
)
def test_pairs_are_the_critic_on_each_row_with_others(critic):
    x, y = jax.random.normal(jax.random.key(0), (6, 2)), jax.random.normal(jax.random.key(1), (6, 3))
    pairs = pair_up(critic, x, y, negatives=None, key=jax.random.key(2))
    every = np.array([[critic(a, b) for b in y] for a in x])
    np.testing.assert_allclose(pairs.joint, np.diag(every), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(
        np.sort(pairs.product), np.sort(every[~np.eye(6, dtype=bool)].reshape(6, 5)), rtol=1e-4, atol=1e-5
    )
    few = pair_up(critic, x, y, negatives=2, key=jax.random.key(2)).product
    assert few.shape == (6, 2) and all(np.isclose(every[i], f, rtol=1e-4).any() for i in range(6) for f in few[i])


def test_the_gaussian_critic_is_the_log_ratio_of_normal_variables(data):
    x, y = data
    critic = GaussianCritic(np.asarray(x), np.asarray(y))
    known = jax.jit(jax.vmap(log_ratio))(x[:50], y[:50])
    np.testing.assert_allclose(jax.jit(jax.vmap(critic))(x[:50], y[:50]), known, atol=0.25)
    assert float(jax.jit(jax.vmap(critic))(x, y).mean()) == pytest.approx(TRUTH, abs=0.03)
