"""The Fisher objective on ten Gaussian draws, whose Fisher matrix is diag(10, 5)."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import suffice as sf
from suffice.objectives import Moments, moments_of
from suffice.objectives._local import error_ellipse
from suffice.objectives._regulariser import regulariser
from suffice.train import Rows, Summarised

FIDUCIAL = {"mean": 0.0, "variance": 1.0}
EXACT = np.diag([10.0, 5.0])


def simulator(key, theta):
    return theta[0] + jnp.sqrt(theta[1]) * jax.random.normal(key, (10,))


def sums(x):
    return jnp.stack([x.sum(), (x**2).sum()])


def draws(n, seed):
    noise = np.random.default_rng(seed).normal(size=(n, 10))
    return noise, np.stack([np.ones_like(noise), noise / 2], axis=-1)


def network(seed=0, **options):
    return sf.networks.MLP(10, 2, width=32, depth=2, key=seed, **options)


@pytest.fixture(scope="module")
def trained():
    tangents = sf.Tangents.simulated(simulator, FIDUCIAL, 500, steps=100)
    return sf.fit(sf.Fisher(network()), tangents, key=1, max_epochs=6, progress=False)


@pytest.fixture(scope="module")
def fresh():
    return sf.Tangents.simulated(simulator, FIDUCIAL, 20_000)


def test_learns_nearly_all_information(trained, fresh):
    found = sf.fisher_matrix(trained.objective.summary, fresh, key=3)
    assert 46.5 < found.det < 50.6
    np.testing.assert_allclose(found, EXACT, atol=0.5)


def test_the_estimate_reaches_the_cramer_rao_bound(trained):
    keys = jax.random.split(jax.random.key(8), 10_000)
    theta = jnp.array([0.05, 1.1])
    x = jax.jit(jax.vmap(simulator, (0, None)))(keys, theta)
    estimates = np.asarray(jax.jit(jax.vmap(trained.objective.estimate))(x))
    np.testing.assert_allclose(estimates.mean(axis=0), theta, atol=0.03)
    x = jax.jit(jax.vmap(simulator, (0, None)))(keys, jnp.array([0.0, 1.0]))
    estimates = np.asarray(jax.jit(jax.vmap(trained.objective.estimate))(x))
    np.testing.assert_allclose(estimates.var(axis=0), [0.1, 0.2], rtol=0.08)


def test_history_holds_what_the_method_is_judged_by(trained):
    for part in ("train", "valid"):
        for name in (
            "det_F",
            "minus_log_det",
            "lambda",
            "r",
            "det_C",
            "det_C_inverse",
            "dmu[0]/mean",
            "dmu[1]/variance",
        ):
            assert np.isfinite(trained.history[f"{part}_{name}"]).all()
    last = trained.history.iloc[-1]
    assert last.valid_lambda < 0.1 and abs(last.valid_det_C - 1) < 0.2
    assert last.valid_minus_log_det == pytest.approx(-np.log(last.valid_det_F), abs=1e-4)


def test_moments_and_information_of_known_summaries():
    x, dx = draws(200_000, 0)
    s = np.stack([x.sum(1), (x**2).sum(1)], axis=1)
    ds = np.stack([dx.sum(1), (2 * x[..., None] * dx).sum(1)], axis=1)
    moments = moments_of(Summarised(jnp.asarray(s), jnp.asarray(ds)))
    np.testing.assert_allclose(moments.covariance, np.cov(s, rowvar=False), rtol=1e-3, atol=0.05)
    np.testing.assert_allclose(moments.information(), EXACT, atol=0.15)


def test_the_information_of_parts_adds_up_by_the_schur_complement():
    rng = np.random.default_rng(1)
    a = rng.normal(size=(5, 5))
    moments = Moments(jnp.zeros(5), jnp.asarray(a @ a.T + np.eye(5)), jnp.asarray(rng.normal(size=(5, 2))))
    whole = moments.first(2).information() + moments.given(2).information()
    np.testing.assert_allclose(whole, moments.information(), rtol=1e-4)


def test_the_first_unit_is_the_error_ellipse_of_a_linear_model():
    # x = A θ + ε with independent noise of variance 4: the error ellipse is 4 (Aᵀ A)⁻¹, here far from round.
    rng = np.random.default_rng(0)
    a = rng.normal(size=(20, 1)) + 0.3 * rng.normal(size=(20, 2))
    rows = Rows(2 * rng.normal(size=(20_000, 20)), np.broadcast_to(a, (20_000, 20, 2)), True)
    unit = error_ellipse(rows)
    np.testing.assert_allclose(unit @ unit.T, 4 * np.linalg.inv(a.T @ a), rtol=0.05)


def test_regulariser_is_the_published_one():
    rule = regulariser(10, 0.1)
    assert rule.alpha == pytest.approx(0.9531, abs=1e-3)
    c = jnp.array([[2.0, 0.3], [0.3, 0.5]])
    lam, r = rule(c)
    c = np.asarray(c)
    expected = 0.5 * (((c - np.eye(2)) ** 2).sum() + ((np.linalg.inv(c) - np.eye(2)) ** 2).sum())
    assert float(lam) == pytest.approx(float(expected), rel=1e-5)
    assert float(r) == pytest.approx(10 * expected / (expected + np.exp(-rule.alpha * expected)), rel=1e-5)


@pytest.mark.parametrize(
    "make",
    [
        lambda x, dx: sf.Tangents.exact(x, dx, FIDUCIAL),
        lambda x, dx: sf.Tangents.exact(x, dx[:300], FIDUCIAL),
        lambda x, dx: sf.Tangents.simulated(simulator, FIDUCIAL, 500),
        lambda x, dx: sf.Tangents.simulated(simulator, FIDUCIAL, 500, n_d=200, delta=0.1),
    ],
)
def test_the_gradient_does_not_depend_on_the_chunk(make):
    import equinox as eqx

    source = make(*draws(500, 2))
    batch = source.batch(source.plan(jax.random.key(0)), 0, jax.random.key(0))
    rows = source.sample(500, key=jax.random.key(0))
    gradients = []
    for chunk in (None, 64):
        objective = sf.Fisher(network(activation=jnp.tanh), warm=0, chunk=chunk)
        objective = objective.start(rows, names=source.names, key=jax.random.key(0))
        objective = eqx.tree_at(lambda f: f.summary.stack.last.weight, objective, 0.1 * jnp.ones((2, 32)))
        gradient = eqx.filter_jit(
            eqx.filter_grad(lambda f: f.loss(batch, key=jax.random.key(0), step=jnp.asarray(0))[0])
        )(objective)
        gradients.append(gradient.summary.stack.hidden[0].weight)
    assert np.abs(gradients[0]).max() > 1e-4
    np.testing.assert_allclose(gradients[0], gradients[1], rtol=2e-4, atol=1e-5 * np.abs(gradients[0]).max())


def test_existing_summaries_count_and_the_network_adds_what_they_lack():
    tangents = sf.Tangents.simulated(simulator, FIDUCIAL, 500, steps=100)
    mean = sf.Fisher(sf.networks.MLP(10, 1, width=32, key=0), existing=lambda x: x.mean())
    fit = sf.fit(mean, tangents, key=1, max_epochs=6, progress=False)
    assert fit.history.valid_det_F.iloc[-1] > 45
    measured = sf.fisher_matrix(fit.objective.summarise, sf.Tangents.simulated(simulator, FIDUCIAL, 20_000), key=3)
    np.testing.assert_allclose(measured, EXACT, atol=0.6)


def test_gain_over_existing_summaries_is_reported():
    tangents = sf.Tangents.simulated(simulator, FIDUCIAL, 500, steps=50)
    few = lambda x: jnp.stack([x[:5].sum(), (x[:5] ** 2).sum()])  # noqa: E731
    fit = sf.fit(sf.Fisher(network(), existing=few), tangents, key=1, max_epochs=8, progress=False)
    assert fit.history.valid_log_det_existing.iloc[-1] == pytest.approx(np.log(12.5), abs=0.15)
    assert fit.history.valid_gain.iloc[-1] == pytest.approx(np.log(2), abs=0.1)


def test_training_goes_on_from_where_it_was(trained):
    tangents = sf.Tangents.simulated(simulator, FIDUCIAL, 500, steps=100)
    again = sf.fit(trained.objective, tangents, key=2, max_epochs=1, progress=False)
    assert again.history.valid_det_F.iloc[0] > 0.97 * trained.history.valid_det_F.max()


def test_a_fit_can_be_saved(trained, tmp_path):
    back = sf.load(sf.save(trained, tmp_path / "fisher.suffice"))
    x = jnp.arange(10.0)
    np.testing.assert_array_equal(back.objective.estimate(x), trained.objective.estimate(x))


def test_a_network_with_kinks_is_warned_of():
    tangents = sf.Tangents.simulated(simulator, FIDUCIAL, 100, steps=1)
    with pytest.warns(UserWarning, match="kinks move"):
        sf.fit(sf.Fisher(network(activation=jax.nn.relu)), tangents, key=0, max_epochs=1, progress=False)
    differences = sf.Tangents.simulated(simulator, FIDUCIAL, 100, steps=1, delta=0.2)
    sf.fit(sf.Fisher(network(activation=jax.nn.relu)), differences, key=0, max_epochs=1, progress=False)


@pytest.mark.parametrize(
    "options, message",
    [
        ({"strength": 11}, "too large for closeness"),
        ({"strength": 0.5}, "at least 1"),
        ({"closeness": 0.0}, "positive"),
        ({"chunk": 0}, "chunk"),
        ({"warm": -1}, "warm"),
    ],
)
def test_settings_out_of_range(options, message):
    with pytest.raises(ValueError, match=message):
        sf.Fisher(network(), **options)


def test_what_cannot_be_trained_is_refused():
    run = lambda f, t: sf.fit(f, t, key=0, max_epochs=1, progress=False)  # noqa: E731
    with pytest.raises(ValueError, match="1 summaries came for 2 parameters"):
        run(sf.Fisher(lambda x: x.sum()), sf.Tangents.simulated(simulator, FIDUCIAL, 100))
    with pytest.raises(ValueError, match="too few for the covariance of 2"):
        run(sf.Fisher(network()), sf.Tangents.simulated(simulator, FIDUCIAL, 3))
    with pytest.raises(ValueError, match="linear combinations"):
        run(sf.Fisher(lambda x: jnp.stack([x.sum(), 2 * x.sum()])), sf.Tangents.simulated(simulator, FIDUCIAL, 100))
    with pytest.raises(TypeError, match=r"sf.Tangents"):
        sims = sf.Simulations(np.random.default_rng(0).normal(size=(600, 2)), np.zeros((600, 10)))
        run(sf.Fisher(network()), sims)


def test_an_observation_of_another_shape_is_refused(trained):
    with pytest.raises(ValueError, match=r"shape of one simulation, \(10,\), but \(9,\) came"):
        trained.objective.estimate(jnp.zeros(9))
    with pytest.raises(ValueError, match=r"jax.vmap"):
        trained.objective.estimate(jnp.zeros((4, 10)))
    with pytest.raises(ValueError, match="has not been trained"):
        sf.Fisher(network()).estimate(jnp.zeros(10))
