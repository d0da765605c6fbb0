"""`suffice tracks` as a person runs it."""

import json

import numpy as np
import pytest

import suffice as sf
import suffice.cli._tracks
import suffice.interpret._tracks
from suffice.cli import main
from suffice.networks import SeriesDecoder, SeriesEncoder
from suffice.objectives import Bottleneck


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    """120 tracks of normal diffusion, slow and fast, in trackpy's format, one of them with a gap."""
    rng = np.random.default_rng(0)
    path = tmp_path_factory.mktemp("tracks") / "tracks.csv"
    lines = ["particle,frame,x,y"]
    for k in range(120):
        size = 0.6 if k % 2 else 0.15
        places = np.cumsum(size * rng.normal(size=(30, 2)), axis=0) + 0.02 * rng.normal(size=(30, 2))
        lines += [f"{k},{t},{x:.5f},{y:.5f}" for t, (x, y) in enumerate(places) if (k, t) != (3, 11)]
    path.write_text("\n".join(lines) + "\n")
    return path


def test_a_table_and_a_page(file, tmp_path, capsys):
    options = [
        "--out",
        str(tmp_path),
        "--simulations",
        "2000",
        "--train",
        "--pixel-size",
        "0.5",
        "--frame-interval",
        "2",
        "--units",
        "µm,s",
    ]
    assert main(["tracks", str(file), *options]) == 0
    said = capsys.readouterr()
    assert "120 tracks, localisation noise" in said.out and "1 frames are missing" in said.err
    page = (tmp_path / "report.html").read_text()
    assert "Tracks of tracks.csv" in page and page.count("data:image/png") >= 4 and "1 frames are missing" in page
    table = np.genfromtxt(tmp_path / "tracks.csv", delimiter=",", names=True)
    assert len(table) == 120 and {"alpha_low", "D_high", "latent_0"} <= set(table.dtype.names or ())
    assert np.median(table["alpha"]) == pytest.approx(1, abs=0.15)
    exact = 0.6**2 / 2 * 0.5**2 / 2  # D a frame, in units of length, a unit of time
    assert np.median(table["D"][table["track"] % 2 == 1]) == pytest.approx(exact, rel=0.35)
    assert main(["tracks", str(file), "--model", str(tmp_path / "model.sf"), "--simulations", "0", "--json",
                 "--noise", "0.05", "--out", str(tmp_path / "again")]) == 0  # fmt: skip
    found = json.loads(capsys.readouterr().out)
    assert len(found["tracks"]) == 120 and found["noise"] == 0.05 and "latent_0" in found["tracks"][0]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--columns", "a,b,c"], "columns must name"),
        (["--shortest", "40"], "no track of 40 frames"),
        (["--noise", "-1"], "noise must not be negative"),
        (["--frame-interval", "0"], "frame_interval"),
        (["--model", "none.sf"], "none.sf"),
        (["--model", "none.sf", "--train"], "give one of the two"),
        (["--simulations=-5"], "simulations must be 0"),
        (["--noise", "-1", "--train"], "noise must not be negative"),
        (["--columns", "particle,frame,x,x"], "'x' came twice"),
        (["--units", "µm"], "units must name"),
    ],
)
def test_bad_input_is_one_sentence(file, tmp_path, options, words, capsys):
    assert main(["tracks", str(file), "--out", str(tmp_path), *options]) == 2
    said = capsys.readouterr().err.strip().splitlines()
    assert words in said[-1] and said[-1].startswith("suffice: error:")


def test_faults_are_found_before_anything_is_computed(file, tmp_path, monkeypatch, capsys):
    def computed(*_, **__):
        raise AssertionError

    for name in ("noise_of", "grid_of", "posterior_columns"):
        monkeypatch.setattr(suffice.interpret._tracks, name, computed)
    monkeypatch.setattr(suffice.cli._tracks, "learn_tracks", computed)
    flat = Bottleneck(SeriesEncoder(1, 2, segments=2, key=0), SeriesDecoder(1, 2, segments=2, key=1))
    long = Bottleneck(SeriesEncoder(2, 2, segments=40, key=0), SeriesDecoder(2, 2, segments=40, key=1))
    for model, words in ((flat, "1 dimensions"), (long, "41 frames or more")):
        sf.save(model, tmp_path / "model.sf")
        assert main(["tracks", str(file), "--model", str(tmp_path / "model.sf"), "--out", str(tmp_path / "o")]) == 2
        assert words in capsys.readouterr().err
    assert main(["tracks", str(file), "--train", "--out", str(tmp_path / "model.sf")]) == 2
    assert "--out must be a folder" in capsys.readouterr().err
    assert main(["tracks", str(tmp_path), "--out", str(tmp_path / "o")]) == 2
    assert "is a folder" in capsys.readouterr().err and not (tmp_path / "o").exists()
