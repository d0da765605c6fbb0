"""Files of every format: written by us or by the format's own library, whole or broken."""

import gzip
import json
import os
import pickle
import tracemalloc
import zipfile

import h5py
import numpy as np
import pytest
import zarr

import suffice as sf
from suffice.simulate._status import UNDONE

ENDINGS = (".npz", ".zarr", ".h5", ".hdf5")
N = 5000
RNG = np.random.default_rng(0)
THETA = RNG.normal(size=(N, 2)).astype(np.float32)
X = {"image": RNG.normal(size=(N, 4, 3)).astype(np.float32), "count": np.arange(N)}


@pytest.fixture(params=ENDINGS)
def path(request, tmp_path):
    return tmp_path / f"sims{request.param}"


def assert_same(found, x=X):
    index = np.array([N - 1, 0, 17, 17, 3000])
    np.testing.assert_array_equal(found.rows(index).theta, THETA[index])
    pairs = [(found.x, x)] if not isinstance(x, dict) else [(found.x[name], x[name]) for name in x]
    for read, expected in pairs:
        assert read.shape == expected.shape and read.dtype == expected.dtype
    rows = found.rows(index).x
    for name in x if isinstance(x, dict) else ():
        np.testing.assert_array_equal(rows[name], x[name][index])


def test_save_and_load_round_trip(path):
    status = np.zeros(N, int)
    status[7] = 2
    sf.Simulations(THETA, X, names=("a", "b[0]"), status=status).save(path)
    found = sf.load_simulations(path)
    assert found.names == ("a", "b[0]") and not found.in_memory and len(found.failures) == 1
    assert_same(found)
    assert_same(found.load())


def test_one_array_and_a_second_save_in_the_same_place(path):
    sf.Simulations(THETA[:10], X["count"][:10]).save(path)
    sf.Simulations(THETA, X["image"]).save(path)
    found = sf.load_simulations(path)
    assert_same(found, X["image"])
    np.testing.assert_array_equal(found.load().x, X["image"])
    assert [item.name for item in path.parent.iterdir()] == [path.name]


def test_from_one_format_to_another(tmp_path):
    sf.Simulations(THETA, X).save(tmp_path / "a.npz")
    sf.load_simulations(tmp_path / "a.npz").save(tmp_path / "b.h5")
    sf.load_simulations(tmp_path / "b.h5").save(tmp_path / "c.zarr")
    assert_same(sf.load_simulations(tmp_path / "c.zarr"))


def write_plainly(path, arrays):
    if path.suffix == ".npz":
        np.savez(path, **arrays)
    elif path.suffix == ".zarr":
        group = zarr.open_group(path, mode="w")
        for name, value in arrays.items():
            group.create_array(name, data=value, chunks=(999, *value.shape[1:]))
    else:
        with h5py.File(path, "w") as file:
            for name, value in arrays.items():
                file[name] = value


def test_files_of_others(path):
    write_plainly(path, {"theta": THETA, "x": X["image"]})
    found = sf.load_simulations(path)
    assert found.names == ("theta[0]", "theta[1]")
    assert_same(found, X["image"])
    np.testing.assert_array_equal(found[::7].x, X["image"][::7])


@pytest.mark.parametrize("prefix", ["x/", ""])
def test_several_arrays_by_name(path, prefix):
    write_plainly(path, {"theta": THETA, **{prefix + name: value for name, value in X.items()}})
    assert_same(sf.load_simulations(path))


def test_one_parameter_may_be_a_plain_column(path):
    write_plainly(path, {"theta": THETA[:, 0], "x": X["image"]})
    assert sf.load_simulations(path).theta.shape == (N, 1)


def test_a_compressed_npz_is_read_at_once(tmp_path):
    np.savez_compressed(tmp_path / "a.npz", theta=THETA, x=X["image"], names=np.array(["a", "b"]))
    found = sf.load_simulations(tmp_path / "a.npz")
    assert found.in_memory and found.names == ("a", "b")
    np.testing.assert_array_equal(found.x, X["image"])


