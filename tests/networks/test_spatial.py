"""Networks for series, images and sets."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import suffice as sf
from suffice.networks import Conv1d, Conv2d, DeepSet, ResNet2d, start_from_data
from suffice.networks._convolution import Convolution
from suffice.simulate.processes import GaussianDraws

RNG = np.random.default_rng(0)
BUILT = {
    "series": (lambda: Conv1d(30, 2, key=0), (30,)),
    "channels": (lambda: Conv1d((3, 17), 2, key=0), (3, 17)),
    "image": (lambda: Conv2d((9, 12), 2, key=0), (9, 12)),
    "residual": (lambda: ResNet2d((2, 16, 16), 2, key=0), (2, 16, 16)),
    "stationary": (lambda: Conv2d((9, 12), 2, segments=1, periodic=True, kernel=5, key=0), (9, 12)),
    "set": (lambda: DeepSet(3, 2, key=0), (7, 3)),
}


def started(network, x, theta):
    return start_from_data(network, lambda f, one: f(one), x, theta)


@pytest.mark.parametrize("name", BUILT)
def test_one_example_gives_few_numbers_whatever_its_size(name, tmp_path):
    build, shape = BUILT[name]
    x, theta = RNG.normal(3.0, 5.0, size=(300, *shape)).astype(np.float32), RNG.normal(size=(300, 2))
    network = started(build(), x, theta)
    s = jax.jit(jax.vmap(network))(x)
    assert s.shape == (300, 2) and np.isfinite(s).all()
    gradient = jax.jit(jax.grad(lambda one: network(one).sum()))(jnp.asarray(x[0]))
    assert np.abs(gradient).max() > 0
    sf.save(network, tmp_path / "network.suffice")
    np.testing.assert_array_equal(jax.jit(jax.vmap(sf.load(tmp_path / "network.suffice")))(x), s)


@pytest.mark.parametrize("name", ["series", "image", "residual"])
def test_the_start_is_the_regression_on_all_numbers(name):
    """What is linear in the data is there before any training."""
    build, shape = BUILT[name]
    weights = RNG.normal(size=(int(np.prod(shape)), 2)) / np.sqrt(np.prod(shape))
    x = RNG.normal(size=(4000, *shape)).astype(np.float32)
    theta = x.reshape(4000, -1) @ weights + 0.1 * RNG.normal(size=(4000, 2))
    s = jax.jit(jax.vmap(started(build(), x, theta)))(x)
    for i in range(2):
        assert np.corrcoef(s[:, i], theta[:, i])[0, 1] > 0.98


def test_a_shift_along_a_series_is_learned():
    """Where a bump stands is no linear function of the series; a convolution finds it."""
    prior = sf.Prior(place=sf_uniform(5.0, 45.0))

    def simulator(key, theta):
        return jnp.exp(-0.5 * ((jnp.arange(50) - theta[0]) / 2.0) ** 2) + 0.1 * jax.random.normal(key, (50,))

    sims = sf.simulate(prior, simulator, 4000, key=0, progress=False)
    fit = sf.fit(
        sf.Ratio(Conv1d(50, 1, channels=(16, 32), key=1)), sims, key=2, test=0.1, max_epochs=12, progress=False
    )
    held_out = sims[fit.split.test]
    found = sf.posterior(fit, prior, held_out.x)
    # Fisher information of the place: Σ (∂x)² / 0.01 gives a standard deviation of 0.106.
    slope = (np.arange(50) - 25.0) / 4.0 * np.exp(-0.5 * ((np.arange(50) - 25.0) / 2.0) ** 2)
    exact = 0.1 / np.sqrt((slope**2).sum())
    assert np.median(found.std) < 6 * exact
    assert np.median(np.abs(found.mean - held_out.theta)) < 6 * exact


def sf_uniform(low, high):
    import numpyro.distributions as dist

    return dist.Uniform(low, high)


def test_a_set_has_no_order_and_its_padding_is_not_data():
    members = RNG.normal(size=(200, 6, 2)).astype(np.float32)
    mask = np.arange(6) < RNG.integers(1, 7, size=(200, 1))
    x = {"x": np.where(mask[..., None], members, 99.0), "mask": mask}
    network = started(DeepSet(2, 3, key=0), x, RNG.normal(size=(200, 1)))
    once = jax.jit(jax.vmap(network))(x)
    order = RNG.permutation(6)
    np.testing.assert_allclose(jax.jit(jax.vmap(network))(jax.tree.map(lambda v: v[:, order], x)), once, atol=1e-4)
    other = {"x": np.where(mask[..., None], members, -5.0), "mask": mask}
    np.testing.assert_allclose(jax.jit(jax.vmap(network))(other), once, atol=1e-5)
    one = {"x": x["x"][:1], "mask": mask[:1]}
    alone = network(jnp.asarray(members[0][mask[0]]))
    np.testing.assert_allclose(alone, jax.jit(jax.vmap(network))(one)[0], atol=1e-4)


def test_statistics_of_a_set_leave_its_padding_out():
    mask = np.arange(8) < RNG.integers(1, 9, size=(500, 1))
    x = {"x": np.where(mask[..., None], RNG.normal(4.0, 2.0, size=(500, 8, 1)), 1e4), "mask": mask}
    network = started(DeepSet(1, 1, key=0), x, RNG.normal(size=(500, 1)))
    assert float(network.standardise.mean.value.ravel()[0]) == pytest.approx(4.0, abs=0.2)
    assert float(network.standardise.scale.value.ravel()[0]) == pytest.approx(2.0, abs=0.2)


def test_the_spread_of_a_set_is_found_wherever_its_members_lie():
    """Ten draws with a mean in [-10, 10]: their variance is a small difference of large numbers."""
    process = GaussianDraws()
    sims, fresh = (sf.simulate(process.prior, process, n, key=n, progress=False) for n in (3000, 2000))
    sets = sf.Simulations(sims.theta, sims.x[..., None], sims.names)
    fit = sf.fit(sf.Regression(DeepSet(1, 2, key=0)), sets, key=0, max_epochs=20, progress=False)
    a, b = np.asarray(jax.jit(jax.vmap(fit.objective.summary))(fresh.x[..., None])).T
    spread = np.log(fresh.x.var(axis=1))
    terms = np.column_stack([np.ones(len(a)), a, b, a**2, b**2, a * b])
    left = spread - terms @ np.linalg.lstsq(terms, spread, rcond=None)[0]
    assert left.var() < 0.03 * spread.var()  # 0.011 to 0.017; without the spread in the pool 0.054 to 0.056


def test_where_members_lie_in_their_own_set_tells_their_variance_with_few_simulations():
    """The estimate beside the exact posterior mean, of ten draws with a mean in [-10, 10]."""
    process = GaussianDraws()
    sims, fresh = (sf.simulate(process.prior, process, n, key=n, progress=False) for n in (3000, 2000))
    sets = sf.Simulations(sims.theta, sims.x[..., None], sims.names)
    fit = sf.fit(sf.Regression(DeepSet(1, 2, relative=True, key=0)), sets, key=0, max_epochs=20, progress=False)
    found = np.asarray(jax.jit(jax.vmap(fit.objective.estimate))(fresh.x[..., None]))[:, 1]
    grid = np.linspace(0.0, 10.0, 41)[1:]
    exact = []
    for x in fresh.x[:300]:
        points = np.column_stack([np.full(len(grid), x.mean()), grid])
        ratio = process.exact_log_ratio(points, np.broadcast_to(x, (len(grid), len(x))))[:, 1]
        exact.append(np.average(grid, weights=np.exp(ratio)))
    off = found[:300] - np.array(exact)
    assert (off**2).mean() < 0.04 * np.var(exact)  # 0.028; without 0.054


def correlated(key, theta):
    """Four points of a plane, as far apart as e to the first parameter, correlated by tanh of the second."""
    a, b = jax.random.normal(key, (2, 4))
    rho = jnp.tanh(theta[1])
    return jnp.exp(theta[0]) * jnp.stack([a, rho * a + jnp.sqrt(1 - rho**2) * b], axis=1)


def test_the_shape_of_a_set_is_found_however_narrow_it_is():
    """Sets from 0.05 to 20 wide: the narrow ones' correlation is far below what the widest ones span."""
    prior = sf.Prior(log_width=sf_uniform(-3.0, 3.0), slant=normal())
    sims, fresh = (sf.simulate(prior, correlated, n, key=n, progress=False) for n in (4000, 2000))
    fit = sf.fit(sf.Regression(DeepSet(2, 2, key=0)), sims, key=0, max_epochs=40, progress=False)
    found = np.asarray(jax.jit(jax.vmap(fit.objective.estimate))(fresh.x))[:, 1]
    narrow = fresh.theta[:, 0] < 0
    apart = fresh.x - fresh.x.mean(axis=1, keepdims=True)
    r = (apart[..., 0] * apart[..., 1]).sum(axis=1) / np.sqrt((apart**2).sum(axis=1).prod(axis=1))
    assert np.corrcoef(found[narrow], r[narrow])[0, 1] > 0.95  # 0.985; told where members lie among all sets 0.74


