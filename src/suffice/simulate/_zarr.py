"""Zarr groups of simulations: made, opened, and checked to be whole."""

import itertools
import math
import os
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jax
import numpy as np
from jaxtyping import PyTree, Shaped

from ..core import refuse_beyond_memory
from ._inside import refuse_links_in_zarr
from ._status import UNDONE
from ._swollen import most_stored, refuse_swollen

# What turns bytes into numbers and text. Others, pickle among them, may do anything.
_FILTERS = {"adler32", "crc32", "crc32c", "fletcher32", "jenkins_lookup3"}  # checksums
_FILTERS |= {"blosc", "bz2", "gzip", "lz4", "lzma", "pcodec", "zfpy", "zlib", "zstd"}
_FILTERS |= {"astype", "bitround", "delta", "fixedscaleoffset", "packbits", "quantize", "shuffle", "vlen-utf8"}
_CODECS = {"bytes", "transpose", "sharding_indexed", *_FILTERS, *(f"numcodecs.{name}" for name in _FILTERS)}
# In the attributes of groups that this package wrote: all of their chunks are on disk, empty ones too.
MARK = "suffice"
FORMAT = 1
MOST_CHUNK = 2**31 - 1  # rows
_CHUNK_BYTES = 8 * 2**20


def open_zarr(path: Path) -> tuple[dict[str, Any], Any, dict[int, str]]:
    """Arrays by name, names of the parameters, and messages of failures by row."""
    group = open_zarr_group(path)
    arrays = {name: bounded_array(name, array) for name, array in arrays_in(group).items()}
    if MARK in group.attrs:
        refuse_beyond_memory("status", arrays["status"].shape, arrays["status"].dtype)
        done = np.flatnonzero(np.asarray(arrays["status"][:]) != UNDONE)
        for name, leaf in arrays.items():
            refuse_missing_chunks(path, name, leaf, done)
        arrays = {name: WholeChunks(path, name, leaf, done) for name, leaf in arrays.items()}
    names: Any = group.attrs.get("names", arrays.pop("names", None))
    messages: Any = group.attrs.get("messages", {})
    return arrays, names, {int(k): v for k, v in messages.items()}


class WholeChunks:
    """A Zarr array of which the chunks with rows `done` are on disk: one that has gone is refused when it is read, not
    read as zeros.
    """

    def __init__(self, path: Path, name: str, leaf: Any, done: np.ndarray):
        self._path, self._name, self._leaf, self._done = path, name, leaf, done
        self.shape, self.dtype, self.ndim, self.chunks = leaf.shape, leaf.dtype, leaf.ndim, leaf.chunks

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, index: Any) -> Any:
        found = np.asarray(self._leaf[index])
        rows, there = index[0] if isinstance(index, tuple) and index else index, self._done
        if isinstance(rows, int | np.integer):
            rows = slice(int(rows), int(rows) + 1 or None)
        if isinstance(rows, slice) and (rows.step or 1) > 0:
            start, stop, _ = rows.indices(len(self))
            there = there[np.searchsorted(there, start) : np.searchsorted(there, stop)]
        refuse_missing_chunks(self._path, self._name, self._leaf, there)
        return found

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Shaped[np.ndarray, "n ..."]:
        return np.asarray(self[:], dtype)


def open_zarr_group(path: Path) -> Any:
    """A Zarr group to read, of whoever wrote it.

    **Raises** `ValueError` where it leaves its folder, or where decoding an array could run code.
    """
    import zarr

    largest = refuse_links_in_zarr(path)
    group = zarr.open_group(path, mode="r", use_consolidated=False)
    for name, member in _members(group, None):
        if isinstance(member, zarr.Array):
            _refuse_codecs(name, member)
            refuse_beyond_memory(f"a chunk of {name}", member.chunks, np.dtype(member.dtype))
            most = most_stored(member.shards or member.chunks, np.dtype(member.dtype))
            refuse_swollen(name, largest.get(os.path.normpath(name), 0), most)
    return group


