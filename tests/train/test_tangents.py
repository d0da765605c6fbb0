"""Where derivatives come from: every source gives the same known summaries and derivatives."""

import json

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import suffice as sf
from suffice.train import save_tangents

FIDUCIAL = {"slope": 2.0, "offset": -1.0}
GRID = np.linspace(-1, 1, 6, dtype=np.float32)


def simulator(key, theta):
    return theta[0] * GRID + theta[1] + theta[0] ** 2 * 0.1 + jax.random.normal(key, (6,))


def noise(seed):
    return np.asarray(jax.random.normal(jax.random.key(seed), (6,)))


def at(theta, seed):
    return theta[0] * GRID + theta[1] + theta[0] ** 2 * 0.1 + noise(seed)


def moved(seed, side, parameter, delta=0.2):
    theta = np.array([2.0, -1.0])
    theta[parameter] += delta / 2 if side == "upper" else -delta / 2
    return at(theta, seed)


N, N_D = 40, 24
X = np.stack([at((2.0, -1.0), seed) for seed in range(N)])
DX = np.broadcast_to(np.stack([GRID + 0.4, np.ones(6)], axis=-1), (N_D, 6, 2)).astype(np.float32)
PAIRS = np.stack([[[moved(s, side, i) for i in (0, 1)] for side in ("lower", "upper")] for s in range(N_D)])


def summary(x):
    return jnp.stack([x.sum(), (x**2).sum()])


EXACT = {"s": np.asarray(jax.vmap(summary)(X)), "ds": np.stack([DX.sum(1), 2 * (X[:N_D, :, None] * DX).sum(1)], axis=1)}


def first_batch(source):
    key = jax.random.key(0)
    segment = next(iter(source.segments(key)))
    return segment.batch(segment.plan(key), 0, key)


def stored(tmp_path, source):
    return sf.Tangents.stored(save_tangents(source, tmp_path / "tangents.zarr"))


def write_records(path, arrays):
    from tfrecord import TFRecordWriter

    writer = TFRecordWriter(str(path))
    for array in arrays:
        writer.write({"input": (np.asarray(array, "f4").tobytes(), "byte")})
    writer.close()
    return path


def records(path, **options):
    halves = [write_records(path / f"x{i}.tfrecord", half) for i, half in enumerate(np.array_split(X, 2))]
    neighbours = write_records(path / "dx.tfrecord", PAIRS.reshape(-1, 6))
    return sf.Tangents.records(halves, [neighbours], FIDUCIAL, 0.2, **{"shape": (6,)} | options)


SOURCES = {
    "exact": lambda path: sf.Tangents.exact(X, DX, FIDUCIAL),
    "differences": lambda path: sf.Tangents.differences(X, PAIRS, FIDUCIAL, 0.2),
    "generated": lambda path: sf.Tangents.generated(
        lambda s: at((2.0, -1.0), s), moved, FIDUCIAL, [0.2, 0.2], total=N, total_d=N_D
    ),
    "stored": lambda path: stored(path, sf.Tangents.exact(X, DX, FIDUCIAL)),
    "records": records,
    "stored differences": lambda path: stored(path, sf.Tangents.differences(X, PAIRS, FIDUCIAL, 0.2)),
}


@pytest.mark.parametrize("name", SOURCES)
@pytest.mark.parametrize("chunk", [None, 7])
def test_every_source_gives_the_known_summaries_and_derivatives(name, chunk, tmp_path):
    source = SOURCES[name](tmp_path)
    found = first_batch(source).summarise(summary, chunk=chunk)
    assert source.names == ("slope", "offset")
    np.testing.assert_allclose(np.sort(found.s, axis=0), np.sort(EXACT["s"], axis=0), rtol=1e-5)
    np.testing.assert_allclose(found.ds.mean(axis=0), EXACT["ds"].mean(axis=0), rtol=2e-3)
    rows = source.sample(10, key=jax.random.key(1))
    np.testing.assert_allclose(rows.dx, DX[: len(rows.dx)], rtol=2e-3)


@pytest.mark.parametrize("delta", [None, 0.2])
def test_simulated_rows_have_derivatives_of_the_same_key(delta):
    source = sf.Tangents.simulated(simulator, FIDUCIAL, 200, n_d=100, delta=delta)
    batch = first_batch(source)
    found = batch.summarise(summary, chunk=64)
    x = jax.vmap(simulator, (0, None))(batch.keys, batch.fiducial)
    np.testing.assert_allclose(found.s, jax.vmap(summary)(x), rtol=1e-5)
    exact = 2 * (x[:100, :, None] * DX[0]).sum(axis=1)
    np.testing.assert_allclose(found.ds[:, 1], exact, rtol=2e-3, atol=0.05)