def test_sets_of_different_sizes_give_the_exact_posterior():
    """The mean of a Gaussian from 1 to 10 draws: s must know the mean and how many there are."""
    prior = sf.Prior(mu=normal(), size=sf_uniform(0.0, 1.0))

    def simulator(key, theta):
        draws = theta[0] + jax.random.normal(key, (10, 1))
        return {"x": draws, "mask": jnp.arange(10) < 1 + jnp.floor(10 * theta[1] * 0.9999)}

    sims = sf.simulate(prior, simulator, 6000, key=0, progress=False)
    fit = sf.fit(sf.Ratio(DeepSet(1, 2, key=1), ["mu"]), sims, key=2, test=0.1, max_epochs=30, progress=False)
    held_out = sims[fit.split.test]
    found = sf.posterior(fit, prior, held_out.x).marginal("mu")
    count = held_out.x["mask"].sum(axis=1)
    total = np.where(held_out.x["mask"][..., None], held_out.x["x"], 0.0).sum(axis=(1, 2))
    std = 1 / np.sqrt(1 + count)
    assert np.abs((found.mean[:, 0] - total / (1 + count)) / std).mean() < 0.25
    assert (found.std[:, 0] / std).mean() == pytest.approx(1.0, abs=0.08)


def normal():
    import numpyro.distributions as dist

    return dist.Normal(0.0, 1.0)


