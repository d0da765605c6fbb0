"""Model files and checkpoints, broken: read or refused by a sentence."""

import functools
import io
import json
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import strategies as st
from tests.fuzz import seeds
from tests.fuzz.readers import reads_or_refuses
from tests.fuzz.strategies import broken_bytes, broken_tree, broken_zip, few_and_many

NAME = "model.suffice"


@functools.cache
def _seed() -> bytes:
    with TemporaryDirectory() as folder:
        return seeds.write(NAME, Path(folder)).read_bytes()


@functools.cache
def _tree() -> dict:
    with zipfile.ZipFile(io.BytesIO(_seed())) as archive:
        return json.loads(archive.read("tree.json"))


def _read(data: bytes) -> bool:
    with TemporaryDirectory() as folder:
        path = Path(folder) / NAME
        path.write_bytes(data)
        done = reads_or_refuses(NAME, path)
        assert [item.name for item in Path(folder).iterdir()] == [NAME]
        return done


def test_the_seed_is_read():
    assert _read(_seed())


def _bytes(data):
    _read(data)


def _trees(tree):
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(_seed())) as whole, zipfile.ZipFile(buffer, "w") as archive:
        for item in whole.infolist():
            archive.writestr(item.filename, json.dumps(tree) if item.filename == "tree.json" else whole.read(item))
    _read(buffer.getvalue())


test_bytes, test_many_bytes = few_and_many(_bytes, st.deferred(lambda: broken_bytes(_seed())))
test_members, test_many_members = few_and_many(_bytes, st.deferred(lambda: broken_zip(_seed())))
test_trees, test_many_trees = few_and_many(_trees, st.deferred(lambda: broken_tree(_tree())), few=60)