def test_memory_follows_what_is_asked_for(path):
    n, width = 200_000, 100  # 80 MB
    write_plainly(path, {"theta": np.zeros((n, 1), np.float32), "x": np.ones((n, width), np.float32)})
    sims = sf.load_simulations(path)
    tracemalloc.start()
    for start in range(0, n, 2000):
        sims.rows(np.arange(start, start + 2000))
    sims.rows(RNG.permutation(n)[:2000])
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 20e6


def test_rows_at_random_are_those_of_the_array(path):
    write_plainly(path, {"theta": THETA, "x": X["image"]})
    sims = sf.load_simulations(path)
    for size in (1, 50, 4000):
        index = RNG.integers(0, N, size)
        np.testing.assert_array_equal(sims.rows(index).x, X["image"][index])


def break_in_the_middle(path):
    """Cut the largest file in half."""
    files = [path] if path.is_file() else [f for f in path.rglob("*") if f.is_file() and "zarr.json" not in f.name]
    largest = max(files, key=lambda f: f.stat().st_size)
    largest.write_bytes(largest.read_bytes()[: largest.stat().st_size // 2])


def test_a_truncated_file_is_one_clear_error(path):
    sf.Simulations(THETA, X).save(path)
    break_in_the_middle(path)
    with pytest.raises(ValueError, match="corrupt or truncated"):
        sf.load_simulations(path).load()


def test_a_file_of_something_else_is_one_clear_error(path):
    path.write_bytes(b"not what the ending says" * 100)
    with pytest.raises(ValueError, match="corrupt or truncated, or of another format"):
        sf.load_simulations(path)


def test_a_zarr_with_a_chunk_lost_is_refused(tmp_path):
    sf.Simulations(THETA, X["image"]).save(tmp_path / "a.zarr")
    (tmp_path / "a.zarr" / "x" / "c" / "1" / "0" / "0").unlink()
    with pytest.raises(ValueError, match="chunk 1/0/0 of x is missing"):
        sf.load_simulations(tmp_path / "a.zarr")


def test_a_chunk_removed_after_a_zarr_was_opened_is_not_read_as_zeros(tmp_path):
    x = np.ones((9000, 3), np.float32)
    sims = sf.load_simulations(sf.Simulations(x[:, :1], x).save(tmp_path / "sims.zarr"))
    assert (sims.rows([8999]).x == 1).all()
    (tmp_path / "sims.zarr" / "x" / "c" / "2" / "0").unlink()
    assert (sims.rows([0]).x == 1).all()
    with pytest.raises(ValueError, match=r"rows of x cannot be read \(ValueError: chunk 2/0 of x is missing\)"):
        sims.rows([0, 8999])


def test_more_names_than_parameters_are_refused_before_they_are_read(tmp_path):
    """Empty texts take no room in an HDF5 file, however many they are."""
    path = tmp_path / "sims.h5"
    with h5py.File(path, "w") as file:
        file["theta"], file["x"] = np.zeros((3, 2)), np.zeros((3, 2))
        file.create_dataset("names", (4 * 10**9,), "S1", chunks=(1000,))
    with pytest.raises(ValueError, match="theta has 2 columns but 4000000000 names came"):
        sf.load_simulations(path)


def test_names_that_are_no_texts_or_too_long_are_refused_in_a_sentence(tmp_path):
    def refused(message, **names):
        path = tmp_path / "sims.h5"
        with h5py.File(path, "w") as file:
            file["theta"], file["x"] = np.zeros((3, 2)), np.zeros((3, 2))
            file.create_dataset("names", **names)
        with pytest.raises(ValueError, match=f"sims.h5: {message}"):
            sf.load_simulations(path)

    refused("names are numbers of type int64, not texts", data=np.arange(2))
    refused("names may take 4096 bytes each, but 100000000 came", shape=(2,), dtype="S100000000", chunks=(1,))
    group = zarr.open_group(tmp_path / "sims.zarr", mode="w", attributes={"names": {"a": 1}})
    for name in ("theta", "x"):
        group.create_array(name, data=np.zeros((3, 2)))
    with pytest.raises(ValueError, match="names are of type dict, not a list of texts"):
        sf.load_simulations(tmp_path / "sims.zarr")


def test_names_in_a_damaged_chunk_are_said_to_be(tmp_path):
    path = tmp_path / "sims.h5"
    with h5py.File(path, "w") as file:
        file["theta"], file["x"] = np.zeros((3, 2)), np.zeros((3, 2))
        file.create_dataset("names", data=np.array([b"alpha", b"beta"]), chunks=(2,), compression="gzip")
        chunk = file["names"].id.get_chunk_info(0)
    with open(path, "r+b") as raw:
        raw.seek(chunk.byte_offset)
        raw.write(b"\xff" * chunk.size)
    with pytest.raises(ValueError, match=r"names cannot be read \(OSError.*corrupt or truncated"):
        sf.load_simulations(path)


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_rows_that_are_not_there_yet_are_left_out_of_any_format(save, tmp_path):
    status = np.zeros(30, np.int8)
    status[3] = UNDONE
    save(tmp_path / "sims.npz", theta=THETA[:30], x=X["image"][:30], status=status)
    sims = sf.load_simulations(tmp_path / "sims.npz")
    assert len(sims) == 29
    np.testing.assert_array_equal(sims.rows([3]).x[0], X["image"][4])
    save(tmp_path / "short.npz", theta=THETA[:30], x=X["image"][:20], status=status)
    with pytest.raises(ValueError, match="x has 20 rows, but status says that row 29 is there"):
        sf.load_simulations(tmp_path / "short.npz")


def test_a_chunk_that_goes_while_a_store_is_opened_is_no_fault(tmp_path, monkeypatch):
    """A run writes a chunk under another name first, and renames it."""
    path = sf.Simulations(THETA, X["image"]).save(tmp_path / "sims.zarr")
    (path / "x" / "c" / "0" / "0.partial").write_bytes(b"half")
    look = os.lstat

    def renamed(place):
        if str(place).endswith(".partial"):
            (path / "x" / "c" / "0" / "0.partial").unlink()
        return look(place)

    monkeypatch.setattr("suffice.simulate._inside.os.lstat", renamed)
    assert len(sf.load_simulations(path)) == N


def test_a_file_that_a_run_is_about_to_rename_is_no_warning(tmp_path):
    """Warnings are errors in tests."""
    path = sf.Simulations(THETA, X["image"]).save(tmp_path / "sims.zarr")
    (path / "zarr.json.a0.partial").write_bytes(b"half")
    assert len(sf.load_simulations(path)) == N


def test_a_chunk_beyond_the_memory_is_refused(tmp_path):
    path, x = tmp_path / "sims.zarr", np.zeros((3, 2), np.float32)
    group = zarr.open_group(path, mode="w")
    group.create_array("theta", data=x)
    group.create_array("x", shape=(3, 10**13), chunks=(3, 10**13), dtype="float32")
    with pytest.raises(ValueError, match=r"a chunk of x has shape .* more than the memory"):
        sf.load_simulations(path)


def test_a_zarr_without_its_description_is_refused(tmp_path):
    sf.Simulations(THETA, X["image"]).save(tmp_path / "a.zarr")
    (tmp_path / "a.zarr" / "zarr.json").unlink()
    with pytest.raises(ValueError, match="corrupt or truncated"):
        sf.load_simulations(tmp_path / "a.zarr")


def test_a_file_cut_after_it_was_opened_is_an_error_when_read(tmp_path):
    np.savez(tmp_path / "a.npz", theta=THETA, x=X["image"])
    sims = sf.load_simulations(tmp_path / "a.npz")
    (tmp_path / "a.npz").write_bytes(b"short")
    with pytest.raises(ValueError, match="rows of x cannot be read"):
        sims.load()


def test_pickles_in_a_file_are_never_read(tmp_path):
    path = tmp_path / "a.npz"
    np.savez(path, theta=THETA[:3], x=np.array([{}, [], None], dtype=object))
    with pytest.raises(ValueError, match="an array of Python objects"):
        sf.load_simulations(path)


@pytest.mark.parametrize("place", ["filters", "compressor"])
def test_codecs_of_a_zarr_that_may_run_code_are_refused(tmp_path, place):
    """A second codec for objects, which zarr does not look at."""
    path = tmp_path / "a.zarr"
    array = {"zarr_format": 2, "shape": [2], "chunks": [2], "dtype": "|O", "compressor": None, "order": "C"}
    array |= {"fill_value": "", "filters": [{"id": "vlen-utf8"}]}
    array[place] = [*array["filters"], {"id": "pickle"}] if place == "filters" else {"id": "pickle"}
    for name, content in {"theta": THETA[:4], "x": THETA[:4]}.items():
        (path / name).mkdir(parents=True)
        plain = {"shape": list(content.shape), "chunks": list(content.shape), "dtype": content.dtype.str}
        plain = array | plain | {"filters": None, "fill_value": 0.0, "compressor": None}
        (path / name / ".zarray").write_text(json.dumps(plain))
        (path / name / ".".join("0" * content.ndim)).write_bytes(np.ascontiguousarray(content).tobytes())
    (path / ".zgroup").write_text('{"zarr_format": 2}')
    assert len(sf.load_simulations(path)) == 4
    (path / "names").mkdir()
    (path / "names" / ".zarray").write_text(json.dumps(array))
    (path / "names" / "0").write_bytes(pickle.dumps(print))
    with pytest.raises(ValueError, match="names is stored with pickle, which may run code"):
        sf.load_simulations(path)


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"x": X["image"]}, "no array 'theta'; it holds: x"),
        ({"theta": THETA}, "has no data"),
        ({"theta": THETA, "x": X["image"][:-1]}, "theta has 5000 rows but x has shape"),
    ],
    ids=["no theta", "no x", "lengths"],
)
def test_arrays_that_do_not_fit_are_named(path, arrays, message):
    write_plainly(path, arrays)
    with pytest.raises(ValueError, match=message):
        sf.load_simulations(path)


