"""A few compressed bytes that would unpack to far more than an array holds."""

import bz2
import gzip
import lzma
import warnings
import zlib

import h5py
import numcodecs
import numpy as np
import pytest
import zarr

import suffice as sf
from suffice.simulate._expansion import refuse_expansion

N, BOMB = 200, 80 * 2**20  # rows of 16 numbers; bytes of a chunk that should hold 12,800


def packed(codec, data):
    if codec.startswith("numcodecs."):
        return bytes(numcodecs.get_codec({"id": codec.removeprefix("numcodecs.")}).encode(data))
    return {"gzip": gzip.compress, "zlib": zlib.compress, "bz2": bz2.compress, "lzma": lzma.compress}[codec](data)


@pytest.mark.parametrize(
    "codec", ["gzip", "zlib", "bz2", "lzma", *(f"numcodecs.{c}" for c in ("blosc", "lz4", "zstd"))]
)
def test_what_unpacks_to_more_than_it_may_is_refused_and_nothing_else(codec):
    noise = np.random.default_rng(0).normal(size=30_000).tobytes()
    refuse_expansion("x", codec, memoryview(packed(codec, noise)), float(len(noise)))
    with pytest.raises(ValueError, match=r"a chunk of x unpacks to .* bytes, far more than the numbers in it"):
        refuse_expansion("x", codec, memoryview(packed(codec, bytes(BOMB))), float(len(noise)))
    refuse_expansion("x", codec, memoryview(b""), 10.0)
    damaged = noise[:1000] if codec in ("gzip", "zlib", "bz2", "lzma") else bytes(1000)
    refuse_expansion("x", codec, memoryview(damaged), 1e10)


def test_many_small_streams_one_after_the_other_are_one():
    with pytest.raises(ValueError, match="unpacks to at least"):
        refuse_expansion("x", "gzip", memoryview(gzip.compress(bytes(2**20)) * 80), 10_000.0)


def stores():
    yield "3", {"zarr_format": 3, "compressors": zarr.codecs.GzipCodec()}, "c/0/0"
    yield "3 zstd", {"zarr_format": 3, "compressors": zarr.codecs.ZstdCodec()}, "c/0/0"
    yield "2", {"zarr_format": 2, "compressors": numcodecs.GZip()}, "0.0"
    yield "2 blosc", {"zarr_format": 2, "compressors": numcodecs.Blosc()}, "0.0"


def made(path, settings):
    rng = np.random.default_rng(1)
    group = zarr.open_group(path, mode="w", zarr_format=settings["zarr_format"])
    group["theta"] = rng.normal(size=(N, 1))
    kept = {name: value for name, value in settings.items() if name != "zarr_format"}
    x = group.create_array("x", shape=(N, 16), chunks=(N, 16), dtype="f4", **kept)
    x[:] = rng.normal(size=(N, 16))
    return x[:]


@pytest.mark.parametrize(("settings", "chunk"), [(s, c) for _, s, c in stores()], ids=[name for name, *_ in stores()])
def test_zarr(tmp_path, settings, chunk):
    path = tmp_path / "s.zarr"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        x = made(path, settings)
        sims = sf.load_simulations(path)
        np.testing.assert_array_equal(sims.rows(np.arange(N)).x, x)
        codec = settings["compressors"]
        name = codec.codec_id if settings["zarr_format"] == 2 else codec.to_dict()["name"]
        (path / "x" / chunk).write_bytes(packed(name if name == "gzip" else f"numcodecs.{name}", bytes(BOMB)))
        with pytest.raises(ValueError, match=r"a chunk of x .* far more than the numbers in it"):
            sf.load_simulations(path).rows(np.arange(3))  # while it is opened, or when it is read


def test_shards(tmp_path):
    group = zarr.open_group(tmp_path / "s.zarr", mode="w")
    x = np.random.default_rng(2).normal(size=(N, 16)).astype("f4")
    group["theta"] = x[:, :1]
    shards = {"chunks": (20, 16), "shards": (100, 16), "compressors": zarr.codecs.GzipCodec()}
    group.create_array("x", shape=(N, 16), dtype="f4", **shards)[:] = x
    sims = sf.load_simulations(tmp_path / "s.zarr")
    np.testing.assert_array_equal(sims.rows(np.arange(N)).x, x)
    assert "_Bounded" in repr(sims.x.metadata.codecs)


def test_hdf5(tmp_path):
    path = tmp_path / "s.h5"
    x = np.random.default_rng(3).normal(size=(N, 16)).astype("f4")
    with h5py.File(path, "w") as file:
        file["theta"] = x[:, :1]
        file.create_dataset("x", data=x, chunks=(50, 8), compression="gzip", shuffle=True)
    sims = sf.load_simulations(path)
    np.testing.assert_array_equal(sims.rows(np.array([3, 199, 60])).x, x[[3, 199, 60]])
    np.testing.assert_array_equal(sims.load().x, x)
    sims.x._item.file.close()
    with h5py.File(path, "a") as file:
        file["x"].id.write_direct_chunk((50, 8), zlib.compress(bytes(66 * 2**20)))
    sims = sf.load_simulations(path)
    np.testing.assert_array_equal(sims.rows(np.arange(50)).x, x[:50])
    with pytest.raises(ValueError, match=r"a chunk of x .* far more than the numbers in it"):
        sims.rows(np.array([60]))
