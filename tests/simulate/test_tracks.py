"""Tracks from the files of three programs, with gaps, short tracks and units."""

import numpy as np
import pytest

import suffice as sf

TRACKMATE = """LABEL,ID,TRACK_ID,QUALITY,POSITION_X,POSITION_Y,POSITION_Z,POSITION_T,FRAME
Label,Spot ID,Track ID,Quality,X,Y,Z,T,Frame
Label,Spot ID,Track ID,Quality,X,Y,Z,T,Frame
,,,(quality),(micron),(micron),(micron),(sec),
"""


def rows(n=12, track="1", start=3, missing=(), shift=0.0):
    return [(track, t + start, 0.5 * t + shift, 1.0 - t) for t in range(n) if t not in missing]


def trackmate(path, points):
    lines = [f"ID{i},{i},{k},9.1,{x},{y},0.0,{t},{t}" for i, (k, t, x, y) in enumerate(points)]
    path.write_text(TRACKMATE + "\n".join(lines) + "\n")
    return path


def plain(path, points, head):
    path.write_text(head + "\n" + "\n".join(f"{k},{t},{x},{y}" for k, t, x, y in points) + "\n")
    return path


def test_trackmate_with_its_extra_header_rows(tmp_path):
    points = rows() + rows(track="17", n=15, start=0) + rows(track="3")
    tracks = sf.read_tracks(trackmate(tmp_path / "spots.csv", points[::-1]), pixel_size=0.1, frame_interval=0.05)
    assert tracks.ids == ("1", "3", "17") and tracks.positions.shape == (3, 15, 2) and tracks.told == ()
    np.testing.assert_allclose(tracks.positions[0, :12, 0], 0.05 * np.arange(12))
    np.testing.assert_allclose(tracks.displacements[2], [[0.05, -0.1]] * 14)
    assert tracks.seen.sum(axis=1).tolist() == [12, 12, 15] and tracks.frame_interval == 0.05


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1"])
def test_units_with_a_micro_sign_and_spots_of_no_track(tmp_path, encoding):
    """As Windows, macOS and spreadsheets write it; spots that no track took have no number."""
    path = trackmate(tmp_path / "spots.csv", rows(missing=(4,)))
    text = path.read_text().replace("(micron)", "(µm)") + "ID99,99,,3.2,7.0,8.0,0.0,1,1\n"
    path.write_bytes(text.encode(encoding))
    tracks = sf.read_tracks(path)
    assert tracks.ids == ("1",) and tracks.seen.sum() == 11
    assert any("belong to no track" in said for said in tracks.told)


@pytest.mark.parametrize("head", ["particle,frame,x,y", "traj_idx,frame,x,y", "who,when,east,north"])
def test_other_programs_and_other_names(tmp_path, head):
    path = plain(tmp_path / "t.csv", rows(), head)
    columns = head.split(",") if head.startswith("who") else ()
    assert sf.read_tracks(path, columns=columns).positions.shape == (1, 12, 2)


def test_gaps_are_not_known_and_are_told(tmp_path):
    points = [*rows(missing=(4, 9)), *rows(n=5, track="2"), ("", 3, 0.0, 0.0), ("1", 7, "nan", 1.0)]
    tracks = sf.read_tracks(trackmate(tmp_path / "spots.csv", points))
    assert np.flatnonzero(~tracks.known[0]).tolist() == [3, 4, 8, 9]
    assert (tracks.displacements[0, 3] == 0).all() and np.isfinite(tracks.positions).all()
    said = " ".join(tracks.told)
    for what in ("1 rows belong to no track", "1 rows without finite", "1 of 2 tracks", "2 frames are missing"):
        assert what in said
    sims = tracks.simulations()
    assert sims.x["x"].shape == (1, 11, 2) and sims.x["mask"].sum() == 7


def test_what_makes_no_sense_is_refused(tmp_path):
    def refused(points, words, **options):
        with pytest.raises(ValueError, match=words):
            sf.read_tracks(plain(tmp_path / "t.csv", points, "particle,frame,x,y"), **options)

    refused([*rows(), ("1", 5, 0.0, 0.0)], "track 1 has frame 5 twice")
    refused([("1", 0, 0.0, 0.0), ("2", 0, 1.0, 1.0)], "no track of 10 frames or more; the longest of 2 has 1")
    refused([("1", 0.5, 0.0, 0.0)], "whole numbers")
    refused(rows(), "pixel_size", pixel_size=0.0)
    refused(rows(), "perhaps y and z", columns=("particle", "frame", "X"))
    with pytest.raises(ValueError, match="there is no file"):
        sf.read_tracks(tmp_path / "none.csv")
    with pytest.raises(ValueError, match="name them with columns"):
        sf.read_tracks(plain(tmp_path / "t.csv", rows(), "a,b,c,d"))
    (tmp_path / "empty.csv").write_text("")
    with pytest.raises(ValueError, match="cannot be read"):
        sf.read_tracks(tmp_path / "empty.csv")
