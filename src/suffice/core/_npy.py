"""Arrays from a stream of bytes in the `.npy` format: no pickle, and nothing larger than the bytes that are there."""

import math
import os
import zipfile
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, NamedTuple

import numpy as np

# No bytes are needed for a thousand million rows of no numbers; what is then done for each row needs many.
_MOST_EMPTY = 10**7


class Header(NamedTuple):
    """What stands before the numbers."""

    shape: tuple[int, ...]
    fortran: bool
    dtype: np.dtype


def read_header(stream: Any, size: int) -> Header:
    """The header of an array; the stream then stands at its numbers.

    - `size`: bytes from where the stream stands to the end of the array.

    **Raises** `ValueError` for what is no array, an array of Python objects, and one whose shape asks for more or
    fewer bytes than there are.

    >>> import io
    >>> file = io.BytesIO()
    >>> np.save(file, np.zeros((2, 3)))
    >>> read_header(io.BytesIO(file.getvalue()), len(file.getvalue())).shape
    (2, 3)
    """
    start = stream.tell()
    version = np.lib.format.read_magic(stream)
    # The reader of version 2 reads 3 as well: they differ in how a field's name is spelled.
    reader = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    try:
        shape, fortran, dtype = reader(stream)
    except (SyntaxError, TypeError, MemoryError, RecursionError) as error:
        raise ValueError(f"no header of an array ({type(error).__name__})") from error
    if dtype.hasobject:
        raise ValueError("an array of Python objects, which cannot be read without running code from the file")
    left = size - (stream.tell() - start)
    wanted = math.prod(shape) * dtype.itemsize
    if min(shape, default=0) < 0 or wanted != left:
        raise ValueError(f"an array of shape {shape} and type {dtype} needs {wanted} bytes, but {left} are there")
    if math.prod(size for size in shape if size) > _MOST_EMPTY and not wanted:
        raise ValueError(f"an array of shape {shape}, which holds no numbers")
    return Header(shape, fortran, dtype)


def read_npy(stream: BinaryIO | Any, size: int) -> np.ndarray:
    """The array whose `size` bytes begin here. **Raises** as `read_header`, and where the array fills the memory."""
    shape, fortran, dtype = read_header(stream, size)
    refuse_beyond_memory("the array", shape, dtype)
    found = np.empty(math.prod(shape), dtype)
    room, at = found.view(np.uint8) if found.nbytes else np.zeros(0, np.uint8), 0
    while at < len(room):
        part = stream.read(min(len(room) - at, 2**20))
        if not part:
            raise EOFError("the array ends early")
        room[at : at + len(part)] = np.frombuffer(part, np.uint8)
        at += len(part)
    return found.reshape(shape[::-1]).T if fortran else found.reshape(shape)


def refuse_beyond_memory(what: str, shape: tuple[int, ...], dtype: np.dtype) -> None:
    """`ValueError` when an array would not fit into the memory of this machine: a small file can claim any shape.

    >>> refuse_beyond_memory("theta", (10**12, 3), np.dtype(float))
    Traceback (most recent call last):
        ...
    ValueError: theta has shape (1000000000000, 3) and would fill 2.4e+04 GB, more than the memory of this machine
    """
    size = math.prod(shape) * dtype.itemsize
    if size > _memory():
        raise ValueError(
            f"{what} has shape {shape} and would fill {size / 1e9:.2g} GB, more than the memory of this machine"
        )


def _memory() -> int:
    """Bytes of memory of this machine; 64 GB where it does not say."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return 64 * 10**9


def npy_members(path: Path, archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    """The arrays of a zip by name. Members are never unpacked to disk, but their names come back as names of arrays.

    **Raises** `ValueError` for names that are given twice or leave their folder (`../x`, `/x`), and for members that
    overlap each other, of which a small file can hold any number.
    """
    items = archive.infolist()
    names = [item.filename for item in items]
    for name in names:
        if name.startswith("/") or "\\" in name or ".." in PurePosixPath(name).parts:
            raise ValueError(f"it has a member {name!r}, whose name leaves the file; arrays are called by plain names")
    if len(set(names)) < len(names):
        raise ValueError("it has two members of the same name")
    if sum(item.compress_size for item in items) > path.stat().st_size:
        raise ValueError("its members overlap each other")
    return {item.filename.removesuffix(".npy"): item for item in items if item.filename.endswith(".npy")}


def read_npz(path: Path) -> dict[str, np.ndarray]:
    """All arrays of an `.npz` file by name. **Raises** `ValueError` as `read_npy` and `npy_members`."""
    with zipfile.ZipFile(path) as archive:
        found = {}
        for name, item in npy_members(path, archive).items():
            with archive.open(item) as stream:
                found[name] = read_npy(stream, item.file_size)
        return found