@pytest.mark.parametrize(
    "build",
    [
        lambda: Conv1d((2, 3, 4), 1, key=0),
        lambda: Conv1d(10, 1, kernel=4, key=0),
        lambda: Conv2d((10,), 1, key=0),
        lambda: ResNet2d((1, 2, 3, 4), 1, key=0),
    ],
)
def test_shapes_that_do_not_fit_are_refused(build):
    with pytest.raises(ValueError, match="must be"):
        build()


@pytest.mark.parametrize(("dims", "kernel", "stride"), [(1, 5, 2), (2, 3, 2), (2, 1, 1), (2, 3, 1)])
def test_a_convolution_is_that_of_xla(dims, kernel, stride):
    layer = Convolution(3, 4, dims=dims, kernel=kernel, stride=stride, key=jax.random.key(0))
    x = jax.random.normal(jax.random.key(1), (11, 8)[:dims] + (3,))
    weight = jnp.moveaxis(layer.weight.reshape(*[kernel] * dims, 3, 4), (-1, -2), (0, 1))
    padding = [(kernel // 2, kernel // 2)] * dims
    known = jax.lax.conv_general_dilated(jnp.moveaxis(x, -1, 0)[None], weight, [stride] * dims, padding)[0]
    np.testing.assert_allclose(layer(x), jnp.moveaxis(known, 0, -1), atol=1e-5)


@pytest.mark.parametrize(
    ("build", "shape"),
    [
        (lambda: Conv1d(32, 2, segments=1, periodic=True, key=0), (32,)),
        (lambda: Conv2d((16, 32), 2, segments=1, periodic=True, key=0), (16, 32)),
        (lambda: ResNet2d((16, 32), 2, segments=1, periodic=True, key=0), (16, 32)),
    ],
)
def test_a_periodic_field_may_be_moved_by_what_the_blocks_halve(build, shape):
    x, theta = RNG.normal(size=(300, *shape)).astype(np.float32), RNG.normal(size=(300, 2))
    network = started(build(), x, theta)
    here, moved, other = (network(jnp.asarray(one)) for one in (x[0], np.roll(x[0], 8, axis=-1), x[1]))
    np.testing.assert_allclose(moved, here, atol=1e-5)
    assert np.abs(other - here).max() > 1e-3
