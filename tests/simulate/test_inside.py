"""Files that would take their numbers from elsewhere are refused, before anything outside is read."""

import json
import os
import re
import shutil
import zipfile

import h5py
import numpy as np
import pytest
import zarr

import suffice as sf

X = np.arange(12.0, dtype=np.float32).reshape(6, 2)


@pytest.fixture
def outside(tmp_path):
    """A store of somebody else's secrets."""
    folder = tmp_path / "private"
    for ending in (".zarr", ".h5", ".npz"):
        sf.Simulations(X, X).save(folder.with_suffix(ending))
    return folder


def plain_zarr(tmp_path):
    path = tmp_path / "sims.zarr"
    group = zarr.open_group(path, mode="w")
    for name in ("theta", "x"):
        group.create_array(name, data=X, chunks=(3, 2))
    return path


def refusal(path):
    with pytest.raises(ValueError) as error:
        sf.load_simulations(path)
    assert str(error.value).startswith(f"{path} is refused: ") and "Error" not in str(error.value)
    return str(error.value)


@pytest.mark.parametrize("name", ["x", "x/c/1/0", "x/zarr.json", "x/c"])
def test_a_link_out_of_a_zarr_store(name, outside, tmp_path):
    path = plain_zarr(tmp_path)
    place = path / name
    target = outside.with_suffix(".zarr") / name
    shutil.rmtree(place) if place.is_dir() else place.unlink()
    place.symlink_to(target)
    assert re.search(rf"{name} in it is a link to .*private.zarr", refusal(path))
    place.unlink()
    place.symlink_to(tmp_path / "nowhere")
    assert re.search("outside of it; put a copy", refusal(path))


def test_a_pipe_in_a_zarr_store_is_not_waited_for(tmp_path):
    path = plain_zarr(tmp_path)
    place = path / "x" / "c" / "1" / "0"
    place.unlink()
    os.mkfifo(place)
    assert "x/c/1/0 in it is neither a file nor a folder" in refusal(path)


def test_links_inside_a_store_and_to_the_whole_of_it_are_its_own(tmp_path):
    path = plain_zarr(tmp_path)
    shutil.rmtree(path / "x")
    (path / "x").symlink_to("theta")
    np.testing.assert_array_equal(sf.load_simulations(path).load().x, X)
    (tmp_path / "other.zarr").symlink_to(path)
    np.testing.assert_array_equal(sf.load_simulations(tmp_path / "other.zarr").load().x, X)


@pytest.mark.filterwarnings("ignore:Consolidated metadata")
def test_consolidated_metadata_of_a_zarr_store_that_name_another(outside, tmp_path):
    path = plain_zarr(tmp_path)
    zarr.consolidate_metadata(path)
    np.testing.assert_array_equal(sf.load_simulations(path).load().x, X)
    metadata = json.loads((path / "zarr.json").read_text())
    known = metadata["consolidated_metadata"]["metadata"]
    known["../private.zarr/x"] = known.pop("x")
    (path / "zarr.json").write_text(json.dumps(metadata))
    assert re.search(r"the name '../private.zarr/x' in it leaves the file", refusal(path))


def test_a_run_does_not_write_through_a_link(outside, tmp_path):
    import numpyro.distributions as dist

    prior, path = sf.Prior(z=dist.Uniform(-1, 1)), tmp_path / "sims.zarr"
    sf.simulate(prior, lambda key, theta: theta, 20, key=0, store=path, progress=False)
    shutil.rmtree(path / "x")
    (path / "x").symlink_to(outside.with_suffix(".zarr") / "x")
    with pytest.raises(ValueError, match="is refused: x in it is a link to"):
        sf.simulate(prior, lambda key, theta: theta, 40, key=0, store=path, progress=False)
    np.testing.assert_array_equal(sf.load_simulations(outside.with_suffix(".zarr")).load().x, X)


def external_link(file, other):
    file["x"] = h5py.ExternalLink(str(other), "/x")


def deep_external_link(file, other):
    file.create_group("x")["image"] = h5py.ExternalLink(str(other), "/x")


def virtual(file, other):
    layout = h5py.VirtualLayout(shape=X.shape, dtype=X.dtype)
    layout[:] = h5py.VirtualSource(str(other), "x", shape=X.shape)
    file.create_virtual_dataset("x", layout)


def external_storage(file, other):
    file.create_dataset("x", X.shape, X.dtype, external=[(str(other), 0, h5py.h5f.UNLIMITED)])


def dots(file, other):
    file.create_group("x").create_dataset("..", data=X)


@pytest.mark.parametrize(
    ("write", "words"),
    [
        (external_link, "x in it is a link into another file, .*private.h5"),
        (deep_external_link, "x/image in it is a link into another file"),
        (virtual, "x in it takes its numbers from another file, .*private.h5"),
        (external_storage, "x in it takes its numbers from another file, .*private.h5"),
        (dots, r"the name 'x/\.\.' in it leaves the file"),
    ],
)
def test_what_leads_out_of_an_hdf5_file(write, words, outside, tmp_path):
    path = tmp_path / "sims.h5"
    with h5py.File(path, "w") as file:
        file["theta"] = X
        write(file, outside.with_suffix(".h5"))
    assert re.search(words, refusal(path))


def test_links_and_virtual_datasets_inside_an_hdf5_file_are_its_own(tmp_path):
    path = tmp_path / "sims.h5"
    with h5py.File(path, "w") as file:
        file["theta"] = X
        file["parts/a"], file["again"] = X, h5py.SoftLink("/theta")
        layout = h5py.VirtualLayout(shape=X.shape, dtype=X.dtype)
        layout[:] = h5py.VirtualSource(".", "parts/a", shape=X.shape)
        file.create_virtual_dataset("x", layout)
    np.testing.assert_array_equal(sf.load_simulations(path).load().x, X)


@pytest.mark.parametrize("name", ["../x.npy", "/x.npy", "x/../../y.npy", "C:\\x.npy", "link"])
def test_members_of_an_npz_file_that_lead_out(name, outside, tmp_path):
    path = tmp_path / "sims.npz"
    np.savez(path, theta=X, x=X)
    with zipfile.ZipFile(path, "a") as archive:
        item = zipfile.ZipInfo("y.npy" if name == "link" else name)
        item.filename = item.filename if name == "link" else name
        item.external_attr = 0o120777 << 16 if name == "link" else 0
        archive.writestr(item, str(outside))
    assert re.search("is a symbolic link" if name == "link" else "leaves the file", refusal(path))
