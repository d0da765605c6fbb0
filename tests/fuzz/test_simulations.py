"""Simulations in npz and HDF5 files, broken: read or refused by a sentence, and never left half copied."""

import functools
from pathlib import Path
from tempfile import TemporaryDirectory

import h5py
import numpy as np
from hypothesis import strategies as st
from tests.fuzz import seeds
from tests.fuzz.readers import reads_or_refuses
from tests.fuzz.strategies import any_array, broken_bytes, broken_zip, few_and_many


@functools.cache
def _seed(name: str) -> bytes:
    with TemporaryDirectory() as folder:
        return seeds.write(name, Path(folder)).read_bytes()


def _read(name: str, data: bytes) -> bool:
    with TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(data)
        return reads_or_refuses(name, path)


def test_the_seeds_are_read():
    assert _read("sims.npz", _seed("sims.npz")) and _read("sims.h5", _seed("sims.h5"))


def _npz(data):
    _read("sims.npz", data)


def _h5(data):
    _read("sims.h5", data)


_NAMES = st.sampled_from(["theta", "x", "x/a", "x/b", "status", "names", "other"])
_ARRAYS = st.dictionaries(_NAMES, any_array(), max_size=4)
_SAME_LENGTH = st.integers(0, 3).flatmap(lambda n: st.dictionaries(_NAMES, any_array(n), min_size=2, max_size=4))


def _other_arrays(arrays):
    with TemporaryDirectory() as folder:
        np.savez(Path(folder) / "sims.npz", **arrays)
        reads_or_refuses("sims.npz", Path(folder) / "sims.npz")
        with h5py.File(Path(folder) / "sims.h5", "w") as file:
            for name, array in arrays.items():
                if array.dtype.kind not in "OUMm" and not (name == "x" and any(key.startswith("x/") for key in arrays)):
                    file[name] = array
        reads_or_refuses("sims.h5", Path(folder) / "sims.h5")


test_bytes, test_many_bytes = few_and_many(_npz, st.deferred(lambda: broken_bytes(_seed("sims.npz"))))
test_members, test_many_members = few_and_many(_npz, st.deferred(lambda: broken_zip(_seed("sims.npz"))))
test_hdf5, test_many_hdf5 = few_and_many(_h5, st.deferred(lambda: broken_bytes(_seed("sims.h5"))))
test_arrays, test_many_arrays = few_and_many(_other_arrays, st.one_of(_ARRAYS, _SAME_LENGTH), few=40)