def bounded_array(name: str, array: Any) -> Any:
    """The array `name`, to be read: chunks that would unpack to far more than their numbers are refused."""
    from ._bounded_zarr import bounded

    return bounded(name, array)


def arrays_in(group: Any) -> dict[str, Any]:
    """The arrays of a group, by name, and those of groups in it (`x/image`)."""
    import zarr

    return {name: member for name, member in _members(group, 1) if isinstance(member, zarr.Array)}


def _members(group: Any, depth: int | None) -> list[tuple[str, Any]]:
    """What is in a group, by name, without a warning of files that a run in another process is about to rename."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", r"Object at .*\.partial is not recognized")
        return list(group.members(max_depth=depth))


def create_zarr(group: Any, name: str, n: int, shape: tuple[int, ...], dtype: np.dtype, chunk: int, fill: Any) -> Any:
    """An array of `n` rows, in chunks of at most `chunk` rows and about 8 MB."""
    rows = _rows_of(chunk, max(1, _CHUNK_BYTES // max(1, math.prod(shape) * dtype.itemsize)))
    settings = {"shape": (n, *shape), "chunks": (rows, *(max(1, size) for size in shape)), "fill_value": fill}
    return group.create_array(name, dtype=dtype, config={"write_empty_chunks": True}, **settings)


def _rows_of(chunk: int, most: int) -> int:
    """Rows of a chunk of an array: such that `chunk` rows are whole chunks, where that does not make them tiny."""
    if most >= chunk:
        return chunk
    few = max(1, most // 4)
    divisors = np.arange(most, few - 1, -1)
    divisors = divisors[chunk % divisors == 0]
    return int(divisors[0]) if len(divisors) else most


def stored_arrays(example: PyTree) -> dict[str, jax.ShapeDtypeStruct]:
    """The arrays that one `x` is stored as, by name: `x`, or `x/NAME`."""
    if isinstance(example, dict):
        bad = [name for name in example if not isinstance(name, str) or "/" in name or not name]
        bad += [name for name, leaf in example.items() if len(jax.tree.leaves(leaf)) != 1 or isinstance(leaf, dict)]
        if bad:
            raise ValueError(
                f"x must be an array or a dict of arrays, whose names hold no '/', to be stored; not so: {bad}"
            )
        return {f"x/{name}": leaf for name, leaf in example.items()}
    if len(jax.tree.leaves(example)) != 1 or isinstance(example, tuple | list):
        raise ValueError(
            f"x must be an array or a dict of named arrays to be stored, but {type(example).__name__} came"
        )
    return {"x": example}


def _refuse_codecs(name: str, leaf: Any) -> None:
    """`ValueError` for an array whose bytes could be more than numbers and text."""
    odd = sorted(set(_codecs(leaf.metadata.to_dict())) - _CODECS)
    if odd:
        raise ValueError(f"{name} is stored with {', '.join(odd)}, which may run code; store it as plain numbers")


def _codecs(metadata: Any) -> Iterator[str]:
    """Names of all codecs of both formats of Zarr, those inside of shards too."""
    if isinstance(metadata, list | tuple):
        for one in metadata:
            yield from _codecs(one)
    elif isinstance(metadata, dict):
        if isinstance(metadata.get("id"), str):
            yield metadata["id"]
        elif isinstance(metadata.get("name"), str):
            yield metadata["name"]
        parts = ("filters", "compressor", "codecs", "index_codecs", "configuration")
        yield from _codecs([metadata[part] for part in parts if part in metadata])


def refuse_missing_chunks(path: Path, name: str, leaf: Any, rows: np.ndarray) -> None:
    """`ValueError` when chunks of some rows are missing: zarr itself would read them as fill values."""
    counts = [-(-size // chunk) for size, chunk in zip(leaf.shape, leaf.chunks)]
    needed = np.unique(rows // leaf.chunks[0]).tolist()
    for place in itertools.product(needed, *(range(count) for count in counts[1:])):
        if not (path / name / "c" / "/".join(map(str, place))).exists():
            raise ValueError(f"chunk {'/'.join(map(str, place))} of {name} is missing")
