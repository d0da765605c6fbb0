"""The commands on broken files: one sentence, status 2, and no folder made or touched."""

import contextlib
import io
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import strategies as st
from tests.fuzz import seeds
from tests.fuzz.readers import bounded
from tests.fuzz.strategies import broken_table, few_and_many

import suffice.cli._infer
import suffice.cli._mi
import suffice.cli._tracks
from suffice.cli import main


class Reached(Exception):
    """The file was read; what is computed from it is tested elsewhere."""


@pytest.fixture(autouse=True)
def _nothing_is_computed(monkeypatch):
    def reached(*_, **__):
        raise Reached

    for module, name in (
        (suffice.cli._mi, "estimate_mi"),
        (suffice.cli._mi, "mi_table"),
        (suffice.cli._tracks, "analyse_tracks"),
        (suffice.cli._infer, "Study"),
    ):
        monkeypatch.setattr(module, name, reached)


def _state(folder: Path) -> dict[str, bytes]:
    return {str(item.relative_to(folder)): item.read_bytes() for item in folder.rglob("*") if item.is_file()}


def _run(folder: Path, *args: str) -> bool:
    """Whether the file was read; where not, one sentence was said and nothing written."""
    (folder / "out").mkdir()
    (folder / "out" / "report.html").write_text("of an earlier run")
    before, said = _state(folder), io.StringIO()
    try:
        with bounded(), contextlib.redirect_stderr(said):
            status = main([*args, "--out", str(folder / "out")])
    except Reached:
        return True
    assert status == 2
    assert said.getvalue().count("suffice: error:") == 1 and said.getvalue().count("\n") == 1
    assert _state(folder) == before
    return False


def _broken(name: str):
    return st.deferred(lambda: broken_table(_text(name)))


def _text(name: str) -> str:
    with TemporaryDirectory() as folder:
        return seeds.write(name, Path(folder)).read_text()


def _mi(data):
    with TemporaryDirectory() as name:
        path = Path(name) / "table.csv"
        path.write_bytes(data)
        _run(Path(name), "mi", str(path), "--x", "f", "--y", "kind")


def _tracks(data):
    with TemporaryDirectory() as name:
        path = Path(name) / "tracks.csv"
        path.write_bytes(data)
        with contextlib.suppress(Reached):
            _run(Path(name), "tracks", str(path), "--shortest", "3")


def _observations(data):
    with TemporaryDirectory() as name:
        np.savez(Path(name) / "sims.npz", theta=np.zeros((9, 1)), x=np.zeros((9, 3)))
        path = Path(name) / "obs.csv"
        path.write_bytes(data)
        _run(Path(name), "infer", str(Path(name) / "sims.npz"), str(path))


test_mi, test_many_mi = few_and_many(_mi, _broken("table.csv"), many=300)
test_tracks, test_many_tracks = few_and_many(_tracks, _broken("tracks.csv"), many=300)
test_observations, test_many_observations = few_and_many(_observations, _broken("obs.csv"), many=300)


@pytest.mark.parametrize("name", ["sims.npz", "sims.h5"])
def test_infer_refuses_broken_simulations(name, tmp_path):
    path = seeds.write(name, tmp_path)
    path.write_bytes(path.read_bytes()[:200])
    np.save(tmp_path / "obs.npy", np.zeros(3))
    assert not _run(tmp_path, "infer", str(path), str(tmp_path / "obs.npy"))


def test_whole_files_are_reached(tmp_path):
    assert _run(tmp_path, "mi", str(seeds.write("table.csv", tmp_path)), "--x", "f", "--y", "kind")


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"\x80\x04K\x01."])
def test_a_model_that_is_none(tmp_path, data):
    (tmp_path / "model.sf").write_bytes(data)
    path = seeds.write("tracks.csv", tmp_path)
    assert not _run(tmp_path, "tracks", str(path), "--shortest", "3", "--model", str(tmp_path / "model.sf"))