def test_fresh_simulations_are_new_in_every_step_and_others_are_not():
    key = jax.random.key(0)
    for fresh in (True, False):
        source = sf.Tangents.simulated(simulator, FIDUCIAL, 20, fresh=fresh)
        one, two = (source.batch(source.plan(k), 0, k).keys for k in jax.random.split(key))
        assert bool((one == two).all()) is not fresh


def test_square_images_keep_their_axes():
    rng = np.random.default_rng(0)
    x, dx = rng.normal(size=(30, 4, 4)).astype("f4"), rng.normal(size=(30, 4, 4, 2)).astype("f4")
    weights = rng.normal(size=(4, 4)).astype("f4")
    found = first_batch(sf.Tangents.exact(x, dx, [0.0, 1.0])).summarise(lambda x: (weights * x).sum(), chunk=None)
    np.testing.assert_allclose(found.ds[:, 0], np.einsum("hw,nhwp->np", weights, dx), rtol=1e-4, atol=1e-5)


def test_named_arrays_and_a_map_before():
    x, dx = {"a": X, "b": X[:, :2]}, {"a": DX, "b": DX[:, :2]}
    plain = first_batch(sf.Tangents.exact(x, dx, FIDUCIAL, preprocess=lambda x: x["a"] ** 2))
    np.testing.assert_allclose(plain.x, X**2, rtol=1e-5)
    np.testing.assert_allclose(plain.dx, 2 * X[:N_D, :, None] * DX, rtol=1e-5)
    pairs = first_batch(sf.Tangents.differences(X, PAIRS, FIDUCIAL, 0.2, preprocess=lambda x: x**2))
    np.testing.assert_allclose(pairs.dx, PAIRS**2, rtol=1e-5)


def test_augmenting_alters_the_training_part_only():
    def augment(key, x):
        return x + jax.random.normal(key, x.shape)

    source = sf.Tangents.exact(X, DX, FIDUCIAL, augment=augment)
    train, held_out, split = source.divide(0.25, 0.25, key=jax.random.key(0))
    assert sorted(map(len, split)) == [10, 10, 20]
    key = jax.random.key(3)
    one, two = (train.batch(train.plan(k), 0, k).summarise(summary, chunk=None).s for k in jax.random.split(key))
    assert not np.allclose(one, two)
    held = held_out.batch(held_out.plan(key), 0, key).summarise(summary, chunk=None)
    np.testing.assert_allclose(held.s, EXACT["s"][split.valid], rtol=1e-5)


def test_parts_of_fixed_simulations_share_no_row():
    source = sf.Tangents.exact(X, DX, FIDUCIAL)
    train, held_out, split = source.divide(0.2, 0.2, key=jax.random.key(0))
    assert len(np.unique(np.concatenate(split))) == N
    assert train.n + held_out.n + len(split.test) == N and train.n_d + held_out.n_d < N_D
    np.testing.assert_allclose(source[split.test].x, X[split.test])


def test_a_stream_reads_all_rows_once_an_epoch(tmp_path):
    path = save_tangents(sf.Tangents.exact(X, DX, FIDUCIAL), tmp_path / "t.zarr")
    source = sf.Tangents.stored(path, n=10, n_d=6)
    assert source.steps == 4
    x = np.concatenate([np.asarray(segment.x) for segment in source.segments(jax.random.key(0))])
    np.testing.assert_allclose(np.sort(x[:, 0]), np.sort(X[:, 0]), rtol=1e-6)
    fit = sf.fit(
        sf.Fisher(sf.networks.Linear(6, 2, key=0), warm=0), source, key=0, valid=0.2, max_epochs=2, progress=False
    )
    assert len(fit.history) == 2


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda: sf.Tangents.exact(X, DX[..., :1], FIDUCIAL), r"\(n_d, 6, 2\) is right, but \(24, 6, 1\) came"),
        (lambda: sf.Tangents.exact(X, PAIRS, FIDUCIAL), r"\(n_d, 6, 2\) is right"),
        (lambda: sf.Tangents.differences(X, DX, FIDUCIAL, 0.2), r"\(n_d, 2, 2, 6\) is right"),
        (lambda: sf.Tangents.exact(X[:10], DX, FIDUCIAL), "24 derivatives came for 10 simulations"),
        (lambda: sf.Tangents.differences(X, PAIRS, FIDUCIAL, 0.0), "full distance"),
        (lambda: sf.Tangents.differences(X, PAIRS, FIDUCIAL, [0.1] * 3), "full distance"),
        (lambda: sf.Tangents.exact(X, DX, [[0.0, 1.0]]), "one finite number a parameter"),
        (lambda: sf.Tangents.exact(X, DX, [0.0, 1.0], names=["a", "a"]), "different names"),
        (lambda: sf.Tangents.exact({"a": X}, {"b": DX}, FIDUCIAL), "same arrays"),
        (lambda: sf.Tangents.simulated(simulator, FIDUCIAL, 10, n_d=11), "from 2 to n = 10, but 11 came"),
        (lambda: sf.Tangents.simulated(simulator, FIDUCIAL, 10, steps=0), "steps"),
        (lambda: sf.Tangents.simulated(lambda k, t: np.asarray(t) * 1.0, FIDUCIAL, 10), "cannot be differentiated"),
        (
            lambda: sf.Tangents.simulated(lambda k, t: jax.random.poisson(k, t[0], (5,)), FIDUCIAL, 10),
            "no derivative with respect to the parameters; give delta=",
        ),
        (lambda: sf.Tangents.simulated(lambda k, t: jnp.round(t), FIDUCIAL, 10), "Tangents.differences"),
    ],
)
def test_what_does_not_fit_is_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_rows_that_are_not_finite_are_left_out():
    bad = X.copy()
    bad[3, 0], bad[30, 1] = np.nan, np.inf
    with pytest.warns(UserWarning, match="2 of 40 simulations hold non-finite"):
        source = sf.Tangents.exact(bad, DX, FIDUCIAL)
    assert (source.n, source.n_d) == (38, 23)
    bad[:30] = np.nan
    with pytest.raises(ValueError, match=r"3[01] of 40"):
        sf.Tangents.exact(bad, DX, FIDUCIAL)


