"""Tables for `suffice mi`, observations and tracks, broken: read or refused by a sentence."""

import functools
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import strategies as st
from tests.fuzz import seeds
from tests.fuzz.readers import reads_or_refuses
from tests.fuzz.strategies import any_array, broken_bytes, broken_table, broken_zip, few_and_many

BINARY = ("table.npz", "table.parquet", "obs.npy", "obs.npz", "obs.h5")
TEXTS = ("table.csv", "obs.csv", "tracks.csv", "options.yaml", "prior.yaml")


@functools.cache
def _seed(name: str) -> bytes:
    with TemporaryDirectory() as folder:
        return seeds.write(name, Path(folder)).read_bytes()


def _read(name: str, data: bytes) -> bool:
    with TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(data)
        return reads_or_refuses(name, path)


@pytest.mark.parametrize("name", BINARY + TEXTS)
def test_the_seeds_are_read(name):
    assert _read(name, _seed(name))


@pytest.mark.parametrize("program", ["trackpy", "andi", "trackmate"])
def test_tracks_of_every_program_are_read(program):
    assert _read("tracks.csv", seeds.tracks(program).encode())


def _named(named):
    _read(*named)


@st.composite
def _bytes(draw):
    name = draw(st.sampled_from(BINARY + TEXTS))
    return name, draw(broken_bytes(_seed(name)))


@st.composite
def _members(draw):
    name = draw(st.sampled_from(["table.npz", "obs.npz"]))
    return name, draw(broken_zip(_seed(name)))


@st.composite
def _tables(draw):
    name = draw(st.sampled_from(["table.csv", "obs.csv"]))
    return name, draw(broken_table(_seed(name).decode()))


@st.composite
def _tracks(draw):
    return "tracks.csv", draw(broken_table(seeds.tracks(draw(st.sampled_from(["trackpy", "andi", "trackmate"])))))


def _other_arrays(arrays):
    with TemporaryDirectory() as folder:
        for name in ("table.npz", "obs.npz"):
            np.savez(Path(folder) / name, **arrays)
            reads_or_refuses(name, Path(folder) / name)
        np.save(Path(folder) / "obs.npy", next(iter(arrays.values())))
        reads_or_refuses("obs.npy", Path(folder) / "obs.npy")


_ARRAYS = st.dictionaries(st.sampled_from(["x", "f", "f_1", "x/y"]), any_array(), min_size=1, max_size=3)

test_bytes, test_many_bytes = few_and_many(_named, _bytes(), few=60)
test_members, test_many_members = few_and_many(_named, _members())
test_tables, test_many_tables = few_and_many(_named, _tables(), few=40)
test_tracks, test_many_tracks = few_and_many(_named, _tracks(), few=40)
test_arrays, test_many_arrays = few_and_many(_other_arrays, _ARRAYS)
