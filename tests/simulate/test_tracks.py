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
    assert tracks.ids == ("1",) and tracks.seen.sum() == 11 and tracks.units == ("µm", "frames")
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
    for what in (
        "1 rows belong to no track",
        "1 rows without finite positions (1 in POSITION_X)",
        "1 of 2 tracks",
        "2 frames are missing",
    ):
        assert what in said
    sims = tracks.simulations()
    assert sims.x["x"].shape == (1, 11, 2) and sims.x["mask"].sum() == 7


@pytest.mark.parametrize(("separator", "mark"), [(";", "."), ("\t", "."), (";", ","), ("\t", ",")])
def test_other_separators_and_decimal_commas(tmp_path, separator, mark):
    path = plain(tmp_path / "t.csv", rows(shift=0.25), "particle,frame,x,y")
    usual = sf.read_tracks(path)
    path.write_text(path.read_text().replace(",", separator).replace(".", mark))
    found = sf.read_tracks(path)
    np.testing.assert_array_equal(found.positions, usual.positions)
    assert found.told == (("numbers are read with a decimal comma",) if mark == "," else ())


def test_empty_columns_and_numbers_of_tracks_with_a_point(tmp_path):
    points = [(f"{k}.0", t, 0.1 * t, f"{-t},") for k in (10, 2) for t in range(12)]
    tracks = sf.read_tracks(plain(tmp_path / "t.csv", points, "particle,frame,x,y,z"))
    assert tracks.ids == ("2", "10") and tracks.positions.shape == (2, 12, 2)
    assert tracks.told == ("column z holds no number and is left out",)
    some = [(1, t, 0.1 * t, f"{-t},{0.3 * t if t else ''}") for t in range(12)]
    tracks = sf.read_tracks(plain(tmp_path / "t.csv", some, "particle,frame,x,y,z"))
    assert tracks.positions.shape == (1, 11, 3) and "1 rows without finite positions (1 in z)" in tracks.told[0]


def test_units_are_named(tmp_path):
    path = plain(tmp_path / "t.csv", rows(), "particle,frame,x,y")
    assert sf.read_tracks(path).units == ("pixels", "frames")
    assert sf.read_tracks(path, pixel_size=0.1, frame_interval=0.5).units == ("units of length", "units of time")
    assert sf.read_tracks(path, pixel_size=0.1, units=("µm", "s")).units == ("µm", "s")


def test_some_of_the_tracks(tmp_path):
    tracks = sf.read_tracks(plain(tmp_path / "t.csv", rows() + rows(track="2") + rows(track="3"), "particle,frame,x,y"))
    for which, ids in (
        (0, ("1",)),
        (slice(1, None), ("2", "3")),
        ([True, False, True], ("1", "3")),
        ([2, 0], ("3", "1")),
    ):
        some = tracks[which]
        assert some.ids == ids and some.positions.shape == (len(ids), 12, 2) and some.seen.shape == (len(ids), 12)
    assert [one.ids for one in tracks] == [("1",), ("2",), ("3",)]


def test_what_makes_no_sense_is_refused(tmp_path):
    def refused(points, words, **options):
        with pytest.raises(ValueError, match=words):
            sf.read_tracks(plain(tmp_path / "t.csv", points, "particle,frame,x,y"), **options)

    refused([*rows(), ("1", 5, 0.0, 0.0)], "track 1 has frame 5 twice")
    refused([("1", 0, 0.0, 0.0), ("2", 0, 1.0, 1.0)], "no track of 10 frames or more; the longest of 2 has 1")
    refused([("1", 0.5, 0.0, 0.0)], "whole numbers")
    refused(rows(), "pixel_size", pixel_size=0.0)
    refused(rows(), "perhaps y and z", columns=("particle", "frame", "X"))
    refused(rows(), "'frame' came twice", columns=("particle", "frame", "frame", "x"))
    refused(rows(), "units must name", units=("µm",))
    refused([("1", t, "", t) for t in range(12)], "of 12 rows of tracks, those without one are 12 in x")
    refused([("", 1, 2.0, 3.0)], "no row that belongs to a track")
    refused([*rows(), ("1", 10**6 + 2000, 0.0, 0.0)], "a frame far from all others")
    with pytest.raises(ValueError, match="two columns 'x'"):
        sf.read_tracks(plain(tmp_path / "t.csv", rows(), "particle,frame,x, x"))
    with pytest.raises(ValueError, match="is a folder"):
        sf.read_tracks(tmp_path)
    for encoding in ("utf-16", "utf-16-le"):
        (tmp_path / "t.csv").write_text("particle,frame,x,y\n1,2,3.0,4.0\n", encoding=encoding)
        with pytest.raises(ValueError, match="written in UTF-16; save it as UTF-8"):
            sf.read_tracks(tmp_path / "t.csv")
    with pytest.raises(ValueError, match="there is no file"):
        sf.read_tracks(tmp_path / "none.csv")
    with pytest.raises(ValueError, match="name them with columns"):
        sf.read_tracks(plain(tmp_path / "t.csv", rows(), "a,b,c,d"))
    (tmp_path / "empty.csv").write_text("")
    with pytest.raises(ValueError, match="cannot be read"):
        sf.read_tracks(tmp_path / "empty.csv")