def test_unknown_endings_and_missing_files(tmp_path):
    with pytest.raises(ValueError, match=r"\.npz, \.zarr, \.h5"):
        sf.load_simulations(tmp_path / "a.csv")
    with pytest.raises(ValueError, match=r"\.npz, \.zarr, \.h5"):
        sf.Simulations(THETA, X).save(tmp_path / "a.mat")
    with pytest.raises(FileNotFoundError, match="no file"):
        sf.load_simulations(tmp_path / "a.npz")
    with pytest.raises(ValueError, match="dict of named arrays"):
        sf.Simulations(THETA, (X["image"], X["count"])).save(tmp_path / "a.npz")


def test_a_save_that_fails_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "a.npz"
    sf.Simulations(THETA, X).save(path)

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(zipfile.ZipFile, "open", full)
    with pytest.raises(OSError, match="No space"):
        sf.Simulations(THETA * 2, X).save(path)
    monkeypatch.undo()
    assert_same(sf.load_simulations(path))


@pytest.mark.parametrize("ending", ["zarr", "h5"])
def test_a_chunk_larger_than_its_numbers_is_refused(tmp_path, ending):
    """1 MB of it would become 1 GB."""
    path, bomb = tmp_path / f"sims.{ending}", gzip.compress(bytes(2**27))
    if ending == "zarr":
        group = zarr.open_group(path, mode="w")
        for name, width in (("theta", 1), ("x", 2)):
            codec = zarr.codecs.GzipCodec()
            array = group.create_array(name, shape=(10, width), chunks=(10, width), dtype=float, compressors=codec)
            array[:] = 1.0
        assert len(sf.load_simulations(path)) == 10
        (path / "x" / "c" / "0" / "0").write_bytes(bomb)
    else:
        with h5py.File(path, "w") as file:
            for name, width in (("theta", 1), ("x", 2)):
                file.create_dataset(
                    name, (10, width), chunks=(10, width), compression="gzip", data=np.ones((10, width))
                )
        assert len(sf.load_simulations(path)) == 10
        with h5py.File(path, "a") as file:
            file["x"].id.write_direct_chunk((0, 0), bomb)
    with pytest.raises(ValueError, match=r"a chunk of x takes on disk .* bytes, far more than the numbers in it"):
        sf.load_simulations(path)
