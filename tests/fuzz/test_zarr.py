"""Zarr groups, broken in their metadata, their chunks, or with parts missing: read or refused by a sentence."""

import functools
import json
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import strategies as st
from tests.fuzz import seeds
from tests.fuzz.readers import reads_or_refuses
from tests.fuzz.strategies import broken_bytes, broken_tree, few_and_many

NAME = "sims.zarr"


@functools.cache
def _seed() -> dict[str, bytes]:
    """The files of a store by their places in it."""
    with TemporaryDirectory() as folder:
        path = seeds.write(NAME, Path(folder))
        return {str(item.relative_to(path)): item.read_bytes() for item in path.rglob("*") if item.is_file()}


@pytest.fixture(scope="module", autouse=True)
def made():
    _seed()  # not within a strategy: what writes a store draws random names


@st.composite
def _broken(draw):
    files = dict(_seed())
    for _ in range(draw(st.integers(1, 2))):
        place = draw(st.sampled_from(sorted(files)))
        kind = draw(st.sampled_from(["tree", "tree", "tree", "bytes", "remove"]))
        if kind == "remove" and len(files) > 1:
            del files[place]
        elif kind == "tree" and place.endswith("zarr.json"):
            files[place] = json.dumps(draw(broken_tree(json.loads(_seed()[place])))).encode()
        else:
            files[place] = draw(broken_bytes(files[place]))
    return files


def _read(files: dict[str, bytes]) -> bool:
    with TemporaryDirectory() as folder:
        path = Path(folder) / NAME
        for place, data in files.items():
            (path / place).parent.mkdir(parents=True, exist_ok=True)
            (path / place).write_bytes(data)
        done = reads_or_refuses(NAME, path)
        assert {str(item.relative_to(path)) for item in path.rglob("*") if item.is_file()} == set(files)
        shutil.rmtree(path)
        return done


def test_the_seed_is_read():
    assert _read(_seed())


def _stores(files):
    _read(files)


test_stores, test_many_stores = few_and_many(_stores, _broken())
