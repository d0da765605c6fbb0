"""The last few files of a kind, of which one at least is whole at any moment.

The newest has the name itself, those before it `.1`, `.2`, ... after it. A new one is written under another name and
handed to the disk before the others are renamed, oldest first, so that a kill between any two operations leaves all
that were whole.
"""

import os
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

_ZIP = b"PK\x03\x04"


def older(path: Path) -> list[Path]:
    """The files before the one at `path`, newest first."""
    name = re.compile(re.escape(path.name) + r"\.([1-9]\d*)")
    found = [(int(match[1]), one) for one in path.parent.glob("*") if (match := name.fullmatch(one.name))]
    return [one for _, one in sorted(found)]


def damaged(path: Path) -> Path:
    """Where a file that cannot be read is put aside."""
    return path.with_name(path.name + ".damaged")


def put_in_place(path: Path, keep: int, write: Callable[[Path], object]) -> None:
    """Write a new file by `write(partial)`, make it the one at `path`, and keep so many in all."""
    new = path.with_name(path.name + ".new")
    write(new)
    _to_disk(new)
    for one in older(path):
        if int(one.suffix[1:]) >= keep:
            one.unlink()
    for age in range(keep - 1, 0, -1):
        aged = path if age == 1 else path.with_name(f"{path.name}.{age - 1}")
        if aged.exists():
            aged.replace(path.with_name(f"{path.name}.{age}"))
    new.replace(path)


def remove_checkpoint(path: Path) -> None:
    """Remove the file at `path` and those kept with it."""
    for one in (*older(path), path, path.with_name(path.name + ".new"), damaged(path)):
        one.unlink(missing_ok=True)


def refuse_other_files(path: Path) -> None:
    """`ValueError` for a folder, or for a file that is none of ours and would be overwritten."""
    if path.is_dir():
        raise ValueError(f"checkpoint must be a file, but {path} is a folder; give a file in it")
    if not path.exists():
        return
    with open(path, "rb") as file:
        start = file.read(4)
    foreign = start.strip(b"\0") and not _ZIP.startswith(start)
    if zipfile.is_zipfile(path):
        foreign = not _is_ours(path)
    # Beside older ones of ours it is one whose beginning is lost.
    if foreign and not any(map(_is_ours, older(path))):
        raise ValueError(f"{path} is there and is no checkpoint of a fit; give another path")


def _is_ours(path: Path) -> bool:
    if not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as archive:
        return "tree.json" in archive.namelist()


def _to_disk(path: Path) -> None:
    """Not only to the system: after a power cut a renamed file must not be empty."""
    with open(path, "rb") as file:
        os.fsync(file.fileno())
