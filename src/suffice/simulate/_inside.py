"""A file of simulations holds its numbers itself: what leads out of it is refused, not followed.

A store from somebody else could otherwise name any file of this machine as its data: by a symbolic link in a Zarr
folder, by an external link, virtual dataset or external storage in HDF5 (HDF5 User Guide, 4.5 and 5.5), or by names
with `..`.
"""

import json
import os
import stat
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

_METADATA = {"zarr.json", ".zarray", ".zattrs", ".zgroup", ".zmetadata"}


class LeavesStore(ValueError):
    """What a store names lies outside of it."""


def refuse_names(names: Iterable[str]) -> None:
    """`LeavesStore` for a name that is no path inside, going down only."""
    for name in names:
        if ".." in name.replace("\\", "/").split("/") or name.startswith(("/", "\\")) or ":" in name or "\0" in name:
            raise LeavesStore(f"the name {name!r} in it leaves the file; arrays are called by plain names")


def refuse_links_in_zarr(path: Path) -> dict[str, int]:
    """`LeavesStore` for symbolic links to places outside of the folder, for metadata that name such places, and for
    what is no file at all: to read a named pipe is to wait for whoever writes into it.

    **Returns** the bytes of the largest chunk in each folder of the store, what lies in folders of it included.
    """
    root, largest = path.resolve(), {}
    for folder, folders, files in os.walk(root):
        for name in (*folders, *files):
            place = os.path.join(folder, name)
            try:
                found = os.lstat(place)
            except FileNotFoundError:  # a chunk that a run was writing, and has put in its place by now
                continue
            kind = found.st_mode
            if stat.S_ISREG(kind) and name not in _METADATA:
                inside = os.path.relpath(folder, root)
                largest[inside] = max(largest.get(inside, 0), found.st_size)
            if not (stat.S_ISREG(kind) or stat.S_ISDIR(kind) or stat.S_ISLNK(kind)):
                raise LeavesStore(f"{os.path.relpath(place, root)} in it is neither a file nor a folder")
            if stat.S_ISLNK(kind) and not Path(place).resolve().is_relative_to(root):
                raise LeavesStore(
                    f"{os.path.relpath(place, root)} in it is a link to {os.readlink(place)}, outside of it; put "
                    "a copy of the data in its place if you trust it"
                )
        for name in ({"zarr.json", ".zmetadata"} & set(files)) if folder == str(root) else ():
            refuse_names(_consolidated(Path(folder, name)))
    for inside, size in list(largest.items()):
        while inside := os.path.dirname(inside):
            largest[inside] = max(largest.get(inside, 0), size)
    return largest


def _consolidated(file: Path) -> list[str]:
    """Names in the metadata of a group that were gathered in one place: nothing else holds them to the folder."""
    content = json.loads(file.read_text())
    inner = content.get("consolidated_metadata") if file.name == "zarr.json" else content
    listed = (inner or {}).get("metadata") or {}
    return [str(name) for name in listed]


def refuse_links_in_hdf5(file: Any) -> None:
    """`LeavesStore` for external links, virtual datasets of other files, and numbers kept in other files."""
    import h5py

    links: list[tuple[str, Any]] = []
    file.visititems_links(lambda name, link: links.append((name, link)))
    refuse_names(name for name, _ in links)
    for name, link in links:
        if isinstance(link, h5py.ExternalLink):
            raise LeavesStore(f"{name} in it is a link into another file, {link.filename}; {_COPY}")
        item = file.get(name) if isinstance(link, h5py.HardLink) else None
        if isinstance(item, h5py.Dataset):
            others = [source.file_name for source in item.virtual_sources()] if item.is_virtual else []
            others = [*(other for other in others if other != "."), *(place for place, *_ in item.external or ())]
            if others:
                raise LeavesStore(f"{name} in it takes its numbers from another file, {others[0]}; {_COPY}")


_COPY = "copy them into one file if you trust it"


def refuse_links_in_zip(members: Iterable[zipfile.ZipInfo]) -> None:
    """`LeavesStore` for members that are symbolic links, or whose names lead out."""
    for item in members:
        refuse_names([item.filename])
        if stat.S_ISLNK(item.external_attr >> 16):
            raise LeavesStore(f"{item.filename} in it is a symbolic link, no array; {_COPY}")