def test_a_parameter_nothing_depends_on_is_refused():
    tangents = sf.Tangents.simulated(lambda k, t: t[0] + jax.random.normal(k, (3,)), {"a": 0.0, "b": 0.0}, 50)
    with pytest.raises(ValueError, match="no simulation depends on b"):
        sf.fit(sf.Fisher(sf.networks.Linear(3, 2, key=0)), tangents, key=0, progress=False)


def test_stores_that_are_none_are_refused(tmp_path):
    with pytest.raises(FileNotFoundError):
        sf.Tangents.stored(tmp_path / "nothing.zarr")
    (tmp_path / "file.zarr").write_text("no")
    with pytest.raises(ValueError, match="not a whole store"):
        sf.Tangents.stored(tmp_path / "file.zarr")
    path = save_tangents(sf.Tangents.exact(X, DX, FIDUCIAL), tmp_path / "t.zarr")
    with pytest.raises(ValueError, match="already"):
        save_tangents(sf.Tangents.exact(X, DX, FIDUCIAL), path)


def test_records_that_do_not_fit_are_refused(tmp_path):
    with pytest.raises(ValueError, match="no feature 'image'; known: input"):
        records(tmp_path, feature="image").sample(2, key=jax.random.key(0))
    with pytest.raises(ValueError, match="holds 6 numbers, not an array of shape"):
        records(tmp_path, shape=(7,)).sample(2, key=jax.random.key(0))
    whole = (tmp_path / "x0.tfrecord").read_bytes()
    (tmp_path / "cut.tfrecord").write_bytes(whole[:-5])
    with pytest.raises(ValueError, match="not a whole TFRecord file"):
        sf.Tangents.records([tmp_path / "cut.tfrecord"], [], FIDUCIAL, 0.2, shape=(6,))
    with pytest.raises(ValueError, match="each seed needs 4"):
        sf.Tangents.records(
            [tmp_path / "x0.tfrecord"], [tmp_path / "x1.tfrecord"] * 1 + [odd(tmp_path)], FIDUCIAL, 0.2, shape=(6,)
        )


def odd(path):
    return write_records(path / "odd.tfrecord", X[:1])


def test_a_store_of_somebody_else_stays_in_its_folder(tmp_path):
    path = save_tangents(sf.Tangents.exact(X, DX, FIDUCIAL), tmp_path / "t.zarr")
    (path / "x").rename(tmp_path / "elsewhere")
    (path / "x").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ValueError, match="not a whole store of simulations with derivatives"):
        sf.Tangents.stored(path)


def test_a_store_that_may_run_code_is_not_read(tmp_path):
    path = tmp_path / "t.zarr"
    path.mkdir()
    (path / ".zgroup").write_text('{"zarr_format": 2}')
    (path / ".zattrs").write_text('{"suffice": "suffice tangents", "fiducial": [0.0], "names": ["a"], "delta": null}')
    for name in ("x", "dx"):
        (path / name).mkdir()
        text = {"zarr_format": 2, "shape": [2, 1], "chunks": [2, 1], "dtype": "|O", "compressor": None, "order": "C"}
        text |= {"fill_value": "", "filters": [{"id": "vlen-utf8"}, {"id": "pickle"}]}
        (path / name / ".zarray").write_text(json.dumps(text))
    with pytest.raises(ValueError, match="is stored with pickle, which may run code"):
        sf.Tangents.stored(path)
