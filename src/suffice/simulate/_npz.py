"""Arrays of an `.npz` file: those stored uncompressed stay on disk, and no pickle is ever read.

A `.npz` file is a zip of `.npy` files, and `np.savez` stores them uncompressed: their rows lie one after the
other in the file and can be read from there. Plain reads, not a memory map: pages of a map count as memory
of the process.
"""

import math
import os
import struct
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Shaped

from ..core import npy_members, read_header, read_npy
from ._inside import refuse_links_in_zip

_MAGIC = b"PK\x03\x04"


class FileRows:
    """Rows that lie one after the other in a file from `offset` on; read when sliced."""

    def __init__(self, path: Path, offset: int, shape: tuple[int, ...], dtype: np.dtype):
        self._path, self._offset = path, offset
        self.shape, self.dtype, self.ndim = shape, dtype, len(shape)

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows: slice) -> Shaped[np.ndarray, "m ..."]:
        start, stop, step = rows.indices(len(self))
        shape = (max(0, stop - start), *self.shape[1:])
        width = math.prod(self.shape[1:]) * self.dtype.itemsize
        # Opened for each read: it costs little, and the object may be used by several threads.
        found = np.fromfile(self._path, self.dtype, math.prod(shape), offset=self._offset + start * width)
        return found.reshape(shape)[::step]


def open_npz(path: Path) -> dict[str, Any]:
    """The arrays by name, without their values where possible."""
    with zipfile.ZipFile(path) as archive:
        refuse_links_in_zip(archive.infolist())
        return {name: _member(path, archive, item) for name, item in npy_members(path, archive).items()}


def _member(path: Path, archive: zipfile.ZipFile, item: zipfile.ZipInfo) -> Any:
    with archive.open(item) as stream:
        if item.compress_type != zipfile.ZIP_STORED:
            return read_npy(stream, item.file_size)
        shape, fortran, dtype = read_header(stream, item.file_size)
        if shape and not fortran and dtype.kind in "buifc":
            return FileRows(path, _data_start(path, item) + stream.tell(), shape, dtype)
    with archive.open(item) as stream:
        return read_npy(stream, item.file_size)


def _data_start(path: Path, item: zipfile.ZipInfo) -> int:
    """Where the bytes of a member begin; its local header has lengths of its own (APPNOTE.TXT, 4.3.7)."""
    with path.open("rb") as file:
        file.seek(item.header_offset)
        header = file.read(30)
    if len(header) < 30 or header[:4] != _MAGIC:
        raise zipfile.BadZipFile("no local header where the directory says")
    name, extra = struct.unpack("<HH", header[26:30])
    start = item.header_offset + 30 + name + extra
    if start + item.compress_size > os.path.getsize(path):
        raise zipfile.BadZipFile("a member reaches beyond the end of the file")
    return start
